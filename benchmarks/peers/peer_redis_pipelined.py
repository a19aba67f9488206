# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Redis, a thousand operations sent at once."""

from __future__ import annotations

from . import peer_redis
from .peer_redis import missing as missing


class RankingPeer(peer_redis.RankingPeer):
    name = "Redis, pipelined"

    def many(self, operations):
        for i in range(0, len(operations), 1000):
            pipe = self.db.pipeline(transaction=False)
            for o in operations[i : i + 1000]:
                self.operation(*o, db=pipe)
            pipe.execute()

    code = [*peer_redis.RankingPeer.code, many]
