// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#include "catch.hpp"

#include <leadfunnel/model/json.hpp>

#include <array>

using namespace leadfunnel;

// The issues of models that have mistakes, to the letter: file, line, column, message, code,
// pointer, what was expected, and a hint.

namespace {

/// Short names for long lists of choices, which the tests use.
constexpr std::array<std::array<std::string_view, 2>, 6> choices{{
    {"{condition keys}",
     R"(expected one of 'all', 'any', 'not', 'attribute', 'property', 'current_stage', 'times_entered', 'score_at_entry', 'score', 'band', 'class', 'time_in_stage', 'funnel', 'stage', 'part', 'exact', 'exists', 'equals', 'not_equals', 'less', 'at_most', 'greater', 'at_least', 'in', 'in_list', 'contains', 'prefix', 'suffix', 'glob', 'regex')"},
    {"{tests}",
     R"(expected one of 'all', 'any', 'not', 'attribute', 'property', 'current_stage', 'times_entered', 'score_at_entry', 'score', 'band', 'class', 'time_in_stage')"},
    {"{operators}",
     R"(expected one of 'exists', 'equals', 'not_equals', 'less', 'at_most', 'greater', 'at_least', 'in', 'in_list', 'contains', 'prefix', 'suffix', 'glob', 'regex')"},
    {"{duration}",
     R"(expected a duration of at most 200 years, as numbers with the units w, d, h, m, s, ms, us: "30d", "1d12h")"},
    {"{model keys}",
     R"(expected one of 'id', 'version', 'description', 'time_zone', 'decay_grid', 'attributes', 'properties', 'touchpoints', 'lists', 'roles', 'calendars', 'funnels', 'scores', 'rules', 'derived', 'resets', 'exclusions', 'freezes', 'bandings', 'matrices', 'alerts', '$schema')"},
    {"{rule kinds}",
     R"(expected one of 'attribute', 'frequency', 'recency', 'occurrence', 'sequence', 'return', 'inactivity')"},
}};

std::string issues_of(std::string_view text) {
    std::string out;
    for (const issue& i : parse_model(text, "m.json").issues) {
        CHECK(i.level == severity::error);
        std::string line = to_string(i);
        for (const auto& [name, long_text] : choices)
            if (const auto at = line.find(long_text); at != std::string::npos)
                line.replace(at, long_text.size(), name);
        out += line + "\n";
    }
    return out;
}

struct bad_model {
    std::string_view text;
    std::string_view issues;
};

void check_all(std::initializer_list<bad_model> models) {
    for (const bad_model& m : models) {
        INFO(m.text);
        CHECK("\n" + issues_of(m.text) == m.issues);
    }
}

} // namespace

// clang-format off

TEST_CASE("reading says what is wrong with text that is not JSON") {
    check_all({
        {R"~()~",
         R"~(
m.json:1:1: error: the file is empty [syntax]
)~"},
        {R"~(  

)~",
         R"~(
m.json:3:1: error: the file is empty [syntax]
)~"},
        {R"~({)~",
         R"~(
m.json:1:2: error: the file ends too early [syntax]; is a closing bracket or quote missing?
)~"},
        {R"~({"id": "m")~",
         R"~(
m.json:1:11: error: the file ends too early [syntax]; is a closing bracket or quote missing?
)~"},
        {R"~({"id": "m)~",
         R"~(
m.json:1:10: error: the file ends too early [syntax]; is a closing bracket or quote missing?
)~"},
        {R"~({"id": "m",})~",
         R"~(
m.json:1:12: error: unexpected '}' [syntax]; remove the comma before it
)~"},
        {R"~({"rules": [1, 2,]})~",
         R"~(
m.json:1:17: error: unexpected ']' [syntax]; remove the comma before it
)~"},
        {R"~({"id": "m"
 "version": "1"})~",
         R"~(
