// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Runs 18 months of events through a live engine in order of time. A simulated sales team handles
/// its leads on the morning of each working day.

#include "report.hpp"

#include <leadfunnel/leadfunnel.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace examples {

class live_year {
  public:
    explicit live_year(const lf::plan& plan) : crm_{plan} {
        crm_.on_signal([this](const lf::signal& s) { hear(s); });
    }

    /// Applies all events up to `end`, and prints the number of leads in each stage and band at the
    /// start of each quarter.
    void run(std::vector<lf::event> events, lf::instant first_morning, lf::instant end) {
        std::stable_sort(events.begin(), events.end(),
                         [](const lf::event& a, const lf::event& b) { return at(a) < at(b); });
        print_header();
        auto next = events.begin();
        for (lf::instant morning = first_morning; morning <= end; morning += std::chrono::days{1}) {
            const auto first = next;
            while (next != events.end() && at(*next) <= morning) ++next;
            crm_.apply(std::span{first, next});
            crm_.advance_to(morning);
            const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(morning);
            if (std::chrono::weekday{day}.iso_encoding() < 6) work_day();
            crm_.acknowledge(crm_.last_signal());
            const std::chrono::year_month_day date{day};
            if (date.day() == std::chrono::day{1} && static_cast<unsigned>(date.month()) % 3 == 1)
                print_line(morning);
        }
    }

    [[nodiscard]] const lf::engine& crm() const noexcept { return crm_; }
    /// The number of signals of a kind; also of `heated up` and `cooled down`.
    [[nodiscard]] std::size_t count(std::string_view what) const {
        const auto it = counts_.find(what);
        return it == counts_.end() ? 0 : it->second;
    }
    /// The number of times a transition was taken.
    [[nodiscard]] std::size_t moves(std::string_view transition) const {
        return count("by " + std::string{transition});
    }
    /// The last alert raised for a lead. Precondition: there is one.
    [[nodiscard]] const lf::signal& alert(std::string_view lead) const {
        return alerts_.find(lead)->second;
    }

    /// A lead's timeline, one line per touchpoint and stage entry: date, score, stage, event.
    [[nodiscard]] std::string story(std::string_view lead, std::string_view score) const {
        const auto number = crm_.used_plan().score(score);
        std::string text;
        for (const lf::timeline_entry& e : crm_.timeline(lead)) {
            const std::string happened = what(e.what);
            if (happened.empty()) continue;
            text +=
                fmt::format("{}  {:>5.1f}  {:<10} {}\n", lf::to_string(at(e.what)).substr(0, 10),
                            static_cast<double>(e.scores[number].value),
                            e.stages[0] ? e.stages[0]->stage : "", happened);
        }
        return text;
    }

  private:
    static lf::instant at(const lf::event& e) {
        return std::visit([](const auto& each) { return each.at; }, e);
    }

    void hear(const lf::signal& s) {
        ++counts_[std::string{to_string(s.kind)}];
        if (s.kind == lf::signal_kind::stage_changed) ++counts_["by " + s.cause];
        if (s.kind == lf::signal_kind::band_changed && s.subject == "temperature") {
            if (s.to == "hot") ++counts_["heated up"];
            if (s.from == "hot") ++counts_["cooled down"];
        }
        if (s.kind == lf::signal_kind::alert) alerts_[s.lead] = s;
    }

    /// A number from 0 to 9 that decides what sales does with a lead; depends on its id alone.
    static std::uint64_t mood(std::string_view lead) {
        std::uint64_t h = 1'469'598'103'934'665'603U;
        for (const char c : lead) h = (h ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
        return (h >> 32U) % 10;
    }

    std::vector<std::string> leads_in(const char* stage, lf::instant entered_to = lf::never) const {
        return crm_
            .find({.funnel = "sales",
                   .stages = {stage},
                   .entered_to = entered_to,
                   .limit = crm_.size()})
            .leads;
    }

    /// Of ten qualified leads, sales calls and accepts six, rejects two and forgets two. A deal is
    /// won or lost after 30 days.
    void work_day() {
        for (const std::string& lead : leads_in("qualified")) {
            const auto m = mood(lead);
            if (m < 6) {
                crm_.apply(lf::touchpoint{.lead = lead,
                                          .at = crm_.now(),
                                          .type = "call",
                                          .value = 10,
                                          .channel = "phone"});
                crm_.move(lead, "sales", "working", "", "sato");
            } else if (m < 8) {
                crm_.move(lead, "sales", "nurturing", "no budget", "sato");
            }
        }
        for (const std::string& lead : leads_in("working", crm_.now() - std::chrono::days{30}))
            crm_.move(lead, "sales", mood(lead) < 2 ? "won" : "lost", "", "sato");
    }

    static constexpr const char* stages[] = {"contact", "qualified", "working", "nurturing",
                                             "dormant", "won",       "lost"};

    static void print_header() {
        fmt::print("{:<10}", "");
        for (const char* stage : stages) fmt::print(" {:>9}", stage);
        fmt::print("   | {:>6} {:>6} {:>6}\n", "cold", "warm", "hot");
    }
    void print_line(lf::instant t) const {
        fmt::print("{:<10}", lf::to_string(t).substr(0, 10));
        for (const char* stage : stages) fmt::print(" {:>9}", crm_.count_in_stage("sales", stage));
        fmt::print("   |");
        for (const char* band : {"cold", "warm", "hot"})
            fmt::print(" {:>6}", crm_.count_in_band("temperature", band));
        fmt::print("\n");
    }

    /// An event in words, for a person who is about to call the lead. Empty for attributes.
    static std::string what(const lf::event& e) {
        if (const auto* t = std::get_if<lf::touchpoint>(&e)) {
            std::string text = t->type;
            for (const char* property : {"url", "document"})
                if (const auto it = t->properties.find(property); it != t->properties.end())
                    if (const auto* v = std::get_if<std::string>(&it->second)) text += " " + *v;
            return text;
        }
        if (const auto* s = std::get_if<lf::stage_entry>(&e))
            return "> " + s->stage + (s->reason.empty() ? "" : " (" + s->reason + ")");
        return {};
    }

    lf::engine crm_;
    std::map<std::string, std::size_t, std::less<>> counts_;
    std::map<std::string, lf::signal, std::less<>> alerts_;
};

} // namespace examples
