// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"
#include "plan/bad_model.hpp"
#include "plan/good_model.hpp"

// Bad models: each test makes a small change to a good model and compares all issues, to the
// letter.

using namespace bad;

TEST_CASE("good models have no issues") {
    CHECK(issues_of(good::everything) == "");
    CHECK(issues_of(good::moving) == "");
    CHECK(issues_of(good::small) == "");
}

// clang-format off

TEST_CASE("bad models: names") {
    check_all({
        {"an empty name", good::small,
         {{R"~("id": "r")~",
           R"~("id": "")~"}},
         R"~(
m.json:5:42: error: a name is empty [bad_name] at /rules/0/id
)~"},
        {"a control character", good::small,
         {{R"~("id": "r")~",
           R"~("id": "r\n")~"}},
         R"~(
m.json:5:42: error: 'r\x0a' has a control character in it [bad_name] at /rules/0/id
)~"},
        {"an attribute declared twice", good::everything,
         {{R"~({"id": "company"})~",
           R"~({"id": "company"}, {"id": "email"})~"}},
         R"~(
m.json:10:31: error: attribute 'email' is declared twice [duplicate_name] at /attributes/4/id
)~"},
        {"a touchpoint type declared twice", good::small,
         {{R"~([{"id": "visit"}])~",
           R"~([{"id": "visit"}, {"id": "visit"}])~"}},
         R"~(
m.json:3:43: error: touchpoint type 'visit' is declared twice [duplicate_name] at /touchpoints/1/id
)~"},
        {"a property that every touchpoint has", good::everything,
         {{R"~({"id": "document"},)~",
           R"~({"id": "document"}, {"id": "channel"},)~"}},
         R"~(
m.json:17:32: error: every touchpoint has 'channel' as it is [duplicate_name] at /properties/2/id; remove the declaration, or use another name
)~"},
        {"a stage declared twice", good::everything,
         {{R"~({"id": "accepted"}, )~",
           R"~({"id": "accepted"}, {"id": "mql"}, )~"}},
         R"~(
m.json:30:74: error: stage 'mql' is declared twice [duplicate_name] at /funnels/0/stages/2/id
)~"},
        {"a group declared twice", good::everything,
         {{R"~({"id": "events", "min")~",
           R"~({"id": "web"}, {"id": "events", "min")~"}},
         R"~(
m.json:34:70: error: group 'web' is declared twice [duplicate_name] at /scores/1/groups/1/id
)~"},
        {"a derived score with the name of a score", good::everything,
         {{R"~("id": "chance")~",
           R"~("id": "fit")~"}},
         R"~(
m.json:76:12: error: score 'fit' is declared twice [duplicate_name] at /derived/3/id; scores and derived scores share their names
)~"},
        {"two derived scores of one name", good::everything,
         {{R"~("id": "chance")~",
           R"~("id": "grade")~"}},
         R"~(
m.json:77:12: error: score 'grade' is declared twice [duplicate_name] at /derived/4/id; scores and derived scores share their names
)~"},
        {"two rules of one name, of different kinds", good::everything,
         {{R"~("id": "pricing")~",
           R"~("id": "fresh")~"}},
         R"~(
m.json:53:34: error: rule 'fresh' is declared twice [duplicate_name] at /rules/5/id
)~"},
        {"two bands of one name", good::everything,
         {{R"~({"id": "hot")~",
           R"~({"id": "cold")~"}},
         R"~(
m.json:87:95: error: band 'cold' is declared twice [duplicate_name] at /bandings/1/bands/1/id
)~"},
        {"two bandings of one name", good::everything,
         {{R"~({"id": "heat",)~",
           R"~({"id": "fitness",)~"},
          {R"~("columns": "heat")~",
           R"~("columns": "fitness")~"},
          {R"~("rows": "heat")~",
           R"~("rows": "fitness")~"},
          {R"~([["c", "b"], ["b", "a"], ["a", "aa"]])~",
           R"~([])~"}},
         R"~(
m.json:87:12: error: banding 'fitness' is declared twice [duplicate_name] at /bandings/1/id
)~"},
        {"two matrices of one name", good::everything,
         {{R"~("id": "joined", "rows": "heat")~",
           R"~("id": "class", "rows": "heat")~"}},
         R"~(
m.json:91:12: error: matrix 'class' is declared twice [duplicate_name] at /matrices/1/id
)~"},
        {"an empty class", good::everything,
         {{R"~(["a", "aa"])~",
           R"~(["a", ""])~"}},
         R"~(
m.json:90:101: error: a name is empty [bad_name] at /matrices/0/classes/2/1
)~"},
        {"a time zone that is none", good::everything,
         {{R"~("Asia/Tokyo")~",
           R"~("Asia/Tokio")~"}},
         R"~(
m.json:4:16: error: unknown time zone 'Asia/Tokio' [unknown_name] at /time_zone; expected an IANA time zone such as Asia/Tokyo; did you mean 'Asia/Tokyo'?
)~"},
    });
}

