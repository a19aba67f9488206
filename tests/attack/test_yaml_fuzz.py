# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""YAML texts, changed at random: read like a slow, obvious reader reads them, or refused with an error.

`LEADFUNNEL_FUZZ_SECONDS` sets the time, `LEADFUNNEL_SEED` the random numbers.
"""

import json
import math
import os
import random
import re
import time

import pytest

import leadfunnel as lf
from leadfunnel import _yaml

yaml = pytest.importorskip("yaml")

SECONDS = float(os.environ.get("LEADFUNNEL_FUZZ_SECONDS", "3"))
SEED = int(os.environ.get("LEADFUNNEL_SEED", "1"))

SEEDS = [
    "id: m\nscores: [{id: s}]\nrules:\n  - {kind: occurrence, id: a, score: s, on: t, points: 012}\n",
    "a: &a {x: 1, y: [no, 0x1F, .5, -1e3, ~, '']}\nb: {<<: *a, y: *a}\nc: [*a, {<<: [*a, {z: 1}]}]\n",
    "a: |\n  text\n  more\nb: >-\n  folded\n  text\n? c\n: !!str 12\nd: \"\\u00e9\\n\" # note\n",
    "- - 1\n  - [a, b: c, {d}]\n- &x !!map {}\n- !!seq []\n- *x\n- 'it''s'\n- 日本\n",
    "--- # one\na: true\nb: .inf\n...\n",
    '"\\e[3m": 1\nb: !!int "\\e[1m"\n',
    "%YAML 1.2\n---\na: 17:30\nb: 2026-01-01\nc: 1_000\n",
]
PIECES = [
    "&a ", "*a", "<<: ", "!!str ", "!!int ", "!x ", "[", "]", "{", "}", ",", ": ", "- ", "? ", "|\n", ">\n",
    "\n", "  ", "#", "'", '"', "\\", "~", "null", "true", "0", "1", "-", "+", ".", "e5", "0x", "0o7", ".nan",
    "---\n", "...\n", "%TAG ! a\n", "\t", "\0", "\x85", "\u2028", "\ufeff", "é", "日", "😀", "on", "a: 1\n",
]  # fmt: skip


WORDS = [
    "null", "Null", "~", "true", "False", "no", "on", "012", "0x1f", "0o17", "-1", "+.5", "5.", "1e3", ".inf",
    "-.INF", ".nan", "17:30", "2026-01-01", "1_0", "<<", "'<<'", "=", '"\\e[31m"', '"\\u202e"', "''",
]  # fmt: skip


def changed(text, dice):
    for _ in range(dice.randint(1, 4)):
        at = dice.randint(0, len(text))
        how = dice.randrange(6)
        if how == 0:
            text = text[:at] + dice.choice(PIECES) + text[at:]
        elif how == 1:
            text = text[:at] + text[at + dice.randint(1, 6) :]
        elif how == 2:
            other = dice.choice(SEEDS)
            begin = dice.randint(0, len(other))
            text = text[:at] + other[begin : begin + dice.randint(1, 20)] + text[at:]
        elif how == 3:
            end = dice.randint(at, len(text))
            text = text[:end] + text[at:end] + text[end:]
        elif how == 4:
            words = list(re.finditer(r"[\w.+~-]+", text)) or [re.match("", text)]
            word = dice.choice(words)
            text = text[: word.start()] + dice.choice(WORDS) + text[word.end() :]
        else:
            text = text[:at] + chr(dice.choice([dice.randint(0, 127), dice.randint(128, 0x2FFF)])) + text[at:]
    return text[:2000]


# ---- the slow, obvious reader: PyYAML's own nodes, and the core schema as YAML 1.2 prints it


class Odd(Exception):
    """Raised where the text has something that no model can have."""


def core(text):
    if re.fullmatch(r"null|Null|NULL|~|", text):
        return None
    if re.fullmatch(r"true|True|TRUE|false|False|FALSE", text):
        return text.lower() == "true"
    if re.fullmatch(r"[-+]?[0-9]+", text):
        return int(text)
    if re.fullmatch(r"0o[0-7]+", text):
        return int(text[2:], 8)
    if re.fullmatch(r"0x[0-9a-fA-F]+", text):
        return int(text[2:], 16)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text):
        return float(text)
    if re.fullmatch(r"[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN", text):
        raise Odd
    return text


class Loader(yaml.SafeLoader):
    """Leaves the tag of a node without a tag empty."""

    def compose_scalar_node(self, anchor):
        says_text = self.peek_event().tag == "!"  # PyYAML treats it like no tag
        node = super().compose_scalar_node(anchor)
        if says_text:
            node.tag = "!"
        return node

    def resolve(self, kind, value, implicit):
        if kind is yaml.ScalarNode:
            return "plain" if implicit[0] else "quoted"
        return "plain"


def obvious(node, above=()):
    if node in above:
        raise Odd
    core_ = "tag:yaml.org,2002:"
    if isinstance(node, yaml.ScalarNode):
        if node.tag in ("quoted", "!", core_ + "str"):
            return node.value
        value = core(node.value)
        kinds = {"null": type(None), "bool": bool, "int": int, "float": (int, float)}
        if node.tag == "plain":
            return value
        kind = kinds.get(node.tag.removeprefix(core_))
        if kind is None or not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Odd
        return value
    if node.tag not in ("plain", "!", core_ + "map", core_ + "seq"):
        raise Odd
    if isinstance(node, yaml.SequenceNode):
        if node.tag == core_ + "map":
            raise Odd
        return [obvious(each, (*above, node)) for each in node.value]
    if node.tag == core_ + "seq":
        raise Odd
    out = {}
    merged = []
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise Odd
        if key.tag not in ("plain", "quoted", "!") and not key.tag.startswith(core_):
            raise Odd
        if key.value == "<<" and key.style is None:
            if merged:
                raise Odd
            made = obvious(value, (*above, node))
            merged = [made if isinstance(made, list) else [made]]
            if not all(isinstance(m, dict) for m in merged[0]):
                raise Odd
            continue
        if key.value in out:
            raise Odd
        out[key.value] = obvious(value, (*above, node))
    for each in merged[0] if merged else ():
        out = {**each, **out}
    return out


def differs(text):
    """How the reading of a text is wrong; empty if it is right."""
    began = time.process_time()
    try:
        out, root = _yaml.read(text, "m.yaml")
        error = None
    except lf.ModelError as e:
        [error] = e.issues
    if time.process_time() - began > 1:
        return "it takes more than a second"
    lines = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").splitlines() or [""]
    if error is not None:
        if error.line < 1 or error.column < 1 or not error.message:
            return f"the error has no place: {error}"
        if not (error.message + str(error)).isprintable():
            return f"the error prints what controls a terminal: {error!r}"
    try:
        node = yaml.compose(text, Loader)
        expected = None if node is None else obvious(node)
    except (yaml.YAMLError, Odd, ValueError):
        # libyaml and PyYAML disagree on some texts that are hardly YAML.
        return ""
    if error is not None:
        known = ("too ", "directive", "control", "found", "expected", "anchor", "mapping values", "block ",
                 "is no number", "given twice", "a key is", "not allowed", "could not", "invalid", "incomplete")
        return "" if any(k in error.message for k in known) else f"it is refused: {error}"
    got = json.loads(out) if out else None
    if not same(got, expected):
        return f"it is {got!r}, not {expected!r}"
    if root.line > len(lines) + 1:
        return "its place is beyond the text"
    return ""


def same(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return a == b or math.isclose(a, b)
    return type(a) is type(b) and a == b


def search(seconds, seed):
    dice = random.Random(seed)
    pool = list(SEEDS)
    tried = 0
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        text = changed(dice.choice(pool), dice)
        why = differs(text)
        if why:
            return tried, text, why
        tried += 1
        if len(pool) < 500 and dice.random() < 0.05:
            pool.append(text)
    return tried, None, ""


def test_random_texts_are_read_as_the_slow_reader_reads_them():
    tried, text, why = search(SECONDS, SEED)
    assert text is None, f"after {tried} texts: {text!r}: {why}"
    assert tried > 100
    print(f"{tried} texts")


@pytest.mark.parametrize(
    "fault",
    [
        lambda m: m.setattr(_yaml, "_FIRST", _yaml._FIRST - {"n"}),  # null is a text
        lambda m: m.setitem(_yaml._WORDS, "no", ("bool", "false")),  # YAML 1.1
        lambda m: m.setattr(_yaml._Reader, "_merge", lambda self, done, event: None),
        lambda m: m.setattr(_yaml, "_shown", lambda text: f"'{text}'"),
    ],
    ids=["null", "no", "merge", "raw"],
)
def test_the_search_finds_planted_faults(monkeypatch, fault):
    fault(monkeypatch)
    tried, text, _ = search(30, SEED)
    assert text is not None, f"not within {tried} texts"
