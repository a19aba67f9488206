# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Texts that are chosen to collide cost what other texts cost.

The library once hashed texts without a key. Whoever knows such a hash can choose as many texts as
they like that all have one hash; a table of n of them then takes n² steps. Texts are crafted here
against both hashes that there were, and go in through every door.
"""

import json
from functools import cache

import numpy as np
import pytest

CROWD = 40_000

# The limit is what the crowd may cost beside as many random texts. Colliding ones cost 44 to 275
# times as much.
MOST = 3.0

_LOW = np.uint64(0xFFFF_FFFF)
_32 = np.uint64(32)


def _mixed_product(a: np.ndarray, b: int) -> np.ndarray:
    """Both halves of a product of 128 bits, by exclusive or."""
    b_low, b_high = np.uint64(b & 0xFFFF_FFFF), np.uint64(b >> 32)
    a_low, a_high = a & _LOW, a >> _32
    low = a_low * b_low
    middle = a_high * b_low + (low >> _32)
    other = a_low * b_high + (middle & _LOW)
    high = a_high * b_high + (middle >> _32) + (other >> _32)
    return ((other << _32) | (low & _LOW)) ^ high


class Multiplied:
    """Of tables: two words, each multiplied into what came before."""

    odd = 0xA076_1D64_78BD_642F
    other = 0xE703_7ED1_A0B4_28DB
    start = np.uint64(16 * other % 2**64)

    def hash(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        h = _mixed_product(self.start ^ first, self.odd)
        h = _mixed_product(h ^ last, self.odd) ^ np.uint64(self.other)
        h = _mixed_product(h, self.odd)
        return (h ^ (h >> _32)) & _LOW

    def last(self, first: np.ndarray, goal: int) -> np.ndarray:
        return _mixed_product(self.start ^ first, self.odd) ^ np.uint64(goal)


class Shifted:
    """Of engines: each word is mixed by shifts and a product. `seed` tells tables apart."""

    k = np.uint64(0xD6E8_FEB8_6659_FD93)
    m = np.uint64(0x9E37_79B9_7F4A_7C15)

    def __init__(self, seed: int) -> None:
        self.start = np.uint64((seed + 16 * int(self.k)) % 2**64)

    @classmethod
    def mixed(cls, h: np.ndarray) -> np.ndarray:
        h = h ^ (h >> _32)
        h = h * cls.m
        return h ^ (h >> np.uint64(29))

    @classmethod
    def unmixed(cls, h: np.ndarray) -> np.ndarray:
        h = h ^ (h >> np.uint64(29)) ^ (h >> np.uint64(58))
        h = h * np.uint64(pow(int(cls.m), -1, 2**64))
        return h ^ (h >> _32)

    def hash(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        h = (self.start ^ self.mixed(first)) * self.k
        return self.mixed((h ^ self.mixed(last)) * self.k)

    def last(self, first: np.ndarray, goal: int) -> np.ndarray:
        return self.unmixed((self.start ^ self.mixed(first)) * self.k ^ np.uint64(goal))


def _craft(old: Multiplied | Shifted) -> list[str]:
    """Distinct texts of sixteen letters that have one hash: of each first word the last follows."""
    texts: list[np.ndarray] = []
    found = 0
    for block in range(1_000):
        n = np.arange(block << 18, (block + 1) << 18, dtype=np.uint64)
        first = np.zeros_like(n)
        for place in range(8):
            first |= (np.uint64(ord("a")) + (n >> np.uint64(4 * place) & np.uint64(15))) << np.uint64(8 * place)
        last = old.last(first, 0x0123_4567_89AB_CDEF)
        # Letters and signs of one byte each, none of them zero.
        high = np.uint64(0x8080_8080_8080_8080)
        ones = np.uint64(0x0101_0101_0101_0101)
        good = ((last & high) == 0) & ((((last - ones) & ~last) & high) == 0)
        texts.append(np.stack([first[good], last[good]], axis=1))
        found += len(texts[-1])
        if found >= CROWD:
            break
    words = np.concatenate(texts)[:CROWD]
    assert len(np.unique(words, axis=0)) == CROWD
    assert len(np.unique(old.hash(words[:, 0], words[:, 1]))) == 1, "they collide"
    return [row.tobytes().decode("ascii") for row in words.astype("<u8")]


def _plain_multiplied(text: bytes) -> int:
    """The old hash as it was written, for one text."""
    mask = 2**64 - 1

    def mix(a: int, b: int) -> int:
        p = a * b
        return (p & mask) ^ (p >> 64)

    h = 16 * Multiplied.other & mask
    for at in (0, 8):
        h = mix(h ^ int.from_bytes(text[at : at + 8], "little"), Multiplied.odd)
    h = mix(h ^ Multiplied.other, Multiplied.odd)
    return (h ^ h >> 32) & 0xFFFF_FFFF


def _plain_shifted(seed: int, text: bytes) -> int:
    mask = 2**64 - 1

    def mixed(h: int) -> int:
        h ^= h >> 32
        h = h * int(Shifted.m) & mask
        return h ^ h >> 29

    h = seed + 16 * int(Shifted.k) & mask
    for at in (0, 8):
        h = (h ^ mixed(int.from_bytes(text[at : at + 8], "little"))) * int(Shifted.k) & mask
    return mixed(h)


def _seed(n: int) -> int:
    """What the old hash made of the number of a table."""
    return int(Shifted.mixed(np.array([n], dtype=np.uint64))[0])


@cache
def _crowds() -> dict[str, list[str]]:
    return {
        "tables": _craft(Multiplied()),
        "leads": _craft(Shifted(0)),
        # Of an event without a source, and of a text among the values of an attribute or property.
        "event ids": _craft(Shifted(_seed(6) + 1)),
        "values": _craft(Shifted(_seed(3 + 3))),
    }


def test_the_crafted_texts_collide_under_the_old_hashes() -> None:
    crowds = _crowds()
    assert len({_plain_multiplied(s.encode()) for s in crowds["tables"][:500]}) == 1
    assert len({_plain_shifted(0, s.encode()) for s in crowds["leads"][:500]}) == 1
    for texts in crowds.values():
        assert len(set(texts)) == CROWD


_CODE = """
import datetime, time
model = lf.Model.from_json({model!r})
AT = datetime.datetime(2026, 1, 5, tzinfo=datetime.timezone.utc)
def events(texts):
    return {events}
