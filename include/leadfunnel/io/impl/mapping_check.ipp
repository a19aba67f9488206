// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Checks a mapping, whether it was read from a file or made in code.

#include <leadfunnel/core/detail/messages.hpp>
#include <leadfunnel/core/detail/tzdata_hint.hpp>
#include <leadfunnel/core/text.hpp>
#include <leadfunnel/io/impl/json_tokens.ipp>
#include <leadfunnel/io/mapping.hpp>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leadfunnel::inline v0::detail {

class mapping_checker {
  public:
    explicit mapping_checker(const mapping_file& m) : m_(m) {}

    std::vector<issue> run() {
        const char d = m_.delimiter;
        if (d == '"' || d == '\r' || d == '\n' || d == '\0' || static_cast<unsigned char>(d) > 0x7e)
            report(issue_code::wrong_value, "/delimiter", "this cannot be a delimiter",
                   "one ASCII character other than a quote or line end");
        reading(m_.time, "/time");
        if (m_.mappings.empty())
            report(issue_code::incomplete, "/mappings", "there is no mapping", "at least one");
        if (m_.mappings.size() > max_mappings)
            report(issue_code::too_large, "/mappings",
                   "there are " + std::to_string(m_.mappings.size()) + " mappings",
                   "at most " + std::to_string(max_mappings));
        bool taken = false;
        for (std::size_t i = 0; i < m_.mappings.size() && !is_full(); ++i) {
            const mapping& each = m_.mappings[i];
            at_ = "/mappings/" + std::to_string(i);
            if (taken)
                report(issue_code::unreachable, at_, "no row is left for this mapping", {},
                       "an earlier one takes every row: give it a 'when', or \"and_more\": true");
            one(each);
            taken = taken || (each.when.empty() && !each.and_more);
        }
        return std::move(issues_);
    }

  private:
    [[nodiscard]] bool is_full() const noexcept { return issues_.size() > max_mapping_issues; }

    void report(issue_code code, std::string pointer, std::string message,
                std::string expected = {}, std::string hint = {}) {
        if (is_full()) return;
        issue i;
        i.code = code;
        i.pointer = std::move(pointer);
        i.message = std::move(message);
        i.expected = std::move(expected);
        i.hint = std::move(hint);
        issues_.push_back(std::move(i));
    }

    void names(const std::vector<std::string>& from, const std::string& pointer) {
        for (const std::string& name : from) {
            bool good = !name.empty() && is_utf8(name);
            if (m_.format == input_format::ndjson)
                for (const std::string& key : split_path(name)) good = good && !key.empty();
            if (!good)
                report(issue_code::bad_name, pointer, quote(name) + " names no field",
                       m_.format == input_format::ndjson ? "keys joined by single dots"
                                                         : "the name of a column");
        }
    }

    [[nodiscard]] const std::string& hint() {
        if (!hint_) hint_ = hint_without_zones(time_zone::names()); // reads the files of all zones
        return *hint_;
    }

    void reading(const time_reading& r, const std::string& pointer) {
        const bool local = r.format == time_format::local || r.format == time_format::date;
        if (local && r.zone.empty()) {
            report(issue_code::missing_key, pointer + "/zone",
                   "local times and dates mean nothing without a zone",
                   "an IANA name, such as 'Asia/Tokyo'");
        } else if (!local && !r.zone.empty()) {
            report(issue_code::conflict, pointer + "/zone",
                   "instants of this format know their offset from UTC", {},
                   "remove the zone, or say \"format\": \"local\"");
        } else if (local && !time_zone::find(r.zone)) {
            report(issue_code::unknown_name, pointer + "/zone",
                   "there is no time zone " + quote(r.zone), "an IANA name, such as 'Asia/Tokyo'",
                   hint());
        }
        if (!local && r.ambiguous != local_choice::refuse)
            report(issue_code::conflict, pointer + "/ambiguous",
                   "instants of this format are never ambiguous");
        if (r.format != time_format::date && r.day != day_moment::start)
            report(issue_code::conflict, pointer + "/day", "this concerns dates only", {},
                   "say \"format\": \"date\"");
    }

