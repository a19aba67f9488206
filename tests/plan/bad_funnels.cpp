// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"
#include "plan/bad_model.hpp"
#include "plan/good_model.hpp"

// Bad funnels, alerts and calendars: each test makes a small change to a good model and compares
// all issues, to the letter.

using namespace bad;

// clang-format off

TEST_CASE("bad models: roles and business calendars") {
    check_all({
        {"a role's attribute", good::moving,
         {{R"~("account": "company")~",
           R"~("account": "compny")~"}},
         R"~(
m.json:16:42: error: unknown attribute 'compny' [unknown_name] at /roles/account; did you mean 'company'?
)~"},
        {"a role that is no text", good::moving,
         {{R"~("account": "company")~",
           R"~("account": "budget")~"}},
         R"~(
m.json:7:5: warning: attribute 'company' is not used: no condition tests it [unused] at /attributes/1
m.json:16:42: error: 'account' is text; attribute 'budget' is a number [type_mismatch] at /roles/account; expected a string
)~"},
        {"one attribute in two roles", good::moving,
         {{R"~("account": "company")~",
           R"~("account": "email")~"}},
         R"~(
m.json:7:5: warning: attribute 'company' is not used: no condition tests it [unused] at /attributes/1
m.json:16:42: error: attribute 'email' is 'email' already [conflict] at /roles/account; expected another attribute
)~"},
        {"a zone that is none", good::moving,
         {{R"~("Europe/Berlin")~",
           R"~("Europe/Berlim")~"}},
         R"~(
m.json:18:35: error: unknown time zone 'Europe/Berlim' [unknown_name] at /calendars/0/time_zone; expected an IANA time zone such as Asia/Tokyo; did you mean 'Europe/Berlin'?
)~"},
        {"a calendar without hours", good::moving,
         {{R"~("hours": [{"days": ["saturday", "sunday"], "from": "12:00", "to": "20:00"}])~",
           R"~("hours": [])~"}},
         R"~(
m.json:21:35: error: 'hours' is empty [incomplete] at /calendars/1/hours; expected from 1 to 1000 of them
)~"},
        {"hours on no day", good::moving,
         {{R"~(["saturday", "sunday"])~",
           R"~([])~"}},
         R"~(
m.json:21:45: error: 'days' is empty [incomplete] at /calendars/1/hours/0/days; expected from 1 to 7 of them
)~"},
        {"a day named twice", good::moving,
         {{R"~(["saturday", "sunday"])~",
           R"~(["saturday", "sunday", "saturday"])~"}},
         R"~(
m.json:21:68: warning: 'saturday' is named twice here [no_effect] at /calendars/1/hours/0/days/2
)~"},
        {"work that ends before it begins", good::moving,
         {{R"~("from": "12:00", "to": "20:00")~",
           R"~("from": "20:00", "to": "04:00")~"}},
         R"~(
m.json:21:92: error: work ends at 04:00, and begins at 20:00 [bad_interval] at /calendars/1/hours/0/to; expected above 20:00; for a night, write two working times
)~"},
        {"midnight as the end of a day", good::moving,
         {{R"~("from": "12:00", "to": "20:00")~",
           R"~("from": "12:00", "to": "00:00")~"}},
         R"~(
m.json:21:92: error: work ends at 00:00, and begins at 12:00 [bad_interval] at /calendars/1/hours/0/to; expected above 12:00; write "24:00" for the end of the day
)~"},
        {"a holiday given twice", good::moving,
         {{R"~("2026-12-25"])~",
           R"~("2026-12-25", "2026-01-01"])~"}},
         R"~(
m.json:18:93: warning: 2026-01-01 is a holiday already [no_effect] at /calendars/0/holidays/2
)~"},
        {"an owner with two calendars", good::moving,
         {{R"~("holidays": ["2026)~",
           R"~("owners": ["kato", "sato"], "holidays": ["2026)~"}},
         R"~(
m.json:21:114: error: 'sato' has calendar 'office' already [duplicate_name] at /calendars/1/owners/0; expected one calendar for each owner
)~"},
        {"an owner without a name", good::moving,
         {{R"~(["sato", "night_queue"])~",
           R"~(["sato", ""])~"}},
         R"~(
m.json:21:122: error: a name is empty [bad_name] at /calendars/1/owners/1
)~"},
        {"two calendars of one name", good::moving,
         {{R"~("id": "late_shift")~",
           R"~("id": "office")~"}},
         R"~(
m.json:21:12: error: business calendar 'office' is declared twice [duplicate_name] at /calendars/1/id
)~"},
        {"a calendar that nothing uses", good::moving,
         {{R"~(], "owners": ["sato", "night_queue"]})~",
           R"~(] })~"}},
         R"~(
m.json:21:5: warning: business calendar 'late_shift' is not used: no timer uses it [unused] at /calendars/1
)~"},
        {"no owner attribute for what needs one", good::moving,
         {{R"~(, "owner": "owner"})~",
           R"~(})~"}},
         R"~(
m.json:21:113: warning: 'owners' does nothing, as no attribute holds a lead's owner [no_effect] at /calendars/1/owners; expected 'owner' in the model's 'roles'
m.json:28:67: error: a timer since the assignment needs the attribute that holds a lead's owner [incomplete] at /funnels/0/stages/1/slas/0/due/since; expected 'owner' in the model's 'roles'
m.json:37:28: error: 'assign' needs the attribute that holds a lead's owner [incomplete] at /funnels/0/transitions/1/then/assign; expected 'owner' in the model's 'roles'
)~"},
    });
}

