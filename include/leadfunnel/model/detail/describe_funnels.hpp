// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

// Business calendars, timers, funnels, alerts and roles.

#include <leadfunnel/model/detail/describe_members.hpp>
#include <leadfunnel/model/detail/describe_rules.hpp>
#include <leadfunnel/model/funnel.hpp>

namespace leadfunnel::inline v0::language {

// ---- funnels ------------------------------------------------------------------------------------

template<>
struct describe<working_hours> {
    using t = working_hours;
    static constexpr std::string_view noun = "working time";
    static constexpr std::string_view doc = "Working hours on some days of the week.";
    static constexpr auto members = std::array{
        inner::member<&t::days>("days", "The days of the week.").required().between(1, 7),
        inner::member<&t::from>("from", "When work begins, in local time: `\"09:00\"`.").required(),
        inner::member<&t::to>("to", "When it ends, on the same day: `\"17:30\"`, or `\"24:00\"`.")
            .required()};
};

template<>
struct describe<business_calendar> {
    using t = business_calendar;
    static constexpr std::string_view noun = "business calendar";
    static constexpr std::string_view doc =
        "Working times and holidays. Timers in business time run only during working time. If "
        "clocks change during working hours, elapsed time counts.";
    static constexpr std::string_view example = R"({
  "id": "tokyo_office", "time_zone": "Asia/Tokyo",
  "hours": [{"days": ["monday", "tuesday", "wednesday", "thursday", "friday"],
             "from": "09:00", "to": "12:00"},
            {"days": ["monday", "tuesday", "wednesday", "thursday", "friday"],
             "from": "13:00", "to": "17:30"}],
  "holidays": ["2026-01-01", "2026-01-02", "2026-04-29"]
})";
    static constexpr auto members = std::array{
        inner::id_member<t>("The calendar's name, which timers refer to."),
        inner::member<&t::time_zone>(
            "time_zone", "The IANA time zone of its local times; the model's if left out.")
            .as(meaning::zone),
        inner::member<&t::hours>("hours", "The working times. Overlaps count once.")
            .required()
            .between(1, 1000),
        inner::member<&t::holidays>("holidays", "Dates without work: `\"2026-01-01\"`."),
        inner::member<&t::owners>("owners",
                                  "Persons or queues with this calendar: if one of them owns a "
                                  "lead, every timer in business time uses this calendar for it.")
            .as(meaning::owner),
        inner::description_member<t>()};
};

template<>
struct describe<timer> {
    using t = timer;
    static constexpr std::string_view noun = "timer";
    static constexpr std::string_view doc =
        "A time that must pass since the lead entered its stage, was assigned, or had its last "
        "touchpoint. The timer restarts whenever that happens again.";
    static constexpr std::string_view example =
        R"({"after": "8h", "since": "assignment", "calendar": "office"})";
    static constexpr auto members = std::array{
        inner::member<&t::after>("after", "How long it takes.").required().period(),
        inner::member<&t::since>("since", "From when it runs."),
        inner::member<&t::on>(
            "on", "For `\"touchpoint\"`: which touchpoints restart it; every one if left out."),
        inner::member<&t::calendar>(
            "calendar",
            "The business calendar in whose working time it runs; if left out, all time counts.")
            .as(meaning::calendar)};
};

template<>
struct describe<sla> {
    using t = sla;
    static constexpr std::string_view noun = "service level";
    static constexpr std::string_view doc =
        "A promise for leads in a stage, such as a call within one working day. It is met if the "
        "lead leaves the stage, or a touchpoint matches `met_by`, before it is due. Each entry, "
        "assignment or touchpoint that starts its timer starts a separate promise.";
    static constexpr std::string_view example = R"({
  "id": "called", "due": {"after": "8h", "calendar": "office"},
  "warn_before": "2h", "met_by": {"type": "call"}
})";
    static constexpr auto members = std::array{
        inner::id_member<t>("The service level's name, which signals show; unique in its stage."),
        inner::member<&t::due>("due", "When it is due.").required(),
        inner::member<&t::warn_before>("warn_before",
                                       "How long before the deadline to warn, in elapsed time even "
                                       "if the deadline is in business time.")
            .period(),
        inner::member<&t::met_by>("met_by",
                                  "Touchpoints that meet the promise, besides leaving the stage."),
        inner::description_member<t>()};
};

template<>
struct describe<stage> {
    using t = stage;
    static constexpr std::string_view noun = "stage";
    static constexpr std::string_view doc = "A step of a funnel that leads can be in.";
    static constexpr std::string_view example = R"({
  "id": "on_hold", "phase": "sales", "target_conversion": 0.5, "target_time": "30d",
  "slas": [{"id": "looked_at", "due": {"after": "5d"}}]
})";
    static constexpr auto members = std::array{
        inner::id_member<t>("The stage's name, as stage events and conditions spell it."),
        inner::member<&t::phase>("phase", "Who has the leads in this stage."),
        inner::member<&t::entry>("entry", "If true, leads may enter the funnel here."),
        inner::member<&t::terminal>(
            "terminal", "If true, the stage is final. Only a transition that names it in `from` "
                        "leads out, manually or after a time, as in recycling."),
        inner::member<&t::slas>("slas", "Promises for leads in this stage."),
        inner::member<&t::target_conversion>(
            "target_conversion",
            "A target for reports: the share of entries that should continue to a later stage.")
            .between(0, 1)
            .as(meaning::factor),
        inner::member<&t::target_time>(
            "target_time", "A target for reports: the largest median time in this stage.")
            .period(),
        inner::description_member<t>()};
};