def tables(texts):
    return {{"lead": texts, "at": [AT] * len(texts), "type": ["t"] * len(texts)}}
def cost(texts):
    best = None
    for _ in range(3):
        {prepare}
        began = time.process_time()
        {call}
        took = time.process_time() - began
        best = took if best is None else min(best, took)
    return best
result = [cost(texts) for texts in given]
"""

_MODEL = json.dumps(
    {
        "id": "hashes",
        "attributes": [{"id": "a"}],
        "properties": [{"id": "p"}],
        "touchpoints": [{"id": "t"}],
        "scores": [{"id": "s"}],
        "rules": [{"kind": "occurrence", "id": "r", "score": "s", "on": {"type": "t"}, "points": 1}],
    }
)

_LEADS = '[{"lead": s, "at": AT, "type": "t"} for s in texts]'
_EVENT_IDS = '[{"lead": "l%d" % (i % 100), "at": AT, "type": "t", "id": s} for i, s in enumerate(texts)]'
_VALUES = '[{"lead": "l%d" % i, "at": AT, "a": s} for i, s in enumerate(texts)]'

_DOORS = {
    "apply": ("leads", _LEADS, "made = events(texts); e = lf.Engine(model)", "e.apply(made)"),
    "load": ("leads", _LEADS, "made = events(texts); e = lf.Engine(model)", "e.load(made)"),
    "apply by event ids": ("event ids", _EVENT_IDS, "made = events(texts); e = lf.Engine(model)", "e.apply(made)"),
    "load values": ("values", _VALUES, "made = events(texts); e = lf.Engine(model)", "e.load(made)"),
    "score": ("tables", "[]", "made = tables(texts)", "lf.score(model, touchpoints=made, at=AT)"),
    "features": ("tables", "[]", "made = tables(texts)", "lf.features(model, touchpoints=made, cutoffs=AT)"),
}


@pytest.mark.parametrize("door", _DOORS)
def test_colliding_texts_cost_what_random_ones_cost(door: str, limited, tmp_path) -> None:
    which, events, prepare, call = _DOORS[door]
    random = np.random.default_rng(1)
    letters = random.integers(ord("a"), ord("z") + 1, size=(CROWD, 16), dtype=np.uint8)
    crowd = {"crafted": _crowds()[which], "random": [row.tobytes().decode() for row in letters]}
    (tmp_path / "texts.json").write_text(json.dumps([crowd["crafted"], crowd["random"]]))
    code = "import json\ngiven = json.load(open(given))\n" + _CODE.format(
        model=_MODEL, events=events, prepare=prepare, call=call
    )
    done = limited(code, str(tmp_path / "texts.json"), cpu=30, memory=1 << 30)
    crafted, other = done.result
    assert crafted <= MOST * other + 0.02, f"{crafted:.3f} s beside {other:.3f} s"
