// Distributed under the Boost Software License, Version 1.0. See LICENSE.
#pragma once

/// \file
/// A good model that uses everything a model can say, and smaller ones. The bad ones are made from
/// them.

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
    {"kind": "attribute", "id": "size", "score": "fit", "points": 20,
     "when": {"all": [{"attribute": "employees", "at_least": 300}, {"attribute": "industry", "in": ["Machinery", "Electronics"]}]}},
    {"kind": "attribute", "id": "who", "score": "fit", "points": 10,
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

/// One rule, and what it needs.
inline constexpr std::string_view small = R"json({
  "id": "small",
  "touchpoints": [{"id": "visit"}],
  "scores": [{"id": "s"}],
  "rules": [{"kind": "occurrence", "id": "r", "score": "s", "on": {"type": "visit"}, "points": 1}]
}
)json";

} // namespace good