template<>
struct describe<effects> {
    using t = effects;
    static constexpr std::string_view noun = "set of effects";
    static constexpr std::string_view doc = "What a transition does besides moving the lead. Its "
                                            "effects come after the touchpoint that caused it.";
    static constexpr std::string_view example =
        R"({"reset": ["engagement"], "set": {"position": null, "interests": ["sensors"]}, "cycle": true})";
    static constexpr auto members = std::array{
        inner::member<&t::reset>("reset", "Scores to reset.").as(meaning::plain_score),
        inner::member<&t::set>(
            "set", "Attributes to set: `{\"industry\": \"Machinery\"}`; `null` removes the value."),
        inner::member<&t::assign>("assign", "The person or queue that gets the lead: sets the "
                                            "attribute that `roles` names as the owner.")
            .as(meaning::owner),
        inner::member<&t::alert>("alert", "The alert to raise.").as(meaning::alert),
        inner::member<&t::cycle>("cycle", "If true, the lead is recycled: its next cycle begins.")};
};

template<>
struct describe<transition> {
    using t = transition;
    static constexpr std::string_view noun = "transition";
    static constexpr std::string_view doc =
        "A way from one stage to another. Its trigger is a touchpoint (`on`), a time (`after`), a "
        "manual move (`manual`), or, without any of these, its condition (`when`) as soon as it "
        "is true.";
    static constexpr std::string_view example = R"({
  "id": "asks_for_a_visit", "from": ["cold_lead", "mql"], "to": "accepted",
  "on": {"type": "exhibition_visit"},
  "when": {"score": "fit", "at_least": 20},
  "then": {"alert": "hot_lead"}
})";
    static constexpr auto members = std::array{
        inner::id_member<t>("The transition's name, unique in its funnel."),
        inner::member<&t::from>(
            "from", "The stage to leave, or a list of stages; `\"*\"` means every other stage that "
                    "is not terminal. If left out, the transition is for leads without a stage.")
            .one_or_many()
            .as(meaning::stage),
        inner::member<&t::to>("to", "The stage to enter.").required().as(meaning::stage),
        inner::member<&t::on>("on", "Triggered by touchpoints that match."),
        inner::member<&t::after>("after", "Triggered when this time has passed."),
        inner::member<&t::manual>("manual", "If true, only a manual move takes it."),
        inner::member<&t::when>("when", "A condition on scores, bands, classes, attributes and "
                                        "stages. The transition is taken only if it is true."),
        inner::member<&t::then>("then", "What else happens."),
        inner::description_member<t>()};
};

template<>
struct describe<funnel> {
    using t = funnel;
    static constexpr std::string_view noun = "funnel";
    static constexpr std::string_view doc =
        "Stages of leads, and transitions between them. Conditions can test the stage of a lead.";
    static constexpr std::string_view example = R"({
  "id": "after_sale", "moves": "declared",
  "stages": [{"id": "delivered", "phase": "closed", "entry": true},
             {"id": "in_use", "phase": "closed", "terminal": true}],
  "transitions": [
    {"id": "installed", "from": "delivered", "to": "in_use", "manual": true},
    {"id": "no_complaint", "from": "delivered", "to": "in_use", "after": {"after": "60d"}}
  ]
})";
    static constexpr auto members = std::array{
        inner::id_member<t>("The funnel's name."),
        inner::member<&t::stages>("stages", "Its stages, in their usual order.").required(),
        inner::member<&t::transitions>(
            "transitions", "The transitions. If several are enabled, the first is taken."),
        inner::member<&t::moves>("moves", "Which manual moves are allowed."),
        inner::member<&t::source>("source",
                                  "Where its stages are defined: a book, an article, a house rule.")
            .as(meaning::prose),
        inner::description_member<t>()};
};

// ---- alerts and roles ---------------------------------------------------------------------------

template<>
struct describe<alert> {
    using t = alert;
    static constexpr std::string_view noun = "alert";
    static constexpr std::string_view doc = "Signals that something has become true for a lead: "
                                            "once, and again only after it has become false.";
    static constexpr std::string_view example = R"({
  "id": "warming_up", "when": {"band": "temperature", "equals": "warm"},
  "rearm": {"score": "engagement", "less": 20},
  "cooldown": "7d", "explain": "engagement"
})";
    static constexpr auto members = std::array{
        inner::id_member<t>("The alert's name, which signals show and transitions refer to."),
        inner::member<&t::when>(
            "when", "What must become true; if left out, only transitions raise the alert."),
        inner::member<&t::rearm>("rearm", "What must have been true in between before the alert is "
                                          "raised again; if left out, that `when` was false."),
        inner::member<&t::cooldown>("cooldown", "The least time between two alerts for a lead.")
            .period(),
        inner::member<&t::explain>("explain", "A score whose explanation is added to the alert.")
            .as(meaning::score),
        inner::description_member<t>()};
};

template<>
struct describe<roles> {
    using t = roles;
    static constexpr std::string_view noun = "set of roles";
    static constexpr std::string_view doc =
        "Which attributes identify a lead and its owner. They are texts.";
    static constexpr std::string_view example =
        R"({"email": "email", "account": "company", "owner": "owner"})";
    static constexpr auto members = std::array{
        inner::member<&t::email>("email", "The lead's e-mail address.").as(meaning::attribute),
        inner::member<&t::account>("account", "The id of the lead's company.")
            .as(meaning::attribute),
        inner::member<&t::owner>(
            "owner", "The person or queue that has the lead. A change of it is an assignment.")
            .as(meaning::attribute)};
};

} // namespace leadfunnel::inline v0::language