TEST_CASE("bad models: stages, service levels and timers") {
    check_all({
        {"two stages of one name, differently written", good::moving,
         {{R"~({"id": "accepted", "phase": "sales"})~",
           R"~({"id": "mql", "phase": "sales"})~"}},
         R"~(
m.json:30:15: error: stage 'mql' is declared twice [duplicate_name] at /funnels/0/stages/2/id
m.json:39:58: error: unknown stage 'accepted' of funnel 'sales' [unknown_name] at /funnels/0/transitions/3/to
m.json:41:35: error: unknown stage 'accepted' of funnel 'sales' [unknown_name] at /funnels/0/transitions/4/from
m.json:42:30: error: unknown stage 'accepted' of funnel 'sales' [unknown_name] at /funnels/0/transitions/5/from
)~"},
        {"two service levels of one name", good::moving,
         {{R"~({"id": "decided", "due")~",
           R"~({"id": "called", "due")~"}},
         R"~(
m.json:29:25: error: service level 'called' is declared twice [duplicate_name] at /funnels/0/stages/1/slas/1/id
)~"},
        {"a target that is no share", good::moving,
         {{R"~("target_conversion": 0.25)~",
           R"~("target_conversion": 25)~"}},
         R"~(
m.json:26:62: error: 'target_conversion' is 25 [out_of_range] at /funnels/0/stages/0/target_conversion; expected from 0 to 1
)~"},
        {"a service level on a terminal stage", good::moving,
         {{R"~({"id": "won", "phase": "closed", "terminal": true})~",
           R"~({"id": "won", "phase": "closed", "terminal": true, "target_conversion": 0.5,
        "slas": [{"id": "thanked", "due": {"after": "1d"}}]})~"}},
         R"~(
m.json:31:80: warning: stage 'won' is terminal: leads do not go on [no_effect] at /funnels/0/stages/3/target_conversion
m.json:32:17: warning: stage 'won' is terminal: nothing is left to do for leads in it [conflict] at /funnels/0/stages/3/slas; expected no service levels, or a stage that is not terminal
)~"},
        {"a warning before the timer starts", good::moving,
         {{R"~("warn_before": "1d")~",
           R"~("warn_before": "10d")~"}},
         R"~(
m.json:29:76: error: a warning 10d before the deadline comes before its timer starts [bad_interval] at /funnels/0/stages/1/slas/1/warn_before; expected less than 10d
)~"},
        {"a warning of nothing", good::moving,
         {{R"~("warn_before": "1d")~",
           R"~("warn_before": "0s")~"}},
         R"~(
m.json:29:76: error: 'warn_before' is 0s [out_of_range] at /funnels/0/stages/1/slas/1/warn_before; expected above 0s, up to 73050d
)~"},
        {"a timer of nothing", good::moving,
         {{R"~("due": {"after": "10d"})~",
           R"~("due": {"after": "0s"})~"}},
         R"~(
m.json:29:53: error: 'after' is 0s [out_of_range] at /funnels/0/stages/1/slas/1/due/after; expected above 0s, up to 73050d
)~"},
        {"a calendar, nearly", good::moving,
         {{R"~("calendar": "office")~",
           R"~("calendar": "ofice")~"}},
         R"~(
m.json:28:93: error: unknown business calendar 'ofice' [unknown_name] at /funnels/0/stages/1/slas/0/due/calendar; did you mean 'office'?
)~"},
        {"touchpoints for a timer that does not look at them", good::moving,
         {{R"~("after": {"after": "180d"})~",
           R"~("after": {"after": "180d", "on": {"type": "call"}})~"}},
         R"~(
m.json:44:92: error: 'on' is for timers since a touchpoint; this one runs since the entry into the stage [conflict] at /funnels/0/transitions/7/after/on; expected no 'on'; say "since": "touchpoint"
)~"},
        {"the same, since the assignment", good::moving,
         {{R"~("due": {"after": "10d"})~",
           R"~("due": {"after": "10d", "since": "assignment", "on": {"type": "call"}})~"}},
         R"~(
m.json:29:89: error: 'on' is for timers since a touchpoint; this one runs since the assignment [conflict] at /funnels/0/stages/1/slas/1/due/on; expected no 'on'; say "since": "touchpoint"
)~"},
        {"a start, nearly", good::moving,
         {{R"~("since": "assignment")~",
           R"~("since": "asignment")~"}},
         R"~(
m.json:28:67: error: 'asignment' is not a start of a timer [wrong_value] at /funnels/0/stages/1/slas/0/due/since; expected one of 'stage_entry', 'assignment', 'touchpoint'; did you mean 'assignment'?
)~"},
        {"a touchpoint type that keeps a promise", good::moving,
         {{R"~("met_by": {"type": "call"})~",
           R"~("met_by": {"type": "cal"})~"}},
         R"~(
m.json:28:144: error: unknown touchpoint type 'cal' [unknown_name] at /funnels/0/stages/1/slas/0/met_by/type; did you mean 'call'?
)~"},
        {"a value that no call has", good::moving,
         {{R"~("met_by": {"type": "call"})~",
           R"~("met_by": {"type": "call", "value_at_least": 60})~"}},
         R"~(
m.json:28:170: error: 'value_at_least' needs values, and touchpoint type 'call' declares none [type_mismatch] at /funnels/0/stages/1/slas/0/met_by/value_at_least; expected types with 'value'
)~"},
    });
}

