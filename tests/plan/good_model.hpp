// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// Good models from which the bad ones are made: one with everything about scores, one with
/// everything about funnels, and a small one.

#include <string_view>

namespace good {

inline constexpr std::string_view everything = R"json({
  "id": "everything",
  "version": "1",
  "time_zone": "Asia/Tokyo",
  "decay_grid": "1h",
  "attributes": [
    {"id": "industry"},
    {"id": "employees", "type": "number"},
    {"id": "email"},
    {"id": "company"},
    {"id": "opted_out", "type": "bool"},
    {"id": "customer_since", "type": "timestamp"},
    {"id": "interests", "type": "set"}
  ],
  "properties": [
    {"id": "url"},
    {"id": "document"},
    {"id": "seats", "type": "number"}
  ],
  "touchpoints": [
    {"id": "page_view", "value": "seconds"},
    {"id": "download"},
    {"id": "seminar_attended"},
    {"id": "mail_click"}
  ],
  "lists": [
    {"id": "free_mail", "members": ["gmail.com", "yahoo.co.jp"]}
  ],
  "funnels": [
    {"id": "sales", "stages": [{"id": "mql"}, {"id": "accepted"}, {"id": "rejected"}]}
  ],
  "scores": [
    {"id": "fit", "min": 0, "max": 100},
    {"id": "engagement", "groups": [{"id": "web", "max": 60}, {"id": "events", "min": -20, "max": 80}]},
    {"id": "warmth", "min": 0, "max": 50, "clamp": "running"}
  ],
  "rules": [
    {"kind": "attribute", "id": "size", "score": "fit", "points": 60,
     "when": {"all": [{"attribute": "employees", "at_least": 300}, {"attribute": "industry", "in": ["Machinery", "Electronics"]}]}},
    {"kind": "attribute", "id": "who", "score": "fit", "points": 40,
     "when": {"any": [{"attribute": "email", "part": "domain", "suffix": ".co.jp"},
                      {"attribute": "company", "part": "normal", "contains": "kikai"},
                      {"attribute": "customer_since", "part": "age", "greater": "365d"},
                      {"attribute": "customer_since", "less": "2020-01-01T00:00:00+09:00"},
                      {"attribute": "interests", "contains": "sensors"},
                      {"not": {"attribute": "email", "part": "domain", "in_list": "free_mail"}}]}},
    {"kind": "frequency", "id": "reader", "score": "engagement", "group": "web", "on": {"type": "page_view"},
     "measure": "sum", "at_least": 600, "window": "30d", "points": 10},
    {"kind": "frequency", "id": "collector", "score": "engagement", "on": {"type": "download"},
     "measure": "distinct", "property": "document", "at_least": 3, "points": 10},
    {"kind": "recency", "id": "fresh", "score": "engagement", "on": {},
     "bins": [{"within": "7d", "points": 10}, {"within": "30d", "points": 5}], "otherwise": -5},
    {"kind": "occurrence", "id": "pricing", "score": "engagement", "group": "web",
     "on": {"type": "page_view", "where": {"property": "url", "glob": "/pricing/*"}, "value_at_least": 5, "value_below": 3600},
     "points": 25, "limits": [{"at_most": 1, "calendar": "week"}, {"at_most_points": 100}],
     "decay": {"kind": "half_life", "period": "30d"}},
    {"kind": "occurrence", "id": "watching", "score": "engagement", "on": {"type": "page_view"},
     "per_value": 0.01, "min_points": 1, "max_points": 5, "limits": [{"at_most": 3, "rolling": "1d", "per_distinct": "url"}],
     "cooldown": "10m", "decay": {"kind": "step", "percent": 20, "every": "7d"},
     "when": {"current_stage": "sales", "not_equals": "rejected"}},
    {"kind": "sequence", "id": "learnt_then_asked", "score": "engagement", "group": "events",
     "steps": [{"type": "seminar_attended"}, {"type": ["page_view", "download"], "where": {"property": "campaign", "regex": "^spring"}}],
     "within": "14d", "strict": true, "scope": {"type": "mail_click"}, "points": 40, "decay": {"kind": "linear", "over": "90d"}},
    {"kind": "return", "id": "back", "score": "engagement", "on": {"type": "page_view"}, "after": "180d", "points": 30,
     "decay": {"kind": "table", "points": [{"age": "7d", "factor": 0.5}, {"age": "30d", "factor": 0}], "interpolate": true}},
    {"kind": "inactivity", "id": "quiet", "score": "engagement", "after": "30d", "every": "30d", "times": 3, "points": -10,
     "decay": {"kind": "expiry", "after": "365d"},
     "when": {"all": [{"times_entered": "mql", "funnel": "sales", "at_least": 1},
                      {"score_at_entry": "engagement", "funnel": "sales", "stage": "mql", "greater": 50}]}},
    {"kind": "occurrence", "id": "clicks", "score": "warmth", "on": {"type": "mail_click", "where": {"property": "seats", "at_least": 2}}, "points": 5}
  ],
  "derived": [
    {"id": "total", "from": {"kind": "weighted_sum", "terms": [{"score": "fit", "weight": 0.4}, {"score": "engagement"}]}, "min": 0, "max": 200},
    {"id": "lower", "from": {"kind": "min", "scores": ["fit", "total"]}},
    {"id": "higher", "from": {"kind": "max", "scores": ["fit", "lower"]}},
    {"id": "chance", "from": {"kind": "logistic", "score": "total", "midpoint": 60, "spread": 12}},
    {"id": "grade", "from": {"kind": "lookup", "score": "higher", "steps": [{"at_least": 30, "points": 1}, {"at_least": 60, "points": 2}]}}
  ],
  "resets": [
    {"id": "recycled", "funnel": "sales", "stage": "rejected", "scores": ["engagement"]},
    {"id": "unsubscribed", "on": {"type": "mail_click", "where": {"property": "channel", "equals": "unsubscribe"}}}
  ],
  "exclusions": [{"id": "objects", "when": {"attribute": "opted_out", "equals": true}}],
  "freezes": [{"id": "with_sales", "when": {"current_stage": "sales", "equals": "accepted"}, "scores": ["warmth"]}],
  "bandings": [
    {"id": "fitness", "score": "fit", "bands": [{"id": "C"}, {"id": "B", "enter": 40}, {"id": "A", "enter": 70}]},
    {"id": "heat", "score": "engagement", "min_dwell": "1d", "bands": [{"id": "cold"}, {"id": "hot", "enter": 80, "leave": 60}]}
  ],
  "matrices": [
    {"id": "class", "rows": "fitness", "columns": "heat", "classes": [["c", "b"], ["b", "a"], ["a", "aa"]]},
    {"id": "joined", "rows": "heat", "columns": "fitness"}
  ]
}
)json";