TEST_CASE("bad models: undeclared names") {
    check_all({
        {"a score", good::small,
         {{R"~("score": "s")~",
           R"~("score": "t")~"}},
         R"~(
m.json:5:56: error: unknown score 't' [unknown_name] at /rules/0/score
)~"},
        {"a score, nearly", good::everything,
         {{R"~("id": "back", "score": "engagement")~",
           R"~("id": "back", "score": "engagment")~"}},
         R"~(
m.json:64:47: error: unknown score 'engagment' [unknown_name] at /rules/8/score; did you mean 'engagement'?
)~"},
        {"rules that award to a derived score", good::everything,
         {{R"~("id": "back", "score": "engagement")~",
           R"~("id": "back", "score": "total")~"}},
         R"~(
m.json:64:47: error: 'total' is a derived score; it has no points of its own [wrong_value] at /rules/8/score; expected a score from 'scores'
)~"},
        {"a group", good::everything,
         {{R"~("id": "pricing", "score": "engagement", "group": "web")~",
           R"~("id": "pricing", "score": "engagement", "group": "wbe")~"}},
         R"~(
m.json:53:77: error: unknown group 'wbe' of score 'engagement' [unknown_name] at /rules/5/group; did you mean 'web'?
)~"},
        {"a group of another score", good::everything,
         {{R"~("id": "size", "score": "fit")~",
           R"~("id": "size", "score": "fit", "group": "web")~"}},
         R"~(
m.json:38:66: error: unknown group 'web' of score 'fit' [unknown_name] at /rules/0/group; expected a declared group; there are none
)~"},
        {"a touchpoint type", good::small,
         {{R"~("type": "visit")~",
           R"~("type": "vist")~"}},
         R"~(
m.json:5:76: error: unknown touchpoint type 'vist' [unknown_name] at /rules/0/on/type; did you mean 'visit'?
)~"},
        {"one of several touchpoint types", good::everything,
         {{R"~(["page_view", "download"])~",
           R"~(["page_view", "downlaod"])~"}},
         R"~(
m.json:62:69: error: unknown touchpoint type 'downlaod' [unknown_name] at /rules/7/steps/1/type/1; did you mean 'download'?
)~"},
        {"an attribute", good::everything,
         {{R"~("attribute": "employees")~",
           R"~("attribute": "employes")~"}},
         R"~(
m.json:39:37: error: unknown attribute 'employes' [unknown_name] at /rules/0/when/all/0/attribute; did you mean 'employees'?
)~"},
        {"a property", good::everything,
         {{R"~("property": "url", "glob")~",
           R"~("property": "uri", "glob")~"}},
         R"~(
m.json:54:56: error: unknown property 'uri' [unknown_name] at /rules/5/on/where/property; did you mean 'url'?
)~"},
        {"a built-in property, nearly", good::everything,
         {{R"~("property": "campaign")~",
           R"~("property": "campain")~"}},
         R"~(
m.json:62:104: error: unknown property 'campain' [unknown_name] at /rules/7/steps/1/where/property; did you mean 'campaign'?
)~"},
        {"the property of a limit", good::everything,
         {{R"~("per_distinct": "url")~",
           R"~("per_distinct": "urls")~"}},
         R"~(
m.json:58:118: error: unknown property 'urls' [unknown_name] at /rules/6/limits/0/per_distinct; did you mean 'url'?
)~"},
        {"the property whose values are counted", good::everything,
         {{R"~("property": "document")~",
           R"~("property": "docment")~"}},
         R"~(
m.json:50:41: error: unknown property 'docment' [unknown_name] at /rules/3/property; did you mean 'document'?
)~"},
        {"a list", good::everything,
         {{R"~("in_list": "free_mail")~",
           R"~("in_list": "free_mails")~"}},
         R"~(
m.json:46:83: error: unknown list 'free_mails' [unknown_name] at /rules/1/when/any/5/not/in_list; did you mean 'free_mail'?
)~"},
        {"a funnel", good::everything,
         {{R"~("current_stage": "sales", "equals")~",
           R"~("current_stage": "sale", "equals")~"}},
         R"~(
m.json:84:62: error: unknown funnel 'sale' [unknown_name] at /freezes/0/when/current_stage; did you mean 'sales'?
)~"},
        {"a stage that is compared with", good::everything,
         {{R"~("equals": "accepted")~",
           R"~("equals": "acepted")~"}},
         R"~(
m.json:84:81: error: unknown stage 'acepted' of funnel 'sales' [unknown_name] at /freezes/0/when/equals; did you mean 'accepted'?
)~"},
        {"a stage that was entered", good::everything,
         {{R"~("times_entered": "mql")~",
           R"~("times_entered": "mqls")~"}},
         R"~(
m.json:68:41: error: unknown stage 'mqls' of funnel 'sales' [unknown_name] at /rules/9/when/all/0/times_entered; did you mean 'mql'?
)~"},
        {"a score at entry", good::everything,
         {{R"~("score_at_entry": "engagement")~",
           R"~("score_at_entry": "engagements")~"}},
         R"~(
m.json:69:42: error: unknown score 'engagements' [unknown_name] at /rules/9/when/all/1/score_at_entry; did you mean 'engagement'?
)~"},
        {"the stage of a reset", good::everything,
         {{R"~("stage": "rejected", "scores")~",
           R"~("stage": "recycled", "scores")~"}},
         R"~(
m.json:80:52: error: unknown stage 'recycled' of funnel 'sales' [unknown_name] at /resets/0/stage
)~"},
        {"an input of a derived score", good::everything,
         {{R"~(["fit", "total"])~",
           R"~(["fit", "totl"])~"}},
         R"~(
m.json:74:63: error: unknown score 'totl' [unknown_name] at /derived/1/from/scores/1; did you mean 'total'?
)~"},
        {"the score of a banding", good::everything,
         {{R"~("id": "heat", "score": "engagement")~",
           R"~("id": "heat", "score": "engage")~"}},
         R"~(
m.json:87:29: error: unknown score 'engage' [unknown_name] at /bandings/1/score
)~"},
        {"the bandings of a matrix", good::everything,
         {{R"~("rows": "fitness", "columns": "heat")~",
           R"~("rows": "fit", "columns": "heats")~"}},
         R"~(
m.json:90:29: error: unknown banding 'fit' [unknown_name] at /matrices/0/rows
m.json:90:47: error: unknown banding 'heats' [unknown_name] at /matrices/0/columns; did you mean 'heat'?
)~"},
        {"the scores of a freeze", good::everything,
         {{R"~("scores": ["warmth"])~",
           R"~("scores": ["warmness"])~"}},
         R"~(
m.json:84:105: error: unknown score 'warmness' [unknown_name] at /freezes/0/scores/0
)~"},
    });
}