TEST_CASE("bad models: names in transitions") {
    check_all({
        {"two transitions of one name", good::moving,
         {{R"~("id": "cold", "from")~",
           R"~("id": "hot", "from")~"}},
         R"~(
m.json:38:15: error: transition 'hot' is declared twice [duplicate_name] at /funnels/0/transitions/2/id
)~"},
        {"a stage to leave", good::moving,
         {{R"~("from": "accepted", "to": "lost")~",
           R"~("from": "acepted", "to": "lost")~"}},
         R"~(
m.json:41:35: error: unknown stage 'acepted' of funnel 'sales' [unknown_name] at /funnels/0/transitions/4/from; did you mean 'accepted'?
)~"},
        {"one of several stages to leave", good::moving,
         {{R"~(["inquiry", "mql"])~",
           R"~(["inquiry", "sql", "mql"])~"}},
         R"~(
m.json:39:44: error: unknown stage 'sql' of funnel 'sales' [unknown_name] at /funnels/0/transitions/3/from/1; did you mean 'mql'?
)~"},
        {"a stage to enter", good::moving,
         {{R"~("from": "accepted", "to": "won")~",
           R"~("from": "accepted", "to": "wno")~"}},
         R"~(
m.json:42:48: error: unknown stage 'wno' of funnel 'sales' [unknown_name] at /funnels/0/transitions/5/to; did you mean 'won'?
)~"},
        {"a stage of another funnel", good::moving,
         {{R"~("from": "accepted", "to": "won")~",
           R"~("from": "accepted", "to": "done")~"}},
         R"~(
m.json:42:48: error: unknown stage 'done' of funnel 'sales' [unknown_name] at /funnels/0/transitions/5/to
)~"},
        {"a transition without an end", good::moving,
         {{R"~("from": "accepted", "to": "won")~",
           R"~("from": "accepted", "to": "")~"}},
         R"~(
m.json:42:48: error: no stage is named [missing_key] at /funnels/0/transitions/5/to; expected the name of a stage
)~"},
        {"an alert", good::moving,
         {{R"~("alert": "handed_over")~",
           R"~("alert": "handed-over")~"}},
         R"~(
m.json:37:52: error: unknown alert 'handed-over' [unknown_name] at /funnels/0/transitions/1/then/alert; did you mean 'handed_over'?
)~"},
        {"a score to reset", good::moving,
         {{R"~("reset": ["engagement"])~",
           R"~("reset": ["engagment"])~"}},
         R"~(
m.json:45:28: error: unknown score 'engagment' [unknown_name] at /funnels/0/transitions/7/then/reset/0; did you mean 'engagement'?
)~"},
        {"an attribute to set", good::moving,
         {{R"~("budget": 0)~",
           R"~("budgets": 0)~"}},
         R"~(
m.json:46:52: error: unknown attribute 'budgets' [unknown_name] at /funnels/0/transitions/7/then/set/budgets; did you mean 'budget'?
)~"},
        {"values of other types than declared", good::moving,
         {{R"~("set": {"owner": null, "budget": 0, "asked_at": "2026-04-01T09:00:00+09:00", "interests": ["sensors"], "qualified": false})~",
           R"~("set": {"owner": 3, "budget": "0", "asked_at": 5, "interests": "sensors", "qualified": ["no"]})~"}},
         R"~(
m.json:46:35: error: 'owner' is a string, 3 is not [type_mismatch] at /funnels/0/transitions/7/then/set/owner; expected a string
m.json:46:48: error: 'budget' is a number, '0' is not [type_mismatch] at /funnels/0/transitions/7/then/set/budget; expected a number
m.json:46:65: error: 'asked_at' is a timestamp, 5 is not [type_mismatch] at /funnels/0/transitions/7/then/set/asked_at; expected a timestamp
m.json:46:81: error: 'interests' is a set, 'sensors' is not [type_mismatch] at /funnels/0/transitions/7/then/set/interests; expected a set
m.json:46:105: error: 'qualified' is a bool, a set is not [type_mismatch] at /funnels/0/transitions/7/then/set/qualified; expected a bool
)~"},
        {"a score in a guard", good::moving,
         {{R"~("when": {"score": "engagement", "less": 40})~",
           R"~("when": {"score": "engagment", "less": 40})~"}},
         R"~(
m.json:38:73: error: unknown score 'engagment' [unknown_name] at /funnels/0/transitions/2/when/score; did you mean 'engagement'?
)~"},
        {"a banding and a matrix in guards", good::moving,
         {{R"~({"band": "fitness")~",
           R"~({"band": "fitnes")~"},
          {R"~({"class": "priority")~",
           R"~({"class": "prioritty")~"}},
         R"~(
m.json:36:76: error: unknown banding 'fitnes' [unknown_name] at /funnels/0/transitions/1/when/all/1/band; did you mean 'fitness'?
m.json:40:98: error: unknown matrix 'prioritty' [unknown_name] at /funnels/0/transitions/3/when/class; did you mean 'priority'?
)~"},
        {"a band in a guard", good::moving,
         {{R"~("in": ["A", "B"])~",
           R"~("in": ["A", "D"])~"}},
         R"~(
m.json:36:99: error: unknown band 'D' of banding 'fitness' [unknown_name] at /funnels/0/transitions/1/when/all/1/in/1
)~"},
        {"a class in a guard", good::moving,
         {{R"~("equals": "Ahot")~",
           R"~("equals": "Ahott")~"}},
         R"~(
m.json:40:120: error: unknown class 'Ahott' of matrix 'priority' [unknown_name] at /funnels/0/transitions/3/when/equals; did you mean 'Ahot'?
)~"},
        {"a class of a matrix that has none", good::moving,
         {{R"~("id": "priority", "rows": "fitness")~",
           R"~("id": "priority", "rows": "fitnes")~"}},
         R"~(
m.json:58:43: error: unknown banding 'fitnes' [unknown_name] at /matrices/0/rows; did you mean 'fitness'?
)~"},
        {"a funnel whose time is asked", good::moving,
         {{R"~({"time_in_stage": "sales")~",
           R"~({"time_in_stage": "sale")~"}},
         R"~(
m.json:43:79: error: unknown funnel 'sale' [unknown_name] at /funnels/0/transitions/6/when/time_in_stage; did you mean 'sales'?
)~"},
        {"a score that an alert explains", good::moving,
         {{R"~("explain": "engagement")~",
           R"~("explain": "engagements")~"}},
         R"~(
m.json:60:38: error: unknown score 'engagements' [unknown_name] at /alerts/0/explain; did you mean 'engagement'?
)~"},
    });
}