/// Two funnels.
inline constexpr std::string_view moving = R"json({
  "id": "moving",
  "version": "1",
  "time_zone": "Asia/Tokyo",
  "attributes": [
    {"id": "email"},
    {"id": "company"},
    {"id": "owner"},
    {"id": "budget", "type": "number"},
    {"id": "asked_at", "type": "timestamp"},
    {"id": "interests", "type": "set"},
    {"id": "qualified", "type": "bool"}
  ],
  "properties": [{"id": "url"}],
  "touchpoints": [{"id": "page_view", "value": "seconds"}, {"id": "call"}, {"id": "inquiry"}],
  "roles": {"email": "email", "account": "company", "owner": "owner"},
  "calendars": [
    {"id": "office", "time_zone": "Europe/Berlin", "holidays": ["2026-01-01", "2026-12-25"],
     "hours": [{"days": ["monday", "tuesday", "wednesday", "thursday"], "from": "09:00", "to": "17:30"},
               {"days": ["friday"], "from": "09:00", "to": "24:00"}]},
    {"id": "late_shift", "hours": [{"days": ["saturday", "sunday"], "from": "12:00", "to": "20:00"}], "owners": ["sato", "night_queue"]}
  ],
  "funnels": [
    {"id": "sales", "moves": "declared", "source": "a house rule",
     "stages": [
       {"id": "inquiry", "entry": true, "target_conversion": 0.25, "target_time": "14d"},
       {"id": "mql",
        "slas": [{"id": "called", "due": {"after": "8h", "since": "assignment", "calendar": "office"}, "warn_before": "2h", "met_by": {"type": "call"}},
                 {"id": "decided", "due": {"after": "10d"}, "warn_before": "1d"}]},
       {"id": "accepted", "phase": "sales"},
       {"id": "won", "phase": "closed", "terminal": true},
       {"id": "lost", "phase": "closed", "terminal": true}],
     "transitions": [
       {"id": "asks", "to": "inquiry", "on": {"type": "inquiry"}},
       {"id": "hot", "from": "inquiry", "to": "mql",
        "when": {"all": [{"score": "engagement", "at_least": 80}, {"band": "fitness", "in": ["A", "B"]}]},
        "then": {"assign": "night_queue", "alert": "handed_over"}},
       {"id": "cold", "from": "mql", "to": "inquiry", "when": {"score": "engagement", "less": 40}},
       {"id": "talks", "from": ["inquiry", "mql"], "to": "accepted",
        "on": {"type": "call", "where": {"property": "url", "exists": false}}, "when": {"class": "priority", "equals": "Ahot"}},
       {"id": "too_late", "from": "accepted", "to": "lost", "after": {"after": "90d", "since": "touchpoint", "on": {"type": "page_view"}}},
       {"id": "win", "from": "accepted", "to": "won", "manual": true},
       {"id": "give_up", "from": "*", "to": "lost", "when": {"time_in_stage": "sales", "at_least": "365d"}},
       {"id": "recycle", "from": "lost", "to": "inquiry", "after": {"after": "180d"},
        "then": {"reset": ["engagement"], "cycle": true,
                 "set": {"owner": null, "budget": 0, "asked_at": "2026-04-01T09:00:00+09:00", "interests": ["sensors"], "qualified": false}}}]},
    {"id": "support", "stages": [{"id": "open"}, {"id": "done"}]}
  ],
  "scores": [{"id": "fit", "max": 100}, {"id": "engagement", "max": 100}],
  "rules": [
    {"kind": "attribute", "id": "large", "score": "fit", "points": 50, "when": {"attribute": "budget", "at_least": 1000}},
    {"kind": "occurrence", "id": "views", "score": "engagement", "on": {"type": "page_view"}, "points": 20}
  ],
  "bandings": [
    {"id": "fitness", "score": "fit", "bands": [{"id": "C"}, {"id": "B", "enter": 20}, {"id": "A", "enter": 40}]},
    {"id": "heat", "score": "engagement", "bands": [{"id": "cold"}, {"id": "hot", "enter": 80, "leave": 60}]}
  ],
  "matrices": [{"id": "priority", "rows": "fitness", "columns": "heat"}],
  "alerts": [
    {"id": "handed_over", "explain": "engagement"},
    {"id": "warm_again", "when": {"all": [{"current_stage": "sales", "equals": "lost"}, {"score": "engagement", "greater": 60}]},
     "rearm": {"score": "engagement", "less": 20}, "cooldown": "7d"}
  ]
}
)json";

/// One rule, and what it needs.
inline constexpr std::string_view small = R"json({
  "id": "small",
  "touchpoints": [{"id": "visit"}],
  "scores": [{"id": "s"}],
  "rules": [{"kind": "occurrence", "id": "r", "score": "s", "on": {"type": "visit"}, "points": 1}]
}
)json";

} // namespace good
