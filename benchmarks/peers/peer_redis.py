# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Redis: a sorted set on a server of this machine. Scores grow with the time of awards, as for
SQLite. Each operation is one round trip; `redis_pipelined` sends a thousand at once."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time

import numpy as np
import redis

from .data import RANK, TOP, UPDATE, Ranking
from .work import BEGIN, HALF_LIFE, POINTS


def missing() -> str:
    """Why it cannot run, if so."""
    return "" if shutil.which("redis-server") else "redis-server is not installed"


class RankingPeer:
    name = "Redis"

    def __init__(self, ranking: Ranking) -> None:
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.folder = tempfile.TemporaryDirectory()
        self.server = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", self.folder.name],
            stdout=subprocess.DEVNULL,
        )
        self.db = redis.Redis(port=port)
        for _ in range(200):
            try:
                self.db.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        left = POINTS[ranking.type] * np.exp2((ranking.at - BEGIN) / HALF_LIFE)
        scores = np.bincount(ranking.lead, left, ranking.leads).tolist()
        for i in range(0, len(scores), 10_000):
            self.db.zadd("leads", {str(i + k): s for k, s in enumerate(scores[i : i + 10_000])})
        self.points = POINTS.tolist()

    def operation(self, kind, lead, type_, micros, at, db=None):
        db = db or self.db
        if kind == UPDATE:
            points = self.points[type_] * 2 ** ((micros - BEGIN) / HALF_LIFE)
            return db.zincrby("leads", points, lead)
        if kind == TOP:
            return db.zrevrange("leads", 0, 99, withscores=True)
        if kind == RANK:
            return db.zrevrank("leads", lead)

    def answer(self, kind, result, micros):
        left = 2 ** ((BEGIN - micros) / HALF_LIFE)
        return np.array([score for _, score in result]) * left if kind == TOP else result + 1

    def memory(self) -> int:
        """Bytes of the server, at most."""
        return int(self.db.info("memory")["used_memory_peak"])

    def processor(self) -> float:
        """Seconds of processor time of the server."""
        said = self.db.info("cpu")
        return said["used_cpu_user"] + said["used_cpu_sys"]

    def stop(self) -> None:
        self.db.close()
        self.server.terminate()
        self.server.wait(10)
        self.folder.cleanup()

    code = [__init__, operation]