TEST_CASE("bad models: tests of the present") {
    check_all({
        {"in rules", good::moving,
         {{R"~("when": {"attribute": "budget", "at_least": 1000})~",
           R"~("when": {"all": [{"attribute": "budget", "at_least": 1000}, {"score": "fit", "less": 9}, {"band": "heat", "equals": "hot"},
      {"class": "priority", "exists": true}, {"time_in_stage": "sales", "less": "1d"}]})~"}},
         R"~(
m.json:51:142: error: 'score' cannot be tested here, as scores depend on the past alone [type_mismatch] at /rules/0/when/all/1/score; expected a test of an attribute or of stages; use 'score_at_entry', or put the test in a transition or an alert
m.json:51:170: error: 'band' cannot be tested here, as scores depend on the past alone [type_mismatch] at /rules/0/when/all/2/band; expected a test of an attribute or of stages; put the test in the 'when' of a transition or an alert
m.json:52:17: error: 'class' cannot be tested here, as scores depend on the past alone [type_mismatch] at /rules/0/when/all/3/class; expected a test of an attribute or of stages; put the test in the 'when' of a transition or an alert
m.json:52:64: error: 'time_in_stage' cannot be tested here, as scores depend on the past alone [type_mismatch] at /rules/0/when/all/4/time_in_stage; expected a test of an attribute or of stages; put the test in the 'when' of a transition or an alert
)~"},
        {"in a pattern", good::moving,
         {{R"~("on": {"type": "call", "where": {"property": "url", "exists": false}})~",
           R"~("on": {"type": "call", "where": {"any": [{"property": "url", "exists": false}, {"score": "fit", "less": 9}]}})~"}},
         R"~(
m.json:40:98: error: 'score' cannot be tested in a pattern, which sees the touchpoint alone [type_mismatch] at /funnels/0/transitions/3/on/where/any/1/score; expected a test of a property; put the test in the 'when' of a transition or an alert
)~"},
        {"a property in a guard", good::moving,
         {{R"~("when": {"score": "engagement", "less": 40})~",
           R"~("when": {"property": "url", "equals": "/"})~"}},
         R"~(
m.json:38:76: error: 'property' cannot be tested here, where there is no touchpoint [type_mismatch] at /funnels/0/transitions/2/when/property; expected a test of an attribute or of stages; put the test in a pattern's 'where' instead
)~"},
        {"a score that equals something", good::moving,
         {{R"~("when": {"score": "engagement", "less": 40})~",
           R"~("when": {"any": [{"score": "engagement", "equals": 40}, {"score": "engagement", "in": [1, 2]}, {"score": "fit", "exists": false}]})~"}},
         R"~(
m.json:38:106: error: 'equals' cannot be used on 'engagement', as a score is compared by order alone [type_mismatch] at /funnels/0/transitions/2/when/any/0/equals; expected one of exists, less, at_most, greater, at_least
m.json:38:141: error: 'in' cannot be used on 'engagement', as a score is compared by order alone [type_mismatch] at /funnels/0/transitions/2/when/any/1/in; expected one of exists, less, at_most, greater, at_least
)~"},
        {"a score compared with text", good::moving,
         {{R"~({"score": "engagement", "less": 40})~",
           R"~({"score": "engagement", "less": "40"})~"}},
         R"~(
m.json:38:95: error: 'engagement' is a number, '40' is not [type_mismatch] at /funnels/0/transitions/2/when/less; expected a number
)~"},
        {"a band by order", good::moving,
         {{R"~({"band": "fitness", "in": ["A", "B"]})~",
           R"~({"band": "fitness", "at_least": "B"})~"}},
         R"~(
m.json:36:99: error: 'at_least' cannot be used on 'fitness', which is a string [type_mismatch] at /funnels/0/transitions/1/when/all/1/at_least; expected one of exists, equals, not_equals, in, in_list, contains, prefix, suffix, glob, regex
)~"},
        {"a time as a number", good::moving,
         {{R"~({"time_in_stage": "sales", "at_least": "365d"})~",
           R"~({"time_in_stage": "sales", "at_least": 365})~"}},
         R"~(
m.json:43:100: error: 'at_least' is a number [wrong_type] at /funnels/0/transitions/6/when/at_least; expected a duration of at most 200 years, as numbers with the units w, d, h, m, s, ms, us: "30d", "1d12h"; write it as a text, with its unit
)~"},
        {"a time that equals something", good::moving,
         {{R"~({"time_in_stage": "sales", "at_least": "365d"})~",
           R"~({"time_in_stage": "sales", "equals": "365d"})~"}},
         R"~(
m.json:43:98: error: 'equals' cannot be used on 'sales', which is an age [type_mismatch] at /funnels/0/transitions/6/when/equals; expected one of exists, less, at_most, greater, at_least
)~"},
        {"parts of a band", good::moving,
         {{R"~({"band": "fitness", "in")~",
           R"~({"band": "fitness", "part": "normal", "in")~"}},
         R"~(
m.json:36:87: error: 'part' means nothing beside 'band' [unknown_key] at /funnels/0/transitions/1/when/all/1/part
)~"},
    });
}

