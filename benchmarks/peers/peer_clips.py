# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""CLIPS (clipspy): an event is a fact for as long as the rules run; the caller keeps the scores.

`run` takes longer with every event that an environment has seen, however facts are retracted, so
there is a new one every thousand events: three times as fast over 20,000 of them as one for all.
"""

from __future__ import annotations

import clips

from .data import Events
from .work import EVENT_RULES


class EventPeer:
    name = "CLIPS"

    def __init__(self, events: Events) -> None:
        self.events = events

    def start(self) -> None:
        self.scores = [0] * len(self.events.industry)

    def environment(self):
        env = clips.Environment()
        env.build("(defglobal ?*points* = 0)")
        env.build("(deftemplate touch (slot type) (slot industry) (slot value))")
        for k, (type_, points, industries, least) in enumerate(EVENT_RULES):
            slots = f'(type "{type_}")'
            if industries:
                slots += " (industry " + "|".join(f'"{i}"' for i in industries) + ")"
            if least:
                slots += f" (value ?v&:(>= ?v {least}))"
            env.build(
                f"(defrule rule_{k} (touch {slots}) => (bind ?*points* (+ ?*points* {points})))"
            )
        return env, env.find_template("touch"), env.find_global("points")

    def run(self) -> list[float]:
        scores, industry, out = self.scores, self.events.industry, []
        for n, (lead, _, type_, value) in enumerate(self.events.rows):
            if n % 1000 == 0:
                fact = None
                env, touch, points = self.environment()
            points.value = 0
            fact = touch.assert_fact(type=type_, industry=industry[lead], value=value)
            env.run()
            fact.retract()
            scores[lead] += points.value
            out.append(scores[lead])
        return out

    code = [environment, run]
