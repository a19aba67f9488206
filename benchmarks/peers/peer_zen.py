# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""GoRules zen: a decision table that collects all rules that hit; the caller keeps the scores."""

from __future__ import annotations

import zen

from .data import Events
from .work import EVENT_RULES


class EventPeer:
    name = "GoRules zen"

    def __init__(self, events: Events) -> None:
        self.events = events

    def start(self) -> None:
        columns = ["type", "industry", "value"]
        rules = [
            {
                "_id": str(k), "points": str(points), "type": f'"{t}"',
                "industry": ", ".join(f'"{i}"' for i in industries),
                "value": f">= {least}" if least else "",
            }
            for k, (t, points, industries, least) in enumerate(EVENT_RULES)
        ]
        table = {
            "hitPolicy": "collect",
            "inputs": [{"id": c, "name": c, "field": c} for c in columns],
            "outputs": [{"id": "points", "name": "points", "field": "points"}],
            "rules": rules,
        }
        nodes = [
            {"id": "in", "name": "in", "type": "inputNode"},
            {"id": "rules", "name": "rules", "type": "decisionTableNode", "content": table},
            {"id": "out", "name": "out", "type": "outputNode"},
        ]
        edges = [
            {"id": f"{a}-{b}", "type": "edge", "sourceId": a, "targetId": b}
            for a, b in (("in", "rules"), ("rules", "out"))
        ]
        # From a static loader a table is compiled once; `create_decision` is twenty times slower.
        content = {"events": {"nodes": nodes, "edges": edges}}
        self.engine = zen.ZenEngine({"loader": {"type": "static", "content": content}})
        self.scores = [0] * len(self.events.industry)

    def run(self) -> list[float]:
        evaluate, scores, industry, out = (
            self.engine.evaluate, self.scores, self.events.industry, []
        )
        for lead, _, type_, value in self.events.rows:
            event = {"type": type_, "industry": industry[lead], "value": value}
            hits = evaluate("events", event)["result"]
            scores[lead] += sum(hit["points"] for hit in hits or ())
            out.append(scores[lead])
        return out

    code = [start, run]