TEST_CASE("bad models: what guards can never meet") {
    check_all({
        {"a score above its bound", good::moving,
         {{R"~({"score": "engagement", "at_least": 80})~",
           R"~({"score": "engagement", "at_least": 120})~"}},
         R"~(
m.json:36:62: warning: score 'engagement' is never above 100 [unreachable] at /funnels/0/transitions/1/when/all/0/at_least
)~"},
        {"a score above all that its rules give", good::moving,
         {{R"~({"all": [{"score": "engagement", "at_least": 80}, )~",
           R"~({"all": [{"score": "fit", "greater": 50}, )~"}},
         R"~(
m.json:36:54: warning: score 'fit' is never above 50 [unreachable] at /funnels/0/transitions/1/when/all/0/greater
)~"},
        {"a score below its bound", good::moving,
         {{R"~({"id": "engagement", "max": 100})~",
           R"~({"id": "engagement", "min": 0, "max": 100})~"},
          {R"~("when": {"score": "engagement", "less": 40})~",
           R"~("when": {"any": [{"score": "engagement", "less": 0}, {"score": "engagement", "at_most": 0}]})~"}},
         R"~(
m.json:38:104: warning: score 'engagement' is never below 0 [unreachable] at /funnels/0/transitions/2/when/any/0/less
)~"},
        {"bands that no lead is in", good::moving,
         {{R"~({"id": "C"}, {"id": "B", "enter": 20}, {"id": "A", "enter": 40})~",
           R"~({"id": "C"}, {"id": "B", "enter": 60}, {"id": "A", "enter": 80})~"}},
         R"~(
m.json:36:93: warning: band 'B' is never reached: the score is never above 50 [unreachable] at /funnels/0/transitions/1/when/all/1/in
m.json:55:62: warning: band 'B' is never reached: the score is never above 50 [unreachable] at /bandings/0/bands/1
m.json:55:88: warning: band 'A' is never reached: the score is never above 50 [unreachable] at /bandings/0/bands/2
)~"},
        {"a score in two places at once", good::moving,
         {{R"~({"score": "engagement", "at_least": 80}, {"band")~",
           R"~({"score": "engagement", "at_least": 80}, {"score": "engagement", "less": 70}, {"band")~"}},
         R"~(
m.json:36:25: warning: no score can meet all that is asked of 'engagement' [unreachable] at /funnels/0/transitions/1/when/all
)~"},
        {"two bands at once", good::moving,
         {{R"~({"band": "fitness", "in": ["A", "B"]})~",
           R"~({"band": "fitness", "in": ["A", "B"]}, {"band": "fitness", "equals": "C"})~"}},
         R"~(
m.json:36:25: warning: no band can meet all that is asked of 'fitness' [unreachable] at /funnels/0/transitions/1/when/all
)~"},
        {"a stage that the transition does not leave", good::moving,
         {{R"~("when": {"score": "engagement", "less": 40})~",
           R"~("when": {"all": [{"score": "engagement", "less": 40}, {"current_stage": "sales", "in": ["won", "lost"]}]})~"}},
         R"~(
m.json:38:8: warning: transition 'cold' is not taken: its condition requires a stage that it does not leave [unreachable] at /funnels/0/transitions/2
)~"},
        {"a time in a stage before there is one", good::moving,
         {{R"~("on": {"type": "inquiry"}})~",
           R"~("on": {"type": "inquiry"}, "when": {"time_in_stage": "sales", "at_least": "1d"}})~"}},
         R"~(
m.json:34:8: warning: transition 'asks' is not taken: its condition requires a stage that it does not leave [unreachable] at /funnels/0/transitions/0
)~"},
    });
}

