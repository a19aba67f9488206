// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Checks roles, business calendars, and the timers that use both.

#include <leadfunnel/model/describe.hpp>
#include <leadfunnel/plan/impl/check_condition.ipp>
#include <leadfunnel/plan/impl/check_values.ipp>

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace leadfunnel::inline v0::detail::checking {

/// Checks roles, business calendars and timers. Each call checks the object at the report's
/// pointer.
class calendar_check {
  public:
    calendar_check(const model& m, report& out, declared_names& names)
        : model_(m), out_(out), names_(names) {}

    void operator()(const roles& r) {
        const std::array all{std::pair<std::string_view, const std::string*>{"email", &r.email},
                             std::pair<std::string_view, const std::string*>{"account", &r.account},
                             std::pair<std::string_view, const std::string*>{"owner", &r.owner}};
        for (std::size_t k = 0; k < all.size(); ++k) {
            const auto& [key, name] = all[k];
            const std::size_t i = names_.attributes.find(*name);
            if (name->empty() || i == no_index) continue;
            const auto in = out_.into(key);
            const auto type = names_.attribute_type(i);
            if (type && *type != value_type::string)
                out_.error(issue_code::type_mismatch,
                           joined("'", key, "' is text; attribute ", quote(*name), " is ",
                                  type_text(language::operand_of(*type))),
                           "a string");
            for (std::size_t before = 0; before < k; ++before)
                if (*all[before].second == *name)
                    out_.error(
                        issue_code::conflict,
                        joined("attribute ", quote(*name), " is '", all[before].first, "' already"),
                        "another attribute");
        }
    }

    void operator()(const working_hours& h) {
        if (h.from < h.to) return;
        const auto in = out_.into("to");
        out_.error(issue_code::bad_interval,
                   joined("work ends at ", time_text(h.to), ", and begins at ", time_text(h.from)),
                   joined("above ", time_text(h.from)),
                   h.to == time_of_day{} ? "write \"24:00\" for the end of the day"
                                         : "for a night, write two working times");
    }

    void operator()(const business_calendar& c) {
        if (c.owners.empty()) return;
        const std::size_t own = names_.calendars.find(c.id);
        if (own != no_index) names_.calendars.use(own);
        if (model_.roles.owner.empty() && !names_.missing.roles) {
            const auto in = out_.into("owners");
            names_.attributes.miss();
            out_.warning(issue_code::no_effect,
                         "'owners' does nothing, as no attribute holds a lead's owner",
                         "'owner' in the model's 'roles'");
        }
    }

    void operator()(const timer& t) {
        if (t.since == timer_start::touchpoint) {
            names_.use(t.on);
        } else if (t.on != pattern{}) {
            const auto in = out_.into("on");
            out_.error(issue_code::conflict,
                       joined("'on' is for timers since a touchpoint; this one runs since ",
                              t.since == timer_start::assignment ? "the assignment"
                                                                 : "the entry into the stage"),
                       "no 'on'", "say \"since\": \"touchpoint\"");
        }
        if (t.since != timer_start::assignment) return;
        const auto in = out_.into("since");
        needs_owner("a timer since the assignment");
    }

    /// Reports that the model has no role `owner`, which `what` needs, at the report's pointer.
    void needs_owner(std::string_view what) {
        if (!model_.roles.owner.empty() || names_.missing.roles) return;
        names_.attributes.miss();
        out_.error(issue_code::incomplete,
                   joined(what, " needs the attribute that holds a lead's owner"),
                   "'owner' in the model's 'roles'");
    }

    /// Reports owners who have two calendars. O(owners · log).
    void owners_have_one() {
        std::map<std::string_view, std::size_t> calendar_of;
        const auto list = out_.into("calendars");
        for (std::size_t c = 0; c < model_.calendars.size(); ++c) {
            const auto element = out_.into(c);
            const auto owners = out_.into("owners");
            const auto& names = model_.calendars[c].owners;
            for (std::size_t i = 0; i < names.size(); ++i) {
                const auto [known, is_new] = calendar_of.try_emplace(names[i], c);
                if (is_new || known->second == c || names[i].empty()) continue;
                const auto in = out_.into(i);
                out_.error(issue_code::duplicate_name,
                           joined(quote(names[i]), " has calendar ",
                                  quote(model_.calendars[known->second].id), " already"),
                           "one calendar for each owner");
            }
        }
    }

  private:
    const model& model_;
    report& out_;
    declared_names& names_;
};

} // namespace leadfunnel::inline v0::detail::checking