    void text(const mapped_text& t, std::string_view key, bool required) {
        const std::string pointer = at_ + '/' + std::string(key);
        if (required && !t.is_given())
            report(issue_code::missing_key, pointer,
                   "the mapping does not say where " + quote(key) + " comes from");
        names(t.from, pointer);
        if (t.from.empty() && !t.translate.empty())
            report(issue_code::no_effect, pointer + "/translate",
                   "only what comes from a field is translated");
        if (t.translate.empty() && t.otherwise)
            report(issue_code::no_effect, pointer + "/otherwise",
                   "this needs a 'translate' to be otherwise of");
    }

    void unfit(bool given, std::string_view key, std::string_view whose) {
        if (given)
            report(issue_code::conflict, at_ + '/' + std::string(key),
                   quote(key) + " belongs to " + std::string(whose));
    }

    void one(const mapping& each) {
        for (std::size_t i = 0; i < each.when.size() && !is_full(); ++i) {
            const row_test& t = each.when[i];
            const std::string pointer = at_ + "/when/" + std::to_string(i);
            if (t.field.empty())
                report(issue_code::missing_key, pointer + "/field", "the test names no field");
            names(t.field, pointer + "/field");
            if (t.is.empty() && t.is_not.empty() && !t.set)
                report(issue_code::incomplete, pointer, "the test tests nothing",
                       "one of 'is', 'is_not', 'set'");
            if (t.set == std::optional(false) && !t.is.empty())
                report(issue_code::conflict, pointer + "/is", "a field that is not set is no text");
        }
        text(each.lead, "lead", false);
        if (each.lead.from.empty())
            report(issue_code::missing_key, at_ + "/lead",
                   "the mapping does not say which field holds the lead's id");
        const bool touch = each.to == row_target::touchpoint;
        const bool entry = each.to == row_target::stage;
        if (each.at.from.empty() && each.to != row_target::attributes)
            report(issue_code::missing_key, at_ + "/at",
                   "the mapping does not say which field holds the instant");
        names(each.at.from, at_ + "/at");
        if (each.at.reading) reading(*each.at.reading, at_ + "/at");
        text(each.source, "source", false);
        text(each.id, "id", false);
        text(each.type, "type", touch);
        text(each.campaign, "campaign", false);
        text(each.channel, "channel", false);
        text(each.funnel, "funnel", entry);
        text(each.stage, "stage", entry);
        text(each.reason, "reason", false);
        text(each.cause, "cause", false);
        if (!touch) {
            unfit(each.type.is_given(), "type", "touchpoints");
            unfit(each.value.has_value(), "value", "touchpoints");
            unfit(each.campaign.is_given(), "campaign", "touchpoints");
            unfit(each.channel.is_given(), "channel", "touchpoints");
        }
        if (!entry) {
            unfit(each.funnel.is_given(), "funnel", "stage entries");
            unfit(each.stage.is_given(), "stage", "stage entries");
            unfit(each.reason.is_given(), "reason", "stage entries");
            unfit(each.cause.is_given(), "cause", "stage entries");
        } else {
            unfit(!each.properties.empty(), "properties", "touchpoints");
        }
        if (each.value) {
            names(each.value->from, at_ + "/value");
            if (each.value->from.empty())
                report(issue_code::missing_key, at_ + "/value/from",
                       "the mapping does not say which field holds the value");
            if (each.value->scale == decimal{})
                report(issue_code::out_of_range, at_ + "/value/scale", "every value becomes 0");
        }
        std::set<std::string_view> seen;
        const std::string list = at_ + (touch ? "/properties" : "/attributes");
        for (const mapped_property& p : each.properties) {
            if (is_full()) return;
            const std::string pointer = list + '/' + pointer_token(p.name);
            if (p.name.empty()) report(issue_code::bad_name, pointer, "an empty name");
            if (!seen.insert(p.name).second)
                report(issue_code::duplicate_name, pointer, quote(p.name) + " is mapped twice");
            if (p.from.empty())
                report(issue_code::missing_key, pointer + "/from",
                       "the mapping does not say which field holds " + quote(p.name));
            names(p.from, pointer);
            if (!p.reading) continue;
            if (p.type == value_type::timestamp)
                reading(*p.reading, pointer);
            else
                report(issue_code::conflict, pointer + "/format", "only timestamps have a format",
                       {}, "say \"type\": \"timestamp\"");
        }
    }

    const mapping_file& m_;
    std::vector<issue> issues_{};
    std::string at_{};
    std::optional<std::string> hint_{}; // empty if the system has time zones
};

} // namespace leadfunnel::inline v0::detail