TEST_CASE("bad models: triggers and effects") {
    check_all({
        {"two triggers", good::moving,
         {{R"~("on": {"type": "inquiry"}})~",
           R"~("on": {"type": "inquiry"}, "manual": true})~"}},
         R"~(
m.json:34:8: error: 'on', 'after' and 'manual' do not go together [conflict] at /funnels/0/transitions/0; expected at most one of them; write two transitions
)~"},
        {"nothing that triggers", good::moving,
         {{R"~("to": "won", "manual": true)~",
           R"~("to": "won")~"}},
         R"~(
m.json:42:8: error: nothing triggers transition 'win' [missing_key] at /funnels/0/transitions/5; expected 'when', 'on', 'after' or 'manual'
)~"},
        {"the time since a stage entry, in no stage", good::moving,
         {{R"~("on": {"type": "inquiry"}})~",
           R"~("after": {"after": "1d"}})~"}},
         R"~(
m.json:34:49: error: a lead in no stage yet has entered none [conflict] at /funnels/0/transitions/0/after/since; expected 'assignment' or 'touchpoint', or the stage that the transition leaves
)~"},
        {"an entry that is none", good::moving,
         {{R"~("id": "asks", "to": "inquiry")~",
           R"~("id": "asks", "to": "mql")~"}},
         R"~(
m.json:34:29: error: stage 'mql' is no entry, and this transition is for leads in no stage [conflict] at /funnels/0/transitions/0/to; expected an entry; say in 'from' which stage the transition leaves
)~"},
        {"from a stage to itself", good::moving,
         {{R"~("id": "cold", "from": "mql", "to": "inquiry")~",
           R"~("id": "cold", "from": ["mql", "inquiry"], "to": "inquiry")~"}},
         R"~(
m.json:38:39: error: transition 'cold' leads from stage 'inquiry' to itself, whenever its condition holds [cycle] at /funnels/0/transitions/2/from/1; expected another stage, or 'on', 'after' or 'manual'
)~"},
        {"a star and a stage that it means", good::moving,
         {{R"~("from": "*", "to": "lost")~",
           R"~("from": ["*", "mql"], "to": "lost")~"}},
         R"~(
m.json:43:40: warning: '*' means 'mql' already [no_effect] at /funnels/0/transitions/6/from/1
)~"},
        {"out of a terminal stage by itself", good::moving,
         {{R"~("id": "talks", "from": ["inquiry", "mql"])~",
           R"~("id": "talks", "from": ["inquiry", "mql", "lost"])~"}},
         R"~(
m.json:39:51: warning: stage 'lost' is terminal, and transition 'talks' takes leads out of it by itself [conflict] at /funnels/0/transitions/3/from/2; expected 'manual' or 'after', or a stage that is not terminal
)~"},
        {"an owner given twice", good::moving,
         {{R"~("then": {"assign": "night_queue", )~",
           R"~("then": {"assign": "night_queue", "set": {"owner": "sato"}, )~"}},
         R"~(
m.json:37:28: error: 'set' has a value for 'owner', too [conflict] at /funnels/0/transitions/1/then/assign; expected one of the two
)~"},
        {"an alert to be armed again that nothing raises by itself", good::moving,
         {{R"~({"id": "handed_over", )~",
           R"~({"id": "handed_over", "rearm": {"score": "fit", "less": 9}, )~"}},
         R"~(
m.json:60:36: warning: 'rearm' does nothing without 'when' [no_effect] at /alerts/0/rearm
)~"},
        {"an alert that nothing raises", good::moving,
         {{R"~(, "alert": "handed_over"})~",
           R"~(})~"}},
         R"~(
m.json:60:5: warning: alert 'handed_over' is not used: it has no 'when', and no transition raises it [unused] at /alerts/0
)~"},
        {"two alerts of one name", good::moving,
         {{R"~("id": "warm_again")~",
           R"~("id": "handed_over")~"}},
         R"~(
m.json:61:12: error: alert 'handed_over' is declared twice [duplicate_name] at /alerts/1/id
)~"},
    });
}

