# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""durable_rules: an event is a fact, taken back at once (a message would go to one rule alone).

The caller keeps the scores, and leads are no `sid` of theirs: a state of its own for each lead
takes a hundred kilobytes and more, and six times as long.
"""

from __future__ import annotations

import functools
import operator

from durable import engine, lang

from .data import Events
from .work import EVENT_RULES


class EventPeer:
    name = "durable_rules"
    begun = 0

    def __init__(self, events: Events) -> None:
        self.events = events

    def start(self) -> None:
        self.scores = [0] * len(self.events.industry)
        EventPeer.begun += 1  # rulesets of one process share their names
        self.rules = f"events_{EventPeer.begun}"
        m = lang.m
        with lang.ruleset(self.rules):
            for type_, points, industries, least in EVENT_RULES:
                when = m.type == type_
                if industries:
                    when = when & functools.reduce(
                        operator.or_, (m.industry == i for i in industries)
                    )
                if least:
                    when = when & (m.value >= least)
                lang.when_all(when)(self.award(points))

    def award(self, points: int):
        def action(c):
            self.scores[c.m.lead] += points

        return action

    def run(self) -> list[float]:
        rules, scores, industry, out = self.rules, self.scores, self.events.industry, []
        for n, (lead, _, type_, value) in enumerate(self.events.rows):
            event = {
                "id": n, "lead": lead, "type": type_, "industry": industry[lead], "value": value,
            }
            try:
                lang.assert_fact(rules, event)
            except engine.MessageNotHandledException:  # no rule asks for it
                pass
            lang.retract_fact(rules, event)
            out.append(scores[lead])
        return out

    code = [start, award, run]