TEST_CASE("bad models: conditions") {
    check_all({
        {"an operator that is for text", good::everything,
         {{R"~("attribute": "employees", "at_least": 300)~",
           R"~("attribute": "employees", "prefix": "30")~"}},
         R"~(
m.json:39:60: error: 'prefix' cannot be used on 'employees', which is a number [type_mismatch] at /rules/0/when/all/0/prefix; expected one of exists, equals, not_equals, less, at_most, greater, at_least, in
)~"},
        {"an operator that is for numbers", good::everything,
         {{R"~("attribute": "email", "part": "domain", "suffix": ".co.jp")~",
           R"~("attribute": "email", "less": 5)~"}},
         R"~(
m.json:41:54: error: 'less' cannot be used on 'email', which is a string [type_mismatch] at /rules/1/when/any/0/less; expected one of exists, equals, not_equals, in, in_list, contains, prefix, suffix, glob, regex
)~"},
        {"equality of a set", good::everything,
         {{R"~("attribute": "interests", "contains": "sensors")~",
           R"~("attribute": "interests", "equals": "sensors")~"}},
         R"~(
m.json:45:60: error: 'equals' cannot be used on 'interests', which is a set [type_mismatch] at /rules/1/when/any/4/equals; expected one of exists, in_list, contains
)~"},
        {"the age of a number", good::everything,
         {{R"~("attribute": "customer_since", "part": "age", "greater": "365d")~",
           R"~("attribute": "employees", "part": "age", "greater": "365d")~"}},
         R"~(
m.json:43:58: error: 'age' cannot be taken of 'employees', which is a number [type_mismatch] at /rules/1/when/any/2/part; expected a timestamp
)~"},
        {"the domain of a number", good::everything,
         {{R"~("attribute": "employees", "at_least": 300)~",
           R"~("attribute": "employees", "part": "domain", "equals": "x")~"}},
         R"~(
m.json:39:58: error: 'domain' cannot be taken of 'employees', which is a number [type_mismatch] at /rules/0/when/all/0/part; expected a string
)~"},
        {"a part of a stage fact", good::everything,
         {{R"~("current_stage": "sales", "equals")~",
           R"~("current_stage": "sales", "part": "domain", "equals")~"}},
         R"~(
m.json:84:71: error: 'part' means nothing beside 'current_stage' [unknown_key] at /freezes/0/when/part
)~"},
        {"a text for a number", good::everything,
         {{R"~("at_least": 300})~",
           R"~("at_least": "300"})~"}},
         R"~(
m.json:39:62: error: 'employees' is a number, '300' is not [type_mismatch] at /rules/0/when/all/0/at_least; expected a number
)~"},
        {"a number among texts", good::everything,
         {{R"~(["Machinery", "Electronics"])~",
           R"~(["Machinery", 5])~"}},
         R"~(
m.json:39:114: error: 'industry' is a string, 5 is not [type_mismatch] at /rules/0/when/all/1/in/1; expected a string
)~"},
        {"a day for an instant", good::everything,
         {{R"~("2020-01-01T00:00:00+09:00")~",
           R"~("2020-01-01")~"}},
         R"~(
m.json:44:63: error: '2020-01-01' is not a moment: not a date and time [wrong_unit] at /rules/1/when/any/3/less; expected a date and time with its offset from UTC, such as "2026-04-01T09:30:00+09:00"
)~"},
        {"a number for an instant", good::everything,
         {{R"~("2020-01-01T00:00:00+09:00")~",
           R"~(2020)~"}},
         R"~(
m.json:44:63: error: 'customer_since' is a timestamp, 2020 is not [type_mismatch] at /rules/1/when/any/3/less; expected a timestamp
)~"},
        {"an exact comparison of numbers", good::everything,
         {{R"~("at_least": 300})~",
           R"~("at_least": 300, "exact": true})~"}},
         R"~(
m.json:39:76: error: 'exact' is for text; 'employees' is a number [type_mismatch] at /rules/0/when/all/0/exact
)~"},
        {"a property where there is no touchpoint", good::everything,
         {{R"~("attribute": "employees", "at_least": 300)~",
           R"~("property": "seats", "at_least": 300)~"}},
         R"~(
m.json:8:5: warning: attribute 'employees' is not used: no condition tests it [unused] at /attributes/1
m.json:39:36: error: 'property' cannot be tested here, where there is no touchpoint [type_mismatch] at /rules/0/when/all/0/property; expected a test of an attribute or of stages; put the test in a pattern's 'where' instead
)~"},
        {"an attribute in a pattern", good::everything,
         {{R"~("property": "url", "glob": "/pricing/*")~",
           R"~("attribute": "email", "glob": "/pricing/*")~"}},
         R"~(
m.json:54:57: error: 'attribute' cannot be tested in a pattern, which sees the touchpoint alone [type_mismatch] at /rules/5/on/where/attribute; expected a test of a property; put the test in the rule's 'when' instead
)~"},
        {"a stage fact in a pattern", good::everything,
         {{R"~({"property": "channel", "equals": "unsubscribe"})~",
           R"~({"current_stage": "sales", "equals": "rejected"})~"}},
         R"~(
m.json:81:84: error: 'current_stage' cannot be tested in a pattern, which sees the touchpoint alone [type_mismatch] at /resets/1/on/where/current_stage; expected a test of a property; put the test in the rule's 'when' instead
)~"},
        {"a glob with an open class", good::everything,
         {{R"~("/pricing/*")~",
           R"~("/pricing/[a-")~"}},
         R"~(
m.json:54:71: error: '/pricing/[a-' is not a glob [bad_pattern] at /rules/5/on/where/glob; expected classes closed by ']', and no '\' at the end
)~"},
        {"a glob whose full-width bracket opens a class", good::everything,
         {{R"~("/pricing/*")~",
           R"~("/pricing/［a")~"}},
         R"~(
m.json:54:71: error: '/pricing/［a' is not a glob [bad_pattern] at /rules/5/on/where/glob; expected classes closed by ']', and no '\' at the end
)~"},
        {"a regular expression with an open group", good::everything,
         {{R"~("^spring")~",
           R"~("^(spring")~"}},
         R"~(
m.json:62:125: error: '^(spring' is not a regular expression: missing ): ^(spring [bad_pattern] at /rules/7/steps/1/where/regex; expected RE2's syntax
)~"},
        {"a regular expression that needs too much memory", good::everything,
         {{R"~("^spring")~",
           R"~("\\pL{500}")~"}},
         R"~(
m.json:62:125: error: '\pL{500}' is not a regular expression: pattern too large - compile failed [bad_pattern] at /rules/7/steps/1/where/regex; expected RE2's syntax
)~"},
        {"any of nothing", good::everything,
         {{R"~("where": {"property": "channel", "equals": "unsubscribe"})~",
           R"~("where": {"any": []})~"}},
         R"~(
m.json:81:74: warning: 'any' without parts never holds [unreachable] at /resets/1/on/where/any
)~"},
        {"all of nothing", good::everything,
         {{R"~("where": {"property": "channel", "equals": "unsubscribe"})~",
           R"~("where": {"all": []})~"}},
         R"~(
m.json:81:74: warning: 'all' without parts always holds [no_effect] at /resets/1/on/where/all
)~"},
        {"in nothing", good::everything,
         {{R"~(["Machinery", "Electronics"])~",
           R"~([])~"}},
         R"~(
m.json:39:100: warning: nothing is in a list without values [unreachable] at /rules/0/when/all/1/in
)~"},
        {"in a list of nothing", good::everything,
         {{R"~(["gmail.com", "yahoo.co.jp"])~",
           R"~([])~"}},
         R"~(
m.json:46:83: warning: nothing is in list 'free_mail', which has no members [unreachable] at /rules/1/when/any/5/not/in_list
)~"},
        {"a range without numbers", good::everything,
         {{R"~({"attribute": "industry", "in": ["Machinery", "Electronics"]})~",
           R"~({"all": [{"attribute": "industry", "exists": true}, {"attribute": "employees", "less": 300}]})~"}},
         R"~(
m.json:39:22: warning: no attribute can meet all that is asked of 'employees' [unreachable] at /rules/0/when/all
)~"},
        {"two values at once", good::everything,
         {{R"~({"attribute": "employees", "at_least": 300})~",
           R"~({"attribute": "employees", "at_least": 300}, {"attribute": "industry", "equals": "Steel"}, {"attribute": "industry", "equals": "Glass"})~"}},
         R"~(
m.json:39:22: warning: no attribute can meet all that is asked of 'industry' [unreachable] at /rules/0/when/all
)~"},
        {"known and unknown", good::everything,
         {{R"~({"attribute": "employees", "at_least": 300})~",
           R"~({"attribute": "employees", "at_least": 300}, {"attribute": "employees", "exists": false})~"}},
         R"~(
m.json:39:22: warning: no attribute can meet all that is asked of 'employees' [unreachable] at /rules/0/when/all
)~"},
        {"younger and older", good::everything,
         {{R"~({"attribute": "customer_since", "part": "age", "greater": "365d"})~",
           R"~({"all": [{"attribute": "customer_since", "part": "age", "greater": "365d"}, {"attribute": "customer_since", "part": "age", "at_most": "365d"}]})~"}},
         R"~(
m.json:43:31: warning: no attribute can meet all that is asked of 'customer_since' [unreachable] at /rules/1/when/any/2/all
)~"},
    });
}

TEST_CASE("bad models: rules") {
    check_all({
        {"points out of range", good::small,
         {{R"~("points": 1)~",
           R"~("points": 2000000000)~"}},
         R"~(
m.json:5:96: error: 'points' is 2000000000 [out_of_range] at /rules/0/points; expected from -1000000000 to 1000000000
)~"},
        {"no points", good::small,
         {{R"~("points": 1)~",
           R"~("points": 0)~"}},
         R"~(
m.json:5:96: warning: rule 'r' awards 0 points [no_effect] at /rules/0/points; expected 'points' or 'per_value'
)~"},
        {"no points, not even a zero", good::small,
         {{R"~(, "points": 1)~",
           R"~()~"}},
         R"~(
m.json:5:13: warning: rule 'r' awards 0 points [no_effect] at /rules/0/points; expected 'points' or 'per_value'
)~"},
        {"points and points for values", good::everything,
         {{R"~("per_value": 0.01)~",
           R"~("per_value": 0.01, "points": 5)~"}},
         R"~(
m.json:58:35: error: 'points' and 'per_value' do not go together [conflict] at /rules/6/points; expected one of the two
)~"},
        {"bounds the wrong way round", good::everything,
         {{R"~("min_points": 1, "max_points": 5)~",
           R"~("min_points": 5, "max_points": 1)~"}},
         R"~(
m.json:58:39: error: 'min_points' 5 is above 'max_points' 1 [bad_interval] at /rules/6/min_points; expected at most 1
)~"},
        {"bounds without points for values", good::small,
         {{R"~("points": 1)~",
           R"~("points": 1, "max_points": 5)~"}},
         R"~(
m.json:5:113: warning: 'max_points' does nothing without 'per_value' [no_effect] at /rules/0/max_points
)~"},
        {"points for values that there are not", good::small,
         {{R"~("points": 1)~",
           R"~("per_value": 1)~"}},
         R"~(
m.json:5:99: error: 'per_value' needs values, and touchpoint type 'visit' declares none [type_mismatch] at /rules/0/per_value; expected types with 'value'
)~"},
        {"a value of touchpoints that have none", good::everything,
         {{R"~("type": "mail_click", "where": {"property": "seats", "at_least": 2})~",
           R"~("type": "mail_click", "where": {"property": "seats", "at_least": 2}, "value_at_least": 2)~"}},
         R"~(
m.json:70:157: error: 'value_at_least' needs values, and touchpoint type 'mail_click' declares none [type_mismatch] at /rules/10/on/value_at_least; expected types with 'value'
)~"},
        {"a value of touchpoints some of which have none", good::everything,
         {{R"~("on": {"type": "page_view"},
     "measure")~",
           R"~("on": {"type": ["page_view", "download"]},
     "measure")~"}},
         R"~(
m.json:48:17: warning: 'sum' needs values, and touchpoint type 'download' declares none [type_mismatch] at /rules/2/measure
)~"},
        {"a value where no touchpoint has any", good::small,
         {{R"~("type": "visit")~",
           R"~("value_below": 5)~"}},
         R"~(
m.json:5:83: error: 'value_below' needs values, and no touchpoint type declares any [type_mismatch] at /rules/0/on/value_below; expected a touchpoint type with 'value'
)~"},
        {"a value in no range", good::everything,
         {{R"~("value_below": 3600)~",
           R"~("value_below": 5)~"}},
         R"~(
m.json:54:122: error: no value is both below 5 and at least 5 [bad_interval] at /rules/5/on/value_below; expected above 5
)~"},
        {"distinct values of nothing", good::everything,
         {{R"~("measure": "distinct", "property": "document")~",
           R"~("measure": "distinct")~"}},
         R"~(
m.json:49:5: error: 'distinct' counts the values of a property [missing_key] at /rules/3/property; expected the name of a property
)~"},
        {"a property that is not counted", good::everything,
         {{R"~("measure": "sum")~",
           R"~("measure": "sum", "property": "url")~"}},
         R"~(
m.json:48:36: warning: 'property' is for the measure 'distinct' only [no_effect] at /rules/2/property
)~"},
        {"a frequency of nothing", good::everything,
         {{R"~("at_least": 600)~",
           R"~("at_least": 0)~"}},
         R"~(
m.json:48:36: error: 'at_least' is 0 [out_of_range] at /rules/2/at_least; expected above 0, up to 1000000000000
)~"},
        {"a window of nothing", good::everything,
         {{R"~("window": "30d")~",
           R"~("window": "0s")~"}},
         R"~(
m.json:48:51: error: 'window' is 0s [out_of_range] at /rules/2/window; expected above 0s, up to 73050d
)~"},
        {"no bins", good::everything,
         {{R"~([{"within": "7d", "points": 10}, {"within": "30d", "points": 5}])~",
           R"~([])~"}},
         R"~(
m.json:52:14: error: 'bins' is empty [incomplete] at /rules/4/bins; expected from 1 to 1000 of them
)~"},
        {"bins that do not rise", good::everything,
         {{R"~({"within": "30d", "points": 5})~",
           R"~({"within": "7d", "points": 5})~"}},
         R"~(
m.json:52:58: error: 'within' 7d does not rise from 7d [bad_interval] at /rules/4/bins/1/within; expected above 7d
)~"},
        {"a chain of one", good::everything,
         {{R"~({"type": "seminar_attended"}, )~",
           R"~()~"}},
         R"~(
m.json:62:15: error: 'steps' has 1 element [out_of_range] at /rules/7/steps; expected from 2 to 8 of them
)~"},
        {"a chain of nine", good::everything,
         {{R"~({"type": "seminar_attended"}, )~",
           R"~({"type": "seminar_attended"}, {"type": "seminar_attended"}, {"type": "seminar_attended"}, {"type": "seminar_attended"}, {"type": "seminar_attended"}, {"type": "seminar_attended"}, {"type": "seminar_attended"}, {"type": "seminar_attended"}, )~"}},
         R"~(
m.json:62:15: error: 'steps' has 9 elements [out_of_range] at /rules/7/steps; expected from 2 to 8 of them
)~"},
        {"a scope that does nothing", good::everything,
         {{R"~("strict": true, )~",
           R"~()~"}},
         R"~(
m.json:63:32: warning: 'scope' does nothing without 'strict' [no_effect] at /rules/7/scope
)~"},
        {"repeats without a time between", good::everything,
         {{R"~("every": "30d", )~",
           R"~()~"}},
         R"~(
m.json:66:5: error: 'every' is missing, as 'times' is 3 [missing_key] at /rules/9/every; expected the time from each award to the next
)~"},
        {"a time between no repeats", good::everything,
         {{R"~("every": "30d", "times": 3)~",
           R"~("every": "30d")~"}},
         R"~(
m.json:66:91: warning: 'every' does nothing, as 'times' is 1 [no_effect] at /rules/9/every
)~"},
        {"no repeats at all", good::everything,
         {{R"~("every": "30d", "times": 3)~",
           R"~("times": 0)~"}},
         R"~(
m.json:66:91: error: 'times' is 0 [out_of_range] at /rules/9/times; expected from 1 to 1000
)~"},
        {"a rule that repeats another", good::everything,
         {{R"~("id": "clicks",)~",
           R"~("id": "again", "score": "warmth", "on": {"type": "mail_click", "where": {"property": "seats", "at_least": 2}}, "points": 5},
    {"kind": "occurrence", "id": "clicks",)~"}},
         R"~(
m.json:71:5: warning: rule 'clicks' says the same as 'again' [shadowed] at /rules/11; both count
)~"},
        {"a touchpoint type named twice", good::everything,
         {{R"~(["page_view", "download"])~",
           R"~(["page_view", "download", "page_view"])~"}},
         R"~(
m.json:62:81: warning: 'page_view' is named twice here [duplicate_name] at /rules/7/steps/1/type/2
)~"},
    });
}

TEST_CASE("bad models: limits and decays") {
    check_all({
        {"no award", good::everything,
         {{R"~("limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}])~",
           R"~("limits": [{"at_most": 0}])~"}},
         R"~(
m.json:55:43: error: a limit of 0 allows no award [impossible_limit] at /rules/5/limits/0/at_most; expected from 1 to 1000000000
)~"},
        {"no points", good::everything,
         {{R"~("limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}])~",
           R"~("limits": [{"at_most_points": 0}])~"}},
         R"~(
m.json:55:50: error: a limit of 0 allows no award [impossible_limit] at /rules/5/limits/0/at_most_points; expected above 0, up to 1000000000
)~"},
        {"fewer points than one award", good::everything,
         {{R"~("limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}])~",
           R"~("limits": [{"at_most_points": 10}])~"}},
         R"~(
m.json:55:50: error: a limit of 10 points allows no award of this rule, which is worth 25 [impossible_limit] at /rules/5/limits/0/at_most_points; expected at least 25
)~"},
        {"awards and points at once", good::everything,
         {{R"~("limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}])~",
           R"~("limits": [{"at_most": 1, "at_most_points": 100}])~"}},
         R"~(
m.json:55:31: error: 'at_most' and 'at_most_points' do not go together [conflict] at /rules/5/limits/0; expected one of the two; write two limits
)~"},
        {"nothing", good::everything,
         {{R"~("limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}])~",
           R"~("limits": [{"calendar": "week"}])~"}},
         R"~(
m.json:55:31: error: this limit limits nothing [missing_key] at /rules/5/limits/0; expected 'at_most' or 'at_most_points'
)~"},
        {"a rolling and a calendar period", good::everything,
         {{R"~("limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}])~",
           R"~("limits": [{"at_most": 1, "rolling": "7d", "calendar": "week"}])~"}},
         R"~(
m.json:55:31: error: 'rolling' and 'calendar' do not go together [conflict] at /rules/5/limits/0; expected one of the two, or neither; write two limits
)~"},
        {"a period of nothing", good::everything,
         {{R"~("limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}])~",
           R"~("limits": [{"at_most": 1, "rolling": "0s"}])~"}},
         R"~(
m.json:55:57: error: 'rolling' is 0s [out_of_range] at /rules/5/limits/0/rolling; expected above 0s, up to 73050d
)~"},
        {"a limit that another one keeps", good::everything,
         {{R"~("limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}])~",
           R"~("limits": [{"at_most": 2, "calendar": "month"}, {"at_most": 2}])~"}},
         R"~(
m.json:55:31: warning: limit number 2 of this rule keeps this one by itself [no_effect] at /rules/5/limits/0
)~"},
        {"a limit that is there twice", good::everything,
         {{R"~("limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}])~",
           R"~("limits": [{"at_most": 2, "calendar": "month"}, {"at_most": 2, "calendar": "month"}])~"}},
         R"~(
m.json:55:68: warning: limit number 1 of this rule keeps this one by itself [no_effect] at /rules/5/limits/1
)~"},
        {"a limit that the cooldown keeps", good::everything,
         {{R"~("limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}])~",
           R"~("cooldown": "4d", "limits": [{"at_most": 2, "rolling": "7d"}])~"}},
         R"~(
m.json:55:49: warning: the cooldown of 4d keeps this limit by itself [no_effect] at /rules/5/limits/0
)~"},
        {"a property of silence", good::everything,
         {{R"~("times": 3, "points": -10)~",
           R"~("times": 3, "limits": [{"at_most": 1, "per_distinct": "url"}], "points": -10)~"}},
         R"~(
m.json:66:152: error: an award for inactivity has no touchpoint, and no property [conflict] at /rules/9/limits/0/per_distinct; expected no 'per_distinct'
)~"},
        {"a running clamp and decay", good::everything,
         {{R"~("id": "clicks", "score": "warmth")~",
           R"~("id": "clicks", "score": "warmth", "decay": {"kind": "expiry", "after": "7d"})~"}},
         R"~(
m.json:70:72: error: score 'warmth' has a running clamp, and this rule decay [clamp_with_decay] at /rules/10/decay; expected no decay; clamp the score 'at_end', or drop the decay
)~"},
        {"a running clamp, groups and decay", good::everything,
         {{R"~({"id": "engagement", "groups")~",
           R"~({"id": "engagement", "max": 100, "clamp": "running", "groups")~"}},
         R"~(
m.json:34:68: error: score 'engagement' has a running clamp, and groups [clamp_with_decay] at /scores/1/groups; expected no groups; clamp it 'at_end', or drop the groups
m.json:56:15: error: score 'engagement' has a running clamp, and this rule decay [clamp_with_decay] at /rules/5/decay; expected no decay; clamp the score 'at_end', or drop the decay
m.json:59:34: error: score 'engagement' has a running clamp, and this rule decay [clamp_with_decay] at /rules/6/decay; expected no decay; clamp the score 'at_end', or drop the decay
m.json:63:95: error: score 'engagement' has a running clamp, and this rule decay [clamp_with_decay] at /rules/7/decay; expected no decay; clamp the score 'at_end', or drop the decay
m.json:65:15: error: score 'engagement' has a running clamp, and this rule decay [clamp_with_decay] at /rules/8/decay; expected no decay; clamp the score 'at_end', or drop the decay
m.json:67:15: error: score 'engagement' has a running clamp, and this rule decay [clamp_with_decay] at /rules/9/decay; expected no decay; clamp the score 'at_end', or drop the decay
)~"},
        {"a running clamp without bounds", good::everything,
         {{R"~("min": 0, "max": 50, "clamp")~",
           R"~("clamp")~"}},
         R"~(
m.json:35:5: error: score 'warmth' has a running clamp, and no bounds [missing_key] at /scores/2; expected 'min' or 'max'
)~"},
        {"a half-life of nothing", good::everything,
         {{R"~("period": "30d")~",
           R"~("period": "0s")~"}},
         R"~(
m.json:56:47: error: 'period' is 0s [out_of_range] at /rules/5/decay/period; expected above 0s, up to 73050d
)~"},
        {"a step of more than everything", good::everything,
         {{R"~("percent": 20)~",
           R"~("percent": 120)~"}},
         R"~(
m.json:59:62: error: 'percent' is 120 [out_of_range] at /rules/6/decay/percent; expected from 0.1 to 100
)~"},
        {"a table whose ages do not rise", good::everything,
         {{R"~({"age": "30d", "factor": 0})~",
           R"~({"age": "3d", "factor": 0})~"}},
         R"~(
m.json:65:82: error: 'age' 3d does not rise from 7d [bad_interval] at /rules/8/decay/points/1/age; expected above 7d
)~"},
        {"a table that grows", good::everything,
         {{R"~("factor": 0.5)~",
           R"~("factor": 1.5)~"}},
         R"~(
m.json:65:68: error: 'factor' is 1.5 [out_of_range] at /rules/8/decay/points/0/factor; expected from 0 to 1
)~"},
        {"an empty table", good::everything,
         {{R"~([{"age": "7d", "factor": 0.5}, {"age": "30d", "factor": 0}])~",
           R"~([])~"}},
         R"~(
m.json:65:43: error: 'points' is empty [incomplete] at /rules/8/decay/points; expected from 1 to 1000 of them
)~"},
    });
}

TEST_CASE("bad models: scores and what acts on them") {
    check_all({
        {"no scores, and so no rules", good::small,
         {{R"~([{"id": "s"}])~",
           R"~([])~"}},
         R"~(
m.json:4:13: error: the model has no scores [incomplete] at /scores; expected at least one
m.json:5:56: error: unknown score 's' [unknown_name] at /rules/0/score; expected a declared score; there are none
)~"},
        {"bounds the wrong way round", good::small,
         {{R"~({"id": "s"})~",
           R"~({"id": "s", "min": 10, "max": 5})~"}},
         R"~(
m.json:4:33: error: 'min' 10 is above 'max' 5 [bad_interval] at /scores/0/min; expected at most 5
)~"},
        {"bounds of a group the wrong way round", good::everything,
         {{R"~("min": -20, "max": 80)~",
           R"~("min": 80, "max": -20)~"}},
         R"~(
m.json:34:87: error: 'min' 80 is above 'max' -20 [bad_interval] at /scores/1/groups/1/min; expected at most -20
)~"},
        {"a derived score made from itself", good::everything,
         {{R"~(["fit", "lower"])~",
           R"~(["fit", "higher"])~"}},
         R"~(
m.json:75:30: error: derived score 'higher' is made from itself [cycle] at /derived/2/from
)~"},
        {"derived scores made from one another", good::everything,
         {{R"~("terms": [{"score": "fit", "weight": 0.4})~",
           R"~("terms": [{"score": "grade", "weight": 0.4})~"}},
         R"~(
m.json:73:29: error: derived scores are made from one another: 'total' → 'grade' → 'higher' → 'lower' → 'total' [cycle] at /derived/0/from
)~"},
        {"a sum of nothing", good::everything,
         {{R"~([{"score": "fit", "weight": 0.4}, {"score": "engagement"}])~",
           R"~([])~"}},
         R"~(
m.json:73:63: error: 'terms' is empty [incomplete] at /derived/0/from/terms; expected from 1 to 1000 of them
)~"},
        {"a spread of nothing", good::everything,
         {{R"~("spread": 12)~",
           R"~("spread": 0)~"}},
         R"~(
m.json:76:95: error: 'spread' is 0 [out_of_range] at /derived/3/from/spread; expected above 0, up to 1000000000
)~"},
        {"a lookup whose steps do not rise", good::everything,
         {{R"~({"at_least": 60, "points": 2})~",
           R"~({"at_least": 30, "points": 2})~"}},
         R"~(
m.json:77:121: error: 'at_least' 30 does not rise from 30 [bad_interval] at /derived/4/from/steps/1/at_least; expected above 30
)~"},
        {"a decay grid that is too fine", good::everything,
         {{R"~("decay_grid": "1h")~",
           R"~("decay_grid": "1ms")~"}},
         R"~(
m.json:5:17: error: 'decay_grid' is 1ms [out_of_range] at /decay_grid; expected from 1s to 30d
)~"},
        {"a reset that nothing triggers", good::everything,
         {{R"~("funnel": "sales", "stage": "rejected", "scores")~",
           R"~("scores")~"}},
         R"~(
m.json:80:5: error: nothing triggers this reset [missing_key] at /resets/0; expected 'on', or 'funnel' and 'stage'
)~"},
        {"a reset with two triggers", good::everything,
         {{R"~("funnel": "sales", "stage": "rejected", "scores")~",
           R"~("on": {"type": "download"}, "funnel": "sales", "stage": "rejected", "scores")~"}},
         R"~(
m.json:80:5: error: 'on' and 'stage' do not go together [conflict] at /resets/0; expected one of the two; write two resets
)~"},
        {"a reset without a stage", good::everything,
         {{R"~("funnel": "sales", "stage": "rejected", "scores")~",
           R"~("funnel": "sales", "scores")~"}},
         R"~(
m.json:80:5: error: no stage is named [missing_key] at /resets/0/stage; expected the name of a stage
)~"},
        {"a reset without a funnel", good::everything,
         {{R"~("funnel": "sales", "stage": "rejected", "scores")~",
           R"~("stage": "rejected", "scores")~"}},
         R"~(
m.json:80:5: error: no funnel is named [missing_key] at /resets/0/funnel; expected the name of a funnel
)~"},
        {"an exclusion that always holds", good::everything,
         {{R"~("when": {"attribute": "opted_out", "equals": true})~",
           R"~("when": {})~"}},
         R"~(
m.json:11:5: warning: attribute 'opted_out' is not used: no condition tests it [unused] at /attributes/4
m.json:83:44: warning: exclusion 'objects' always holds: there are no scores [unreachable] at /exclusions/0/when; expected a condition
)~"},
        {"a freeze that always holds", good::everything,
         {{R"~("when": {"current_stage": "sales", "equals": "accepted"})~",
           R"~("when": {})~"}},
         R"~(
m.json:84:44: warning: freeze 'with_sales' always holds: there are no awards [unreachable] at /freezes/0/when; expected a condition
)~"},
    });
}

TEST_CASE("bad models: bands and classes") {
    check_all({
        {"a lowest band that begins somewhere", good::everything,
         {{R"~({"id": "cold"})~",
           R"~({"id": "cold", "enter": 0, "leave": 0})~"}},
         R"~(
m.json:87:96: error: the lowest band, 'cold', has no 'enter' [bad_interval] at /bandings/1/bands/0/enter; it takes what is left below the next
m.json:87:108: error: the lowest band, 'cold', has no 'leave' [bad_interval] at /bandings/1/bands/0/leave; it takes what is left below the next
)~"},
        {"a band that begins nowhere", good::everything,
         {{R"~({"id": "B", "enter": 40})~",
           R"~({"id": "B"})~"}},
         R"~(
m.json:86:62: error: band 'B' begins nowhere [missing_key] at /bandings/0/bands/1/enter; expected the score at which the band begins
)~"},
        {"bands that do not rise", good::everything,
         {{R"~({"id": "A", "enter": 70})~",
           R"~({"id": "A", "enter": 40})~"}},
         R"~(
m.json:86:109: error: 'enter' 40 does not rise from 40 [bad_interval] at /bandings/0/bands/2/enter; expected above 40
)~"},
        {"a band that is left above where it begins", good::everything,
         {{R"~("enter": 80, "leave": 60)~",
           R"~("enter": 80, "leave": 90)~"}},
         R"~(
m.json:87:124: error: 'leave' 90 is above 'enter' 80 [bad_interval] at /bandings/1/bands/1/leave; expected at most 80
)~"},
        {"a band above the score", good::everything,
         {{R"~({"id": "A", "enter": 70})~",
           R"~({"id": "A", "enter": 101})~"}},
         R"~(
m.json:86:88: warning: band 'A' is never reached: the score is never above 100 [unreachable] at /bandings/0/bands/2
)~"},
        {"bands below the score", good::everything,
         {{R"~({"id": "fit", "min": 0)~",
           R"~({"id": "fit", "min": 70)~"}},
         R"~(
m.json:86:49: warning: band 'C' is never reached: the score is never below 70 [unreachable] at /bandings/0/bands/0
m.json:86:62: warning: band 'B' is never reached: the score is never below 70 [unreachable] at /bandings/0/bands/1
)~"},
        {"no bands", good::everything,
         {{R"~([{"id": "cold"}, {"id": "hot", "enter": 80, "leave": 60}])~",
           R"~([])~"}},
         R"~(
m.json:87:71: error: 'bands' is empty [incomplete] at /bandings/1/bands; expected from 1 to 1000 of them
)~"},
        {"a dwell of nothing", good::everything,
         {{R"~("min_dwell": "1d")~",
           R"~("min_dwell": "0s")~"}},
         R"~(
m.json:87:56: error: 'min_dwell' is 0s [out_of_range] at /bandings/1/min_dwell; expected above 0s, up to 73050d
)~"},
        {"a matrix with a row missing", good::everything,
         {{R"~(["b", "a"], )~",
           R"~()~"}},
         R"~(
m.json:90:70: error: 2 rows of classes for the 3 bands of 'fitness' [incomplete] at /matrices/0/classes; expected 3 rows
)~"},
        {"a matrix with a cell missing", good::everything,
         {{R"~(["b", "a"], )~",
           R"~(["b"], )~"}},
         R"~(
m.json:90:83: error: 1 column of classes for the 2 bands of 'heat' [incomplete] at /matrices/0/classes/1; expected 2 columns
)~"},
    });
}

TEST_CASE("bad models: declarations that nothing uses") {
    check_all({
        {"an attribute", good::everything,
         {{R"~({"id": "email"},)~",
           R"~({"id": "email"}, {"id": "phone"},)~"}},
         R"~(
m.json:9:22: warning: attribute 'phone' is not used: no condition tests it [unused] at /attributes/3
)~"},
        {"a property", good::everything,
         {{R"~({"id": "url"},)~",
           R"~({"id": "url"}, {"id": "referrer"},)~"}},
         R"~(
m.json:16:20: warning: property 'referrer' is not used: no pattern or limit uses it [unused] at /properties/1
)~"},
        {"a touchpoint type", good::small,
         {{R"~([{"id": "visit"}])~",
           R"~([{"id": "visit"}, {"id": "call"}])~"}},
         R"~(
m.json:3:36: warning: touchpoint type 'call' is not used: no pattern names it [unused] at /touchpoints/1
)~"},
        {"a list", good::everything,
         {{R"~("lists": [)~",
           R"~("lists": [{"id": "rivals", "members": ["acme"]},)~"}},
         R"~(
m.json:26:13: warning: list 'rivals' is not used: no condition refers to it [unused] at /lists/0
)~"},
        {"a score", good::small,
         {{R"~([{"id": "s"}])~",
           R"~([{"id": "s"}, {"id": "t"}])~"}},
         R"~(
m.json:4:27: warning: score 't' is not used: no rule gives points to it [unused] at /scores/1
)~"},
        {"a group", good::everything,
         {{R"~({"id": "web", "max": 60})~",
           R"~({"id": "web", "max": 60}, {"id": "mail"})~"}},
         R"~(
m.json:34:63: warning: group 'mail' is not used: no rule belongs to it [unused] at /scores/1/groups/1
)~"},
    });
}

TEST_CASE("an unreadable part is not reported again") {
    check_all({
        {"several things at once, in the order of the text", good::everything,
         {{R"~("Asia/Tokyo")~",
           R"~("Japan/Tokyo")~"},
          {R"~("at_least": 300)~",
           R"~("at_least": "300")~"},
          {R"~("window": "30d")~",
           R"~("window": 30)~"},
          {R"~("columns": "heat")~",
           R"~("columns": "heet")~"},
          {R"~("id": "clicks")~",
           R"~("ID": "clicks")~"}},
         R"~(
m.json:4:16: error: unknown time zone 'Japan/Tokyo' [unknown_name] at /time_zone; expected an IANA time zone such as Asia/Tokyo
m.json:39:62: error: 'employees' is a number, '300' is not [type_mismatch] at /rules/0/when/all/0/at_least; expected a number
m.json:48:51: error: 'window' is a number [wrong_type] at /rules/2/window; expected a duration of at most 200 years, as numbers with the units w, d, h, m, s, ms, us: "30d", "1d12h"; write it as a text, with its unit
m.json:70:5: error: the rule has no 'id' [missing_key] at /rules/10/id
m.json:70:28: error: unknown key 'ID' [unknown_key] at /rules/10/ID; expected one of 'id', 'score', 'group', 'description', 'on', 'points', 'per_value', 'min_points', 'max_points', 'limits', 'cooldown', 'decay', 'when', 'kind'
m.json:90:51: error: unknown banding 'heet' [unknown_name] at /matrices/0/columns; did you mean 'heat'?
)~"},
        {"touchpoints that could not be read are not unknown", good::small,
         {{R"~([{"id": "visit"}])~",
           R"~({"id": "visit"})~"}},
         R"~(
m.json:3:18: error: 'touchpoints' is an object [wrong_type] at /touchpoints; expected a list, `[…]`; put it in brackets, `[…]`
)~"},
        {"nor is one that could not be read", good::small,
         {{R"~([{"id": "visit"}])~",
           R"~(["visit"])~"}},
         R"~(
m.json:3:19: error: element 0 of the list is a text [wrong_type] at /touchpoints/0; expected a touchpoint declaration, an object `{…}`
)~"},
        {"an attribute whose type could not be read has any type", good::everything,
         {{R"~("id": "employees", "type": "number")~",
           R"~("id": "employees", "type": "integer")~"}},
         R"~(
m.json:8:33: error: 'integer' is not a type [wrong_value] at /attributes/1/type; expected one of 'bool', 'number', 'string', 'timestamp', 'set'
)~"},
        {"a limit that could not be read limits something", good::everything,
         {{R"~("limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}])~",
           R"~("limits": [{"at_most": "1"}])~"}},
         R"~(
m.json:55:43: error: 'at_most' is a text [wrong_type] at /rules/5/limits/0/at_most; expected a whole number; write 1 without quotes
)~"},
        {"nor does a misspelt limit limit nothing", good::everything,
         {{R"~("limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}])~",
           R"~("limits": [{"atmost": 1}])~"}},
         R"~(
m.json:55:32: error: unknown key 'atmost' [unknown_key] at /rules/5/limits/0/atmost; expected one of 'at_most', 'at_most_points', 'rolling', 'calendar', 'per_distinct'; did you mean 'at_most'?
)~"},
        {"misspelt points are not zero points", good::small,
         {{R"~("points": 1)~",
           R"~("pionts": 1)~"}},
         R"~(
m.json:5:86: error: unknown key 'pionts' [unknown_key] at /rules/0/pionts; expected one of 'id', 'score', 'group', 'description', 'on', 'points', 'per_value', 'min_points', 'max_points', 'limits', 'cooldown', 'decay', 'when', 'kind'; did you mean 'points'?
)~"},
        {"points that are no number are not zero points", good::small,
         {{R"~("points": 1)~",
           R"~("points": "1")~"}},
         R"~(
m.json:5:96: error: 'points' is a text [wrong_type] at /rules/0/points; expected a number; write 1 without quotes
)~"},
        {"a step that could not be read is a step", good::everything,
         {{R"~({"type": "seminar_attended"}, )~",
           R"~(true, )~"}},
         R"~(
m.json:62:16: error: element 0 of the list is true [wrong_type] at /rules/7/steps/0; expected a pattern, an object `{…}`, or a text, or a list of texts
)~"},
        {"a rule of an unknown kind is nothing to check", good::small,
         {{R"~("kind": "occurrence")~",
           R"~("kind": "occurence")~"}},
         R"~(
m.json:5:22: error: 'occurence' is not a rule kind [wrong_value] at /rules/0/kind; expected one of 'attribute', 'frequency', 'recency', 'occurrence', 'sequence', 'return', 'inactivity'; did you mean 'occurrence'?
)~"},
        {"pointers count what could not be read", good::small,
         {{R"~([{"kind")~",
           R"~([5, {"kind")~"},
          {R"~("type": "visit")~",
           R"~("type": "vist")~"}},
         R"~(
m.json:5:13: error: element 0 of the list is a number [wrong_type] at /rules/0; expected a rule, an object `{…}` with a 'kind'
m.json:5:79: error: unknown touchpoint type 'vist' [unknown_name] at /rules/1/on/type; did you mean 'visit'?
)~"},
        {"a missing score is missing once", good::small,
         {{R"~(, "score": "s")~",
           R"~()~"}},
         R"~(
m.json:5:13: error: the rule has no 'score' [missing_key] at /rules/0/score
)~"},
        {"text that is not JSON", good::small,
         {{R"~("points": 1})~",
           R"~("points": 1)~"}},
         R"~(
m.json:5:97: error: unexpected ']' [syntax]
)~"},
    });
}