TEST_CASE("bad models: ways through a funnel") {
    check_all({
        {"a star that means nothing", good::moving,
         {{R"~({"id": "inquiry", "entry": true, )~",
           R"~({"id": "inquiry", "terminal": true, "entry": true, )~"},
          {R"~({"id": "mql",
        "slas")~",
           R"~({"id": "mql", "terminal": true,
        "slas")~"},
          {R"~({"id": "accepted", "phase": "sales"})~",
           R"~({"id": "accepted", "terminal": true})~"}},
         R"~(
m.json:26:80: warning: stage 'inquiry' is terminal: leads do not go on [no_effect] at /funnels/0/stages/0/target_conversion
m.json:28:17: warning: stage 'mql' is terminal: nothing is left to do for leads in it [conflict] at /funnels/0/stages/1/slas; expected no service levels, or a stage that is not terminal
m.json:35:30: warning: stage 'inquiry' is terminal, and transition 'hot' takes leads out of it by itself [conflict] at /funnels/0/transitions/1/from; expected 'manual' or 'after', or a stage that is not terminal
m.json:38:31: warning: stage 'mql' is terminal, and transition 'cold' takes leads out of it by itself [conflict] at /funnels/0/transitions/2/from; expected 'manual' or 'after', or a stage that is not terminal
m.json:39:33: warning: stage 'inquiry' is terminal, and transition 'talks' takes leads out of it by itself [conflict] at /funnels/0/transitions/3/from/0; expected 'manual' or 'after', or a stage that is not terminal
m.json:39:44: warning: stage 'mql' is terminal, and transition 'talks' takes leads out of it by itself [conflict] at /funnels/0/transitions/3/from/1; expected 'manual' or 'after', or a stage that is not terminal
m.json:43:34: warning: '*' means no stage here, as all others are terminal [unreachable] at /funnels/0/transitions/6/from
)~"},
        {"a stage called like a star", good::moving,
         {{R"~({"id": "lost", "phase")~",
           R"~({"id": "*", "phase")~"}},
         R"~(
m.json:32:15: error: no stage is called '*', which means any stage [bad_name] at /funnels/0/stages/4/id
m.json:41:53: error: unknown stage 'lost' of funnel 'sales' [unknown_name] at /funnels/0/transitions/4/to
m.json:43:45: error: unknown stage 'lost' of funnel 'sales' [unknown_name] at /funnels/0/transitions/6/to
m.json:44:34: error: unknown stage 'lost' of funnel 'sales' [unknown_name] at /funnels/0/transitions/7/from
m.json:61:80: error: unknown stage 'lost' of funnel 'sales' [unknown_name] at /alerts/1/when/all/0/equals
)~"},
        {"no way in", good::moving,
         {{R"~({"id": "inquiry", "entry": true, )~",
           R"~({"id": "inquiry", )~"},
          {R"~({"id": "asks", "to": "inquiry", "on": {"type": "inquiry"}},)~",
           R"~({"id": "asks", "from": "mql", "to": "inquiry", "on": {"type": "inquiry"}},)~"}},
         R"~(
m.json:25:16: warning: no lead gets into funnel 'sales': none of its stages is an entry [unreachable] at /funnels/0/stages; expected a stage with 'entry'
)~"},
        {"a stage that nothing leads to", good::moving,
         {{R"~({"id": "accepted", "phase": "sales"},)~",
           R"~({"id": "accepted", "phase": "sales"}, {"id": "parked", "terminal": true},)~"}},
         R"~(
m.json:30:46: warning: no transition leads from an entry to stage 'parked' [unreachable] at /funnels/0/stages/3; expected 'entry', or a transition to it
)~"},
        {"the same where people move leads as they like", good::moving,
         {{R"~("moves": "declared", )~",
           R"~()~"},
          {R"~({"id": "accepted", "phase": "sales"},)~",
           R"~({"id": "accepted", "phase": "sales"}, {"id": "parked", "terminal": true},)~"}},
         R"~(
m.json:30:46: warning: no transition leads from an entry to stage 'parked' [unreachable] at /funnels/0/stages/3; expected 'entry', or a transition to it; for a stage that people choose, declare a transition 'manual'
)~"},
        {"a dead end", good::moving,
         {{R"~({"id": "won", "phase": "closed", "terminal": true})~",
           R"~({"id": "won", "phase": "closed"})~"},
          {R"~("from": "*", "to": "lost")~",
           R"~("from": ["inquiry", "mql", "accepted"], "to": "lost")~"}},
         R"~(
m.json:31:8: warning: no transition leaves stage 'won' [incomplete] at /funnels/0/stages/3; expected 'terminal', or a transition from it
)~"},
        {"to and fro", good::moving,
         {{R"~({"score": "engagement", "less": 40})~",
           R"~({"score": "engagement", "less": 90})~"},
          {R"~("then": {"assign": "night_queue", "alert": "handed_over"})~",
           R"~("then": {"alert": "handed_over"})~"}},
         R"~(
m.json:38:8: warning: leads go to and fro between 'inquiry' and 'mql': the conditions of 'hot' and 'cold' can hold at once [cycle] at /funnels/0/transitions/2; expected conditions that exclude each other
)~"},
        {"a time that its own entry does not start again", good::moving,
         {{R"~("from": "accepted", "to": "lost", "after")~",
           R"~("from": ["accepted", "lost"], "to": "lost", "after")~"}},
         R"~(
m.json:41:48: warning: transition 'too_late' leads from stage 'lost' to itself again and again once its time has run out [cycle] at /funnels/0/transitions/4/from/1; expected a time since 'stage_entry', or another stage
)~"},
        {"an alert that arms itself", good::moving,
         {{R"~("rearm": {"score": "engagement", "less": 20}, "cooldown": "7d"})~",
           R"~("rearm": {"score": "engagement", "greater": 70}})~"}},
         R"~(
m.json:61:5: warning: alert 'warm_again' is raised at every look while 'when' and 'rearm' both hold [cycle] at /alerts/1; expected conditions that exclude each other, or a 'cooldown'
)~"},
        {"round and round", good::moving,
         {{R"~(false}}}]},)~",
           R"~(false}}},
       {"id": "up", "from": "mql", "to": "accepted", "when": {"attribute": "budget", "at_least": 10}},
       {"id": "down", "from": "accepted", "to": "inquiry", "when": {"attribute": "budget", "at_most": 20}}]},)~"},
          {R"~("then": {"assign": "night_queue", "alert": "handed_over"})~",
           R"~("then": {"alert": "handed_over"})~"}},
         R"~(
m.json:48:8: warning: leads go round, as all of the conditions can hold at once: 'inquiry' → 'mql' → 'accepted' → 'inquiry' [cycle] at /funnels/0/transitions/9; expected conditions that exclude each other
)~"},
        {"a guard that requires no more", good::moving,
         {{R"~(false}}}]},)~",
           R"~(false}}},
       {"id": "again", "from": "inquiry", "to": "accepted",
        "when": {"all": [{"band": "fitness", "equals": "a"}, {"score": "engagement", "greater": 90}, {"attribute": "budget", "exists": true}]}}]},)~"}},
         R"~(
