// Distributed under the Boost Software License, Version 1.0. See LICENSE.

#include "crm.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <variant>

namespace embed_crm {

namespace {

constexpr const char* funnel = "sales";

lf::engine open(const lf::plan& model, const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) return lf::engine{model};
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    return lf::engine::from_snapshot(model, bytes);
}

std::string text(const lf::value& v) {
    const auto* s = std::get_if<std::string>(&v);
    return s == nullptr ? "" : *s;
}

/// Thrown from the signal callback: the engine keeps the signal and delivers it again.
struct not_delivered : std::runtime_error {
    using std::runtime_error::runtime_error;
};

} // namespace

crm::crm(const lf::plan& model, std::filesystem::path file, mailer send)
    : file_(std::move(file)), send_(std::move(send)), engine_(open(model, file_)) {
    engine_.on_signal([this](const lf::signal& s) { notify(s); });
}

template<class F>
void crm::act(F&& what) {
    try {
        what();
    } catch (const not_delivered& e) {
        // The engine's change is complete. It delivers the signal again at the end of the next
        // call.
        std::fprintf(stderr, "will try again: %s\n", e.what());
    }
    engine_.acknowledge(sent_);
}

void crm::notify(const lf::signal& s) {
    std::string to;
    std::string what;
    switch (s.kind) {
    case lf::signal_kind::alert:
        to = text(engine_.attribute(s.lead, "owner"));
        what = "hot: " + s.explanation.substr(0, s.explanation.find(" at "));
        break;
    case lf::signal_kind::sla_warning:
        to = text(engine_.attribute(s.lead, "owner"));
        what = "call " + s.lead + " by " + lf::to_string(s.due);
        break;
    case lf::signal_kind::sla_breached:
        to = "manager";
        what = s.lead + " was not called by " + lf::to_string(s.due);
        break;
    default:
        break; // a CRM with a user interface would refresh it here
    }
    if (!to.empty()) {
        try {
            // The sequence number lets a receiver skip signals that it has already handled.
            send_(to, "#" + std::to_string(s.sequence) + " " + what);
        } catch (const std::exception& e) {
            throw not_delivered(e.what());
        }
    }
    sent_ = s.sequence;
}

void crm::tick(lf::instant now) {
    act([&] { engine_.advance_to(now); });
}

void crm::visited(const std::string& cookie, const std::string& url, lf::instant at) {
    act([&] {
        engine_.apply(lf::touchpoint{
            .lead = cookie, .at = at, .type = "page_view", .properties = {{"url", url}}});
    });
}

std::string crm::asked(const request& r, lf::instant at) {
    const auto known = engine_.with_email(r.email);
    const bool visitor = !r.cookie.empty() && engine_.contains(r.cookie);
    const std::string lead = !known.empty() ? known.front() : visitor ? r.cookie : r.email;
    act([&] {
        // A known person on another device: merge the visits into their history.
        if (visitor && engine_.resolve(r.cookie) != engine_.resolve(lead))
            engine_.merge(lead, r.cookie);
        const std::vector<lf::event> events{
            lf::attributes{.lead = lead,
                           .at = at,
                           .values = {{"email", r.email}, {"company", r.company}},
                           .source = "form",
                           .id = r.number},
            lf::touchpoint{.lead = lead,
                           .at = at,
                           .type = "request",
                           .properties = {{"subject", r.subject}},
                           .source = "form",
                           .id = r.number}};
        engine_.apply(events);
    });
    return lead;
}

void crm::called(const std::string& lead, double minutes) {
    act([&] {
        engine_.apply(
            lf::touchpoint{.lead = lead, .at = engine_.now(), .type = "call", .value = minutes});
    });
}

std::string crm::move(const std::string& lead, const std::string& stage, const std::string& reason,
                      const std::string& who) {
    lf::applied done;
    act([&] { done = engine_.move(lead, funnel, stage, reason, who); });
    return done.reason;
}

std::string crm::card(const std::string& lead) const {
    const auto at = engine_.stage(lead, funnel);
    std::string out = text(engine_.attribute(lead, "company")) + ", " +
                      text(engine_.attribute(lead, "email")) + ": " + (at ? at->stage : "new") +
                      "\n";
    for (const lf::timeline_entry& e : engine_.timeline(lead)) {
        const auto line = [&](lf::instant t, const std::string& what) {
            out += "  " + lf::to_string(t) + "  " + lf::to_string(e.scores[0].value) + "  " + what +
                   "\n";
        };
        if (const auto* t = std::get_if<lf::touchpoint>(&e.what)) {
            const auto detail = t->properties.empty() ? lf::value{} : t->properties.begin()->second;
            line(t->at, t->type + " " + text(detail));
        } else if (const auto* s = std::get_if<lf::stage_entry>(&e.what)) {
            line(s->at, "> " + s->stage + " " + s->reason);
        }
    }
    return out;
}

std::vector<std::string> crm::to_call(const std::string& owner) const {
    auto leads = engine_.find({.funnel = funnel, .stages = {"qualified"}, .owner = owner}).leads;
    std::stable_sort(leads.begin(), leads.end(), [&](const auto& a, const auto& b) {
        return engine_.score(a, "interest").value > engine_.score(b, "interest").value;
    });
    return leads;
}

void crm::save() const {
    auto unfinished = file_;
    unfinished += ".new";
    std::ofstream out(unfinished, std::ios::binary);
    out << engine_.snapshot();
    out.close();
    if (!out) throw std::runtime_error("cannot write " + unfinished.string());
    std::filesystem::rename(unfinished, file_);
}

} // namespace embed_crm