m.json:2:2: error: unexpected '"' [syntax]; is a comma or colon missing before it?
)~"},
        {R"~({"id" "m"})~",
         R"~(
m.json:1:7: error: unexpected '"' [syntax]; is a comma or colon missing before it?
)~"},
        {R"~({'id': 1})~",
         R"~(
m.json:1:2: error: unexpected ''' [syntax]; quote with "
)~"},
        {R"~({id: "m"})~",
         R"~(
m.json:1:2: error: unexpected 'i' [syntax]; keys and texts stand in quotes, "…"
)~"},
        {R"~({"id": tru})~",
         R"~(
m.json:1:8: error: unexpected 't' [syntax]; keys and texts stand in quotes, "…"
)~"},
        {R"~({"id": NaN})~",
         R"~(
m.json:1:8: error: unexpected 'N' [syntax]; keys and texts stand in quotes, "…"
)~"},
        {R"~({"id": +1})~",
         R"~(
m.json:1:8: error: unexpected '+' [syntax]
)~"},
        {R"~({"id": 01})~",
         R"~(
m.json:1:9: error: unexpected '1' [syntax]
)~"},
        {R"~({"id": .5})~",
         R"~(
m.json:1:8: error: unexpected '.' [syntax]
)~"},
        {R"~({} x)~",
         R"~(
m.json:1:4: error: text after the end of the model [syntax]
)~"},
        {R"~({}})~",
         R"~(
m.json:1:3: error: text after the end of the model [syntax]
)~"},
        {R"~({"id": "m"} /* open)~",
         R"~(
m.json:1:13: error: a comment without end [syntax]; expected `*/`
)~"},
        {R"~({"id": "m
"})~",
         R"~(
m.json:1:10: error: a line ends within quotes [syntax]; is the closing quote missing? a line break in a text is written \n
)~"},
        {R"~({"id": "m\x"})~",
         R"~(
m.json:1:11: error: unexpected 'x' [syntax]
)~"},
        {R"~({"id": "\ud83d"})~",
         R"~(
m.json:1:15: error: half of a surrogate pair [syntax]; expected both halves, \uD83D\uDE00, or the character itself
)~"},
        {R"~({"id": "\ud83dx"})~",
         R"~(
m.json:1:15: error: half of a surrogate pair [syntax]; expected both halves, \uD83D\uDE00, or the character itself
)~"},
        {R"~({"id": "\ud83d\u0041"})~",
         R"~(
m.json:1:17: error: half of a surrogate pair [syntax]; expected both halves, \uD83D\uDE00, or the character itself
)~"},
        {R"~({"id": "\ude00"})~",
         R"~(
m.json:1:15: error: half of a surrogate pair [syntax]; expected both halves, \uD83D\uDE00, or the character itself
)~"},
        {R"~({"id": "\u12g4"})~",
         R"~(
m.json:1:13: error: an incomplete \u escape [syntax]; expected four hexadecimal digits
)~"},
        {R"~({"id": “m”})~",
         R"~(
m.json:1:8: error: a character outside of quotes [syntax]
)~"},
        {"\r\n\r\n\t{\"id\": \"m\"\r\n,,}",
         R"~(
m.json:4:2: error: unexpected ',' [syntax]
)~"},
        {R"~(// 株式会社
{"id": "株式会社",,})~",
         R"~(
m.json:2:23: error: unexpected ',' [syntax]
)~"},
    });
}

TEST_CASE("reading says what is wrong with keys") {
    check_all({
        {R"~({"id": "m", "scores": []})~",
         R"~(
m.json:1:1: error: the model has no 'rules' [missing_key] at /rules
)~"},
        {R"~({"idd": "m", "scores": [], "rulse": []})~",
         R"~(
m.json:1:2: error: unknown key 'idd' [unknown_key] at /idd; {model keys}; did you mean 'id'?
m.json:1:28: error: unknown key 'rulse' [unknown_key] at /rulse; {model keys}; did you mean 'rules'?
)~"},
        {R"~({"id": "m", "scores": [], "rules": [], "thresholds": 1, "a/b~c": 2})~",
         R"~(
m.json:1:40: error: unknown key 'thresholds' [unknown_key] at /thresholds; {model keys}
m.json:1:57: error: unknown key 'a/b~c' [unknown_key] at /a~1b~0c; {model keys}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "id": "n",
 "rules": []})~",
         R"~(
m.json:2:2: error: 'id' is given twice; the first is at line 1 [duplicate_key] at /id
m.json:3:2: error: 'rules' is given twice; the first is at line 1 [duplicate_key] at /rules
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "kind": "recency", "id": "r"}]})~",
         R"~(
m.json:2:3: error: the rule has no 'score' [missing_key] at /rules/0/score
m.json:2:3: error: the rule has no 'when' [missing_key] at /rules/0/when
m.json:2:3: error: the rule has no 'points' [missing_key] at /rules/0/points
m.json:2:25: error: 'kind' is given twice; the first is at line 2 [duplicate_key] at /rules/0/kind
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"id": "r", "score": "s"}]})~",
         R"~(
m.json:2:3: error: the rule has no 'kind' [missing_key] at /rules/0/kind; {rule kinds}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {"type": "a", "value_at_leest": 3}}]})~",
         R"~(
m.json:2:71: error: unknown key 'value_at_leest' [unknown_key] at /rules/0/on/value_at_leest; expected one of 'type', 'where', 'value_at_least', 'value_below'; did you mean 'value_at_least'?
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}}, {"kind": "occurrence"}]})~",
         R"~(
m.json:2:62: error: the rule has no 'id' [missing_key] at /rules/1/id
m.json:2:62: error: the rule has no 'score' [missing_key] at /rules/1/score
m.json:2:62: error: the rule has no 'on' [missing_key] at /rules/1/on
)~"},
    });
}

TEST_CASE("reading says what is wrong with types") {
    check_all({
        {R"~([])~",
         R"~(
m.json:1:1: error: the file is a list [wrong_type]; expected an object, `{…}`
)~"},
        {R"~("model")~",
         R"~(
m.json:1:1: error: the file is a text [wrong_type]; expected an object, `{…}`
)~"},
        {R"~({"id": 1, "version": 2.5, "description": null, "time_zone": ["UTC"], "scores": {}, "rules": "none"})~",
         R"~(
m.json:1:8: error: 'id' is a number [wrong_type] at /id; expected a text
m.json:1:22: error: 'version' is a number [wrong_type] at /version; expected a text
m.json:1:42: error: 'description' is null [wrong_type] at /description; expected a text; leave the key out
m.json:1:61: error: 'time_zone' is a list [wrong_type] at /time_zone; expected a text
m.json:1:80: error: 'scores' is an object [wrong_type] at /scores; expected a list, `[…]`; put it in brackets, `[…]`
m.json:1:93: error: 'rules' is a text [wrong_type] at /rules; expected a list, `[…]`; put it in brackets, `[…]`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  1, "occurrence", null]})~",
         R"~(
m.json:2:3: error: element 0 of the list is a number [wrong_type] at /rules/0; expected a rule, an object `{…}` with a 'kind'
m.json:2:6: error: element 1 of the list is a text [wrong_type] at /rules/1; expected a rule, an object `{…}` with a 'kind'
m.json:2:20: error: element 2 of the list is null [wrong_type] at /rules/2; expected a rule, an object `{…}` with a 'kind'
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": 3}]})~",
         R"~(
m.json:2:12: error: 'kind' is a number [wrong_type] at /rules/0/kind; {rule kinds}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": 17, "points": "25", "limits": {"at_most": 1}, "decay": "none"}]})~",
         R"~(
m.json:2:57: error: 'on' is a number [wrong_type] at /rules/0/on; expected a pattern, an object `{…}`, or a text, or a list of texts
m.json:2:71: error: 'points' is a text [wrong_type] at /rules/0/points; expected a number; write 25 without quotes
m.json:2:87: error: 'limits' is an object [wrong_type] at /rules/0/limits; expected a list, `[…]`; put it in brackets, `[…]`
m.json:2:112: error: 'decay' is a text [wrong_type] at /rules/0/decay; expected a decay, an object `{…}` with a 'kind'
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {"type": 3}, "points": true, "per_value": "x"}]})~",
         R"~(
m.json:2:66: error: 'type' is a number [wrong_type] at /rules/0/on/type; expected a text, or a list of texts
m.json:2:80: error: 'points' is true [wrong_type] at /rules/0/points; expected a number
m.json:2:99: error: 'per_value' is a text [wrong_type] at /rules/0/per_value; expected a number
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {"type": ["a", 3]}, "limits": [{"at_most": 1.5}, {"at_most": "2"}, 3, {"at_most": true}]}]})~",
         R"~(
m.json:2:72: error: element 1 of the list is a number [wrong_type] at /rules/0/on/type/1; expected a text
m.json:2:100: error: '1.5' is not whole [wrong_type] at /rules/0/limits/0/at_most; expected a whole number
m.json:2:118: error: 'at_most' is a text [wrong_type] at /rules/0/limits/1/at_most; expected a whole number; write 2 without quotes
m.json:2:124: error: element 2 of the list is a number [wrong_type] at /rules/0/limits/2; expected a limit, an object `{…}`
m.json:2:139: error: 'at_most' is true [wrong_type] at /rules/0/limits/3/at_most; expected a whole number
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "inactivity", "id": "r", "score": "s", "points": 1, "after": "1d", "while_idle": "true", "times": 2.5e0}]})~",
         R"~(
m.json:2:93: error: 'while_idle' is a text [wrong_type] at /rules/0/while_idle; expected true or false; write it without quotes
m.json:2:110: error: '2.5e0' is not whole [wrong_type] at /rules/0/times; expected a whole number
)~"},
        {R"~({"id": "m", "scores": [], "rules": [], "matrices": [{"id": "x", "rows": "r", "columns": "c",
 "classes": ["x", ["y", 3]]}]})~",
         R"~(
m.json:2:14: error: element 0 of the list is a text [wrong_type] at /matrices/0/classes/0; expected a list, `[…]`; put it in brackets, `[…]`
m.json:2:25: error: element 1 of the list is a number [wrong_type] at /matrices/0/classes/1/1; expected a text
)~"},
        {R"~({"id": "m", "scores": [], "rules": [], "lists": [{"id": "l", "members": ["a", 1, null]}]})~",
         R"~(
m.json:1:79: error: element 1 of the list is a number [wrong_type] at /lists/0/members/1; expected a text
m.json:1:82: error: element 2 of the list is null [wrong_type] at /lists/0/members/2; expected a text
)~"},
    });
}

TEST_CASE("reading says what is wrong with choices") {
    check_all({
        {R"~({"id": "m", "scores": [{"id": "s", "clamp": "runing"}, {"id": "t", "clamp": 3}], "rules": [],
 "attributes": [{"id": "a", "type": "text"}]})~",
         R"~(
m.json:1:45: error: 'runing' is not a way to clamp [wrong_value] at /scores/0/clamp; expected one of 'at_end', 'running'; did you mean 'running'?
m.json:1:77: error: 'clamp' is a number [wrong_type] at /scores/1/clamp; expected one of 'at_end', 'running'
m.json:2:37: error: 'text' is not a type [wrong_value] at /attributes/0/type; expected one of 'bool', 'number', 'string', 'timestamp', 'set'
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurence", "id": "r"}, {"kind": "Attribute"}, {"kind": "rule"}]})~",
         R"~(
m.json:2:12: error: 'occurence' is not a rule kind [wrong_value] at /rules/0/kind; {rule kinds}; did you mean 'occurrence'?
m.json:2:46: error: 'Attribute' is not a rule kind [wrong_value] at /rules/1/kind; {rule kinds}; did you mean 'attribute'?
m.json:2:69: error: 'rule' is not a rule kind [wrong_value] at /rules/2/kind; {rule kinds}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "decay": {"kind": "halflife", "period": "3d"},
 "limits": [{"at_most": 1, "calendar": "weeks"}]}]})~",
         R"~(
m.json:2:79: error: 'halflife' is not a decay kind [wrong_value] at /rules/0/decay/kind; expected one of 'none', 'half_life', 'linear', 'step', 'expiry', 'table'; did you mean 'half_life'?
m.json:3:40: error: 'weeks' is not a calendar unit [wrong_value] at /rules/0/limits/0/calendar; expected one of 'day', 'week', 'month', 'quarter', 'year'; did you mean 'week'?
)~"},
        {R"~({"id": "m", "scores": [], "rules": [], "derived": [{"id": "d", "from": {"kind": "sum"}}, {"id": "e", "from": {}}]})~",
         R"~(
m.json:1:81: error: 'sum' is not a formula kind [wrong_value] at /derived/0/from/kind; expected one of 'weighted_sum', 'min', 'max', 'logistic', 'lookup'
m.json:1:110: error: the formula has no 'kind' [missing_key] at /derived/1/from/kind; expected one of 'weighted_sum', 'min', 'max', 'logistic', 'lookup'
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "frequency", "id": "r", "score": "s", "on": {}, "points": 1, "measure": "unique"}]})~",
         R"~(
m.json:2:84: error: 'unique' is not a measure [wrong_value] at /rules/0/measure; expected one of 'count', 'sum', 'distinct'
)~"},
    });
}

TEST_CASE("reading says what is wrong with units and sizes") {
    check_all({
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "cooldown": ""}]})~",
         R"~(
m.json:2:73: error: '' is not a duration [wrong_unit] at /rules/0/cooldown; {duration}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "cooldown": "30"}]})~",
         R"~(
m.json:2:73: error: '30' is not a duration [wrong_unit] at /rules/0/cooldown; {duration}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "cooldown": "30 days"}]})~",
         R"~(
m.json:2:73: error: '30 days' is not a duration [wrong_unit] at /rules/0/cooldown; {duration}; write "30d"
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "cooldown": "1 Month"}]})~",
         R"~(
m.json:2:73: error: '1 Month' is not a duration [wrong_unit] at /rules/0/cooldown; {duration}; write "30d"
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "cooldown": "2y"}]})~",
         R"~(
m.json:2:73: error: '2y' is not a duration [wrong_unit] at /rules/0/cooldown; {duration}; write "730d"
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "cooldown": "soon"}]})~",
         R"~(
m.json:2:73: error: 'soon' is not a duration [wrong_unit] at /rules/0/cooldown; {duration}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "cooldown": "-1d"}]})~",
         R"~(
m.json:2:73: error: '-1d' is not a duration [wrong_unit] at /rules/0/cooldown; {duration}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "cooldown": "1d 12h"}]})~",
         R"~(
m.json:2:73: error: '1d 12h' is not a duration [wrong_unit] at /rules/0/cooldown; {duration}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "cooldown": "1.5d"}]})~",
         R"~(
m.json:2:73: error: '1.5d' is not a duration [wrong_unit] at /rules/0/cooldown; {duration}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "cooldown": "999999d"}]})~",
         R"~(
m.json:2:73: error: '999999d' is not a duration [wrong_unit] at /rules/0/cooldown; {duration}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "cooldown": "12h1d"}]})~",
         R"~(
m.json:2:73: error: '12h1d' is not a duration [wrong_unit] at /rules/0/cooldown; {duration}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "cooldown": 30}]})~",
         R"~(
m.json:2:73: error: 'cooldown' is a number [wrong_type] at /rules/0/cooldown; {duration}; write it as a text, with its unit
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "points": 1e400, "per_value": -1e13, "min_points": 9223372036854.775808}]})~",
         R"~(
m.json:2:71: error: '1e400' is too large [out_of_range] at /rules/0/points; expected a number below 9.2e12
m.json:2:91: error: '-1e13' is too large [out_of_range] at /rules/0/per_value; expected a number below 9.2e12
m.json:2:112: error: '9223372036854.775808' is too large [out_of_range] at /rules/0/min_points; expected a number below 9.2e12
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "occurrence", "id": "r", "score": "s", "on": {}, "points": 1e99999999999}]})~",
         R"~(
m.json:2:82: error: the number's exponent is too large [out_of_range]
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "inactivity", "id": "r", "score": "s", "points": 1, "after": "1d", "times": 9223372036854775808}, {"kind": "inactivity", "id": "r", "score": "s", "points": 1, "after": "1d", "times": 1e30}]})~",
         R"~(
m.json:2:88: error: '9223372036854775808' is too large [out_of_range] at /rules/0/times; expected a whole number
m.json:2:195: error: '1e30' is too large [out_of_range] at /rules/1/times; expected a whole number
)~"},
        {R"~({"id": "m", "scores": [], "rules": [], "decay_grid": 3600})~",
         R"~(
m.json:1:54: error: 'decay_grid' is a number [wrong_type] at /decay_grid; {duration}; write it as a text, with its unit
)~"},
    });
}

TEST_CASE("reading says what is wrong with conditions") {
    check_all({
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": "x"}]})~",
         R"~(
m.json:2:71: error: 'when' is a text [wrong_type] at /rules/0/when; expected a condition, an object `{…}`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": [{"attribute": "a", "exists": true}]}]})~",
         R"~(
m.json:2:71: error: 'when' is a list [wrong_type] at /rules/0/when; expected a condition, an object `{…}`; say how its parts are joined: `{"all": […]}`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"all": {"attribute": "a", "exists": true}}}]})~",
         R"~(
m.json:2:79: error: 'all' is an object [wrong_type] at /rules/0/when/all; expected a list, `[…]`; put it in brackets, `[…]`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"all": [7, {}, []]}}]})~",
         R"~(
m.json:2:80: error: element 0 of the list is a number [wrong_type] at /rules/0/when/all/0; expected a condition, an object `{…}`
m.json:2:87: error: element 2 of the list is a list [wrong_type] at /rules/0/when/all/2; expected a condition, an object `{…}`; say how its parts are joined: `{"all": […]}`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"not": []}}]})~",
         R"~(
m.json:2:79: error: 'not' is a list [wrong_type] at /rules/0/when/not; expected a condition, an object `{…}`; say how its parts are joined: `{"all": […]}`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a"}}]})~",
         R"~(
m.json:2:71: error: the test has no operator [missing_key] at /rules/0/when; {operators}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"equals": 3}}]})~",
         R"~(
m.json:2:71: error: the condition does not say what is tested [missing_key] at /rules/0/when; {tests}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"atribute": "a", "exists": true}}]})~",
         R"~(
m.json:2:72: error: unknown key 'atribute' [unknown_key] at /rules/0/when/atribute; {condition keys}; did you mean 'attribute'?
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "equls": 3}}]})~",
         R"~(
m.json:2:90: error: unknown key 'equls' [unknown_key] at /rules/0/when/equls; {condition keys}; did you mean 'equals'?
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "at_least": 1, "less": 3}}]})~",
         R"~(
m.json:2:90: error: 'at_least' means nothing beside 'less' [unknown_key] at /rules/0/when/at_least; a test has one operator; join two tests with `{"all": […]}`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"all": [], "any": [], "not": {}, "exact": true, "equals": 1}}]})~",
         R"~(
m.json:2:83: error: 'any' means nothing beside 'all' [unknown_key] at /rules/0/when/any; join conditions with `{"all": […]}`
m.json:2:94: error: 'not' means nothing beside 'all' [unknown_key] at /rules/0/when/not; join conditions with `{"all": […]}`
m.json:2:105: error: 'exact' means nothing beside 'all' [unknown_key] at /rules/0/when/exact
m.json:2:120: error: 'equals' means nothing beside 'all' [unknown_key] at /rules/0/when/equals
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "property": "b", "exists": true}}]})~",
         R"~(
m.json:2:90: error: 'property' means nothing beside 'attribute' [unknown_key] at /rules/0/when/property; join conditions with `{"all": […]}`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": 1, "exists": true}}]})~",
         R"~(
m.json:2:85: error: 'attribute' is a number [wrong_type] at /rules/0/when/attribute; expected a text
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "stage": "x", "funnel": "f", "exists": true}}]})~",
         R"~(
m.json:2:90: error: 'stage' means nothing beside 'attribute' [unknown_key] at /rules/0/when/stage
m.json:2:104: error: 'funnel' means nothing beside 'attribute' [unknown_key] at /rules/0/when/funnel
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"times_entered": "won", "at_least": 1}}]})~",
         R"~(
m.json:2:71: error: the test of 'times_entered' has no 'funnel' [missing_key] at /rules/0/when/funnel
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"score_at_entry": "s", "at_least": 1}}]})~",
         R"~(
m.json:2:71: error: the test of 'score_at_entry' has no 'funnel' [missing_key] at /rules/0/when/funnel
m.json:2:71: error: the test of 'score_at_entry' has no 'stage' [missing_key] at /rules/0/when/stage
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"current_stage": "f", "part": "domain", "equals": "x"}}]})~",
         R"~(
m.json:2:94: error: 'part' means nothing beside 'current_stage' [unknown_key] at /rules/0/when/part
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "part": "doman", "equals": "x"}}]})~",
         R"~(
m.json:2:98: error: 'doman' is not a part [wrong_value] at /rules/0/when/part; expected one of 'itself', 'domain', 'local_part', 'normal', 'age'; did you mean 'domain'?
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "part": true, "exact": 1, "equals": "x"}}]})~",
         R"~(
m.json:2:98: error: 'part' is true [wrong_type] at /rules/0/when/part; expected one of 'itself', 'domain', 'local_part', 'normal', 'age'
m.json:2:113: error: 'exact' is a number [wrong_type] at /rules/0/when/exact; expected true or false
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "exists": "true"}}]})~",
         R"~(
m.json:2:100: error: 'exists' is a text [wrong_type] at /rules/0/when/exists; expected true or false; write it without quotes
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "equals": null}}]})~",
         R"~(
m.json:2:100: error: 'equals' is null [wrong_type] at /rules/0/when/equals; expected a text, a number, true or false; to ask whether there is a value, use 'exists'
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "equals": ["x"]}}]})~",
         R"~(
m.json:2:100: error: 'equals' is a list [wrong_type] at /rules/0/when/equals; expected a text, a number, true or false; to compare with several values, use 'in'
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "equals": {}}}]})~",
         R"~(
m.json:2:100: error: 'equals' is an object [wrong_type] at /rules/0/when/equals; expected a text, a number, true or false
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "in": "JP"}}]})~",
         R"~(
m.json:2:96: error: 'in' is a text [wrong_type] at /rules/0/when/in; expected a list, `[…]`; put it in brackets, `[…]`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "in": ["JP", ["KR"], null, 1e400]}}]})~",
         R"~(
m.json:2:103: error: element 1 of the list is a list [wrong_type] at /rules/0/when/in/1; expected a text, a number, true or false; to compare with several values, use 'in'
m.json:2:111: error: element 2 of the list is null [wrong_type] at /rules/0/when/in/2; expected a text, a number, true or false; to ask whether there is a value, use 'exists'
m.json:2:117: error: '1e400' is too large [out_of_range] at /rules/0/when/in/3; expected a number below 1.8e308
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "less": -1e400}}]})~",
         R"~(
m.json:2:98: error: '-1e400' is too large [out_of_range] at /rules/0/when/less; expected a number below 1.8e308
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "prefix": 3}}]})~",
         R"~(
m.json:2:100: error: 'prefix' is a number [wrong_type] at /rules/0/when/prefix; expected a text
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "regex": ["x"]}}]})~",
         R"~(
m.json:2:99: error: 'regex' is a list [wrong_type] at /rules/0/when/regex; expected a text
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "in_list": []}}]})~",
         R"~(
m.json:2:101: error: 'in_list' is a list [wrong_type] at /rules/0/when/in_list; expected a text
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "part": "age", "less": 30}}]})~",
         R"~(
m.json:2:113: error: 'less' is a number [wrong_type] at /rules/0/when/less; {duration}; write it as a text, with its unit
)~"},
        {R"~({"id": "m", "scores": [], "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "a", "part": "age", "less": "30"}}]})~",
         R"~(
m.json:2:113: error: '30' is not a duration [wrong_unit] at /rules/0/when/less; {duration}
)~"},
    });
}

TEST_CASE("reading says what is wrong with moments") {
    check_all({
        {R"~({"id": "m", "scores": [], "attributes": [{"id": "since", "type": "timestamp"}],
 "properties": [{"id": "seen", "type": "timestamp"}],
 "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "since", "less": "2026-04-01"}}]})~",
         R"~(
m.json:4:102: error: '2026-04-01' is not a moment: not a date and time [wrong_unit] at /rules/0/when/less; expected a date and time with its offset from UTC, such as "2026-04-01T09:30:00+09:00"
)~"},
        {R"~({"id": "m", "scores": [], "attributes": [{"id": "since", "type": "timestamp"}],
 "properties": [{"id": "seen", "type": "timestamp"}],
 "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "since", "less": "2026-04-01T09:00:00"}}]})~",
         R"~(
m.json:4:102: error: '2026-04-01T09:00:00' is not a moment: no offset from UTC ('Z' or '+09:00') [wrong_unit] at /rules/0/when/less; expected a date and time with its offset from UTC, such as "2026-04-01T09:30:00+09:00"
)~"},
        {R"~({"id": "m", "scores": [], "attributes": [{"id": "since", "type": "timestamp"}],
 "properties": [{"id": "seen", "type": "timestamp"}],
 "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "since", "in": ["2026-04-01T25:61:00Z", "2026-02-30T00:00:00Z"]}}]})~",
         R"~(
m.json:4:101: error: '2026-04-01T25:61:00Z' is not a moment: a field out of its range, or a year outside 1900 to 2199 [wrong_unit] at /rules/0/when/in/0; expected a date and time with its offset from UTC, such as "2026-04-01T09:30:00+09:00"
m.json:4:125: error: '2026-02-30T00:00:00Z' is not a moment: a field out of its range, or a year outside 1900 to 2199 [wrong_unit] at /rules/0/when/in/1; expected a date and time with its offset from UTC, such as "2026-04-01T09:30:00+09:00"
)~"},
        {R"~({"id": "m", "scores": [], "attributes": [{"id": "since", "type": "timestamp"}],
 "properties": [{"id": "seen", "type": "timestamp"}],
 "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"property": "seen", "at_least": "yesterday"}}]})~",
         R"~(
m.json:4:104: error: 'yesterday' is not a moment: not a date and time [wrong_unit] at /rules/0/when/at_least; expected a date and time with its offset from UTC, such as "2026-04-01T09:30:00+09:00"
)~"},
        {R"~({"id": "m", "scores": [], "attributes": [{"id": "since", "type": "timestamp"}],
 "properties": [{"id": "seen", "type": "timestamp"}],
 "rules": [
  {"kind": "attribute", "id": "r", "score": "s", "points": 1, "when": {"attribute": "since", "part": "age", "less": "2026-04-01T00:00:00Z"}}]})~",
         R"~(
m.json:4:117: error: '2026-04-01T00:00:00Z' is not a duration [wrong_unit] at /rules/0/when/less; {duration}
)~"},
    });
}

TEST_CASE("reading says what is wrong with calendars, funnels and alerts") {
    check_all({
        {R"~({"id": "m", "scores": [], "rules": [],
 "calendars": [{"id": "c", "hours": [{"days": ["monday"], "from": "9:30", "to": "1730"}]}]})~",
         R"~(
m.json:2:67: error: '9:30' is not a time of day [wrong_unit] at /calendars/0/hours/0/from; expected a time of day from "00:00" to "24:00"; write "09:30"
m.json:2:81: error: '1730' is not a time of day [wrong_unit] at /calendars/0/hours/0/to; expected a time of day from "00:00" to "24:00"; write "17:30"
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "calendars": [{"id": "c", "hours": [{"days": ["monday"], "from": 9, "to": "24:01"}]}]})~",
         R"~(
m.json:2:67: error: 'from' is a number [wrong_type] at /calendars/0/hours/0/from; expected a time of day from "00:00" to "24:00"
m.json:2:76: error: '24:01' is not a time of day [wrong_unit] at /calendars/0/hours/0/to; expected a time of day from "00:00" to "24:00"
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "calendars": [{"id": "c", "hours": [{"days": ["monday"], "from": "09:60", "to": "5 pm"}]}]})~",
         R"~(
m.json:2:67: error: '09:60' is not a time of day [wrong_unit] at /calendars/0/hours/0/from; expected a time of day from "00:00" to "24:00"
m.json:2:82: error: '5 pm' is not a time of day [wrong_unit] at /calendars/0/hours/0/to; expected a time of day from "00:00" to "24:00"
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "calendars": [{"id": "c", "hours": [{"days": ["monday"], "from": "09:00:00"}]}]})~",
         R"~(
m.json:2:38: error: the working time has no 'to' [missing_key] at /calendars/0/hours/0/to
m.json:2:67: error: '09:00:00' is not a time of day [wrong_unit] at /calendars/0/hours/0/from; expected a time of day from "00:00" to "24:00"
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "calendars": [{"id": "c", "hours": [{"days": "monday", "from": "09:00", "to": "17:00"}]}]})~",
         R"~(
m.json:2:47: error: 'days' is a text [wrong_type] at /calendars/0/hours/0/days; expected a list, `[…]`; put it in brackets, `[…]`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "calendars": [{"id": "c", "hours": [{"days": ["Monday", "mon", 1], "from": "09:00", "to": "17:00"}]}]})~",
         R"~(
m.json:2:48: error: 'Monday' is not a weekday [wrong_value] at /calendars/0/hours/0/days/0; expected one of 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'; did you mean 'monday'?
m.json:2:58: error: 'mon' is not a weekday [wrong_value] at /calendars/0/hours/0/days/1; expected one of 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'
m.json:2:65: error: element 2 of the list is a number [wrong_type] at /calendars/0/hours/0/days/2; expected one of 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "calendars": [{"id": "c", "hours": [], "holidays": ["2026-1-1", "2026-02-30", "1 Jan", 20260101]}]})~",
         R"~(
m.json:2:54: error: '2026-1-1' is not a date [wrong_unit] at /calendars/0/holidays/0; expected a date such as "2026-01-01"
m.json:2:66: error: '2026-02-30' is not a date: a field out of its range, or a year outside 1900 to 2199 [wrong_unit] at /calendars/0/holidays/1; expected a date such as "2026-01-01"
m.json:2:80: error: '1 Jan' is not a date [wrong_unit] at /calendars/0/holidays/2; expected a date such as "2026-01-01"
m.json:2:89: error: element 3 of the list is a number [wrong_type] at /calendars/0/holidays/3; expected a date such as "2026-01-01"
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "calendars": [{"id": "c", "hours": [], "holidays": ["2026-01-01T00:00:00Z", "2200-01-01"]}]})~",
         R"~(
m.json:2:54: error: '2026-01-01T00:00:00Z' is not a date [wrong_unit] at /calendars/0/holidays/0; expected a date such as "2026-01-01"
m.json:2:78: error: '2200-01-01' is not a date: a field out of its range, or a year outside 1900 to 2199 [wrong_unit] at /calendars/0/holidays/1; expected a date such as "2026-01-01"
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "calendars": [{"id": "c", "hours": [], "holidays": "2026-01-01"}]})~",
         R"~(
m.json:2:53: error: 'holidays' is a text [wrong_type] at /calendars/0/holidays; expected a list, `[…]`; put it in brackets, `[…]`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "roles": "email"})~",
         R"~(
m.json:2:11: error: 'roles' is a text [wrong_type] at /roles; expected a set of roles, an object `{…}`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "roles": {"mail": "email"}})~",
         R"~(
m.json:2:12: error: unknown key 'mail' [unknown_key] at /roles/mail; expected one of 'email', 'account', 'owner'; did you mean 'email'?
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "alerts": [{"when": {"score": "s", "at_least": 1}}, {"id": "a", "cooldown": "1 hour"}]})~",
         R"~(
m.json:2:13: error: the alert has no 'id' [missing_key] at /alerts/0/id
m.json:2:78: error: '1 hour' is not a duration [wrong_unit] at /alerts/1/cooldown; {duration}; write "1h"
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "attributes": [{"id": "since", "type": "timestamp"}], "funnels": [{"id": "f", "stages": [], "transitions": [{"id": "t", "from": 3, "to": "a"}]}]})~",
         R"~(
m.json:2:130: error: 'from' is a number [wrong_type] at /funnels/0/transitions/0/from; expected a text, or a list of texts
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "attributes": [{"id": "since", "type": "timestamp"}], "funnels": [{"id": "f", "stages": [], "transitions": [{"id": "t", "from": ["a", 3], "to": ["a"]}]}]})~",
         R"~(
m.json:2:136: error: element 1 of the list is a number [wrong_type] at /funnels/0/transitions/0/from/1; expected a text
m.json:2:146: error: 'to' is a list [wrong_type] at /funnels/0/transitions/0/to; expected a text
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "attributes": [{"id": "since", "type": "timestamp"}], "funnels": [{"id": "f", "stages": [], "transitions": [{"id": "t", "form": "a", "to": "b"}]}]})~",
         R"~(
m.json:2:122: error: unknown key 'form' [unknown_key] at /funnels/0/transitions/0/form; expected one of 'id', 'from', 'to', 'on', 'after', 'manual', 'when', 'then', 'description'; did you mean 'from'?
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "attributes": [{"id": "since", "type": "timestamp"}], "funnels": [{"id": "f", "stages": [], "transitions": [{"id": "t", "to": "a", "after": "30d"}]}]})~",
         R"~(
m.json:2:142: error: 'after' is a text [wrong_type] at /funnels/0/transitions/0/after; expected a timer, an object `{…}`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "attributes": [{"id": "since", "type": "timestamp"}], "funnels": [{"id": "f", "stages": [], "transitions": [{"id": "t", "to": "a", "after": {"since": "entry"}}]}]})~",
         R"~(
m.json:2:142: error: the timer has no 'after' [missing_key] at /funnels/0/transitions/0/after/after
m.json:2:152: error: 'entry' is not a start of a timer [wrong_value] at /funnels/0/transitions/0/after/since; expected one of 'stage_entry', 'assignment', 'touchpoint'
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "attributes": [{"id": "since", "type": "timestamp"}], "funnels": [{"id": "f", "stages": [], "transitions": [{"id": "t", "to": "a", "then": "alert"}]}]})~",
         R"~(
m.json:2:141: error: 'then' is a text [wrong_type] at /funnels/0/transitions/0/then; expected a set of effects, an object `{…}`
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "attributes": [{"id": "since", "type": "timestamp"}], "funnels": [{"id": "f", "stages": [], "transitions": [{"id": "t", "to": "a", "then": {"set": ["since"]}}]}]})~",
         R"~(
m.json:2:149: error: 'set' is a list [wrong_type] at /funnels/0/transitions/0/then/set; expected an object `{…}` of attributes and their values
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "attributes": [{"id": "since", "type": "timestamp"}], "funnels": [{"id": "f", "stages": [], "transitions": [{"id": "t", "to": "a", "then": {"set": {"since": "yesterday", "x": {}, "y": [1, "b"], "z": 1e400, "since": null, "a/b~c": []}}}]}]})~",
         R"~(
m.json:2:159: error: 'yesterday' is not a moment: not a date and time [wrong_unit] at /funnels/0/transitions/0/then/set/since; expected a date and time with its offset from UTC, such as "2026-04-01T09:30:00+09:00"
m.json:2:177: error: 'x' is an object [wrong_type] at /funnels/0/transitions/0/then/set/x; expected a text, a number, true, false, a list of texts, or null
m.json:2:187: error: element 0 of the list is a number [wrong_type] at /funnels/0/transitions/0/then/set/y/0; expected a text
m.json:2:201: error: '1e400' is too large [out_of_range] at /funnels/0/transitions/0/then/set/z; expected a number below 1.8e308
m.json:2:208: error: 'since' is given twice; the first is at line 2 [duplicate_key] at /funnels/0/transitions/0/then/set/since
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "attributes": [{"id": "since", "type": "timestamp"}], "funnels": [{"id": "f", "stages": [], "transitions": [{"id": "t", "to": "a", "when": {"time_in_stage": "f", "less": "14"}}]}]})~",
         R"~(
m.json:2:172: error: '14' is not a duration [wrong_unit] at /funnels/0/transitions/0/when/less; {duration}
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "attributes": [{"id": "since", "type": "timestamp"}], "funnels": [{"id": "f", "stages": [], "transitions": [{"id": "t", "to": "a", "when": {"band": "b", "funnel": "f", "equals": "x"}}]}]})~",
         R"~(
m.json:2:155: error: 'funnel' means nothing beside 'band' [unknown_key] at /funnels/0/transitions/0/when/funnel
)~"},
        {R"~({"id": "m", "scores": [], "rules": [],
 "funnels": [{"id": "f", "stages": [{"id": "s", "phase": "lead", "terminal": "yes", "slas": [{"id": "x"}]}], "moves": "free"}]})~",
         R"~(
m.json:2:58: error: 'lead' is not a phase [wrong_value] at /funnels/0/stages/0/phase; expected one of 'marketing', 'sales', 'closed'
m.json:2:78: error: 'terminal' is a text [wrong_type] at /funnels/0/stages/0/terminal; expected true or false
m.json:2:94: error: the service level has no 'due' [missing_key] at /funnels/0/stages/0/slas/0/due
m.json:2:119: error: 'free' is not a rule for moves [wrong_value] at /funnels/0/moves; expected one of 'unrestricted', 'declared'
)~"},
    });
}

// clang-format on