m.json:47:8: warning: transition 'again' never has its turn: 'hot' comes first, and requires no more [shadowed] at /funnels/0/transitions/8
)~"},
        {"a pattern that requires no more", good::moving,
         {{R"~(false}}}]},)~",
           R"~(false}}},
       {"id": "again", "from": "mql", "to": "lost", "on": {"type": "call", "where": {"property": "url", "exists": false}},
        "when": {"class": "priority", "equals": "Ahot"}}]},)~"}},
         R"~(
m.json:47:8: warning: transition 'again' never has its turn: 'talks' comes first, and requires no more [shadowed] at /funnels/0/transitions/8
)~"},
        {"a timer that is later", good::moving,
         {{R"~(false}}}]},)~",
           R"~(false}}},
       {"id": "again", "from": "accepted", "to": "won", "after": {"after": "100d", "since": "touchpoint", "on": {"type": "page_view"}}}]},)~"}},
         R"~(
m.json:47:8: warning: transition 'again' never has its turn: 'too_late' comes first, and requires no more [shadowed] at /funnels/0/transitions/8
)~"},
        {"a second way by hand", good::moving,
         {{R"~(false}}}]},)~",
           R"~(false}}},
       {"id": "again", "from": "accepted", "to": "won", "manual": true, "when": {"attribute": "budget", "exists": true}}]},)~"}},
         R"~(
m.json:47:8: warning: transition 'again' never has its turn: 'win' comes first, and requires no more [shadowed] at /funnels/0/transitions/8
)~"},
        {"a condition before a touchpoint", good::moving,
         {{R"~(false}}}]},)~",
           R"~(false}}},
       {"id": "again", "from": "inquiry", "to": "accepted", "on": {"type": "call"},
        "when": {"all": [{"score": "engagement", "at_least": 80}, {"band": "fitness", "equals": "B"}]}}]},)~"}},
         R"~(
m.json:47:8: warning: transition 'again' never has its turn: 'hot' comes first, and requires no more [shadowed] at /funnels/0/transitions/8
)~"},
    });
}

// clang-format on
