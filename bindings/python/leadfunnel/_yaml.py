# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Models in YAML: converts a text to JSON, and remembers where each part stands in the text.

libyaml, which PyYAML has, splits the text into events, once. Scalars follow the core schema of YAML
1.2: ``on``, ``no`` and ``17:30`` are texts, ``012`` is 12. Anchors, aliases and merges (``<<``) work.
An alias counts as all that it stands for, so that no text grows without bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from json import encoder
from typing import Any, NoReturn

from ._errors import Issue, ModelError, need

# The limits of models in JSON; and a limit on values, which cost more here than in JSON.
MOST_BYTES = 16 << 20
MOST_LEVELS = 64
MOST_ELEMENTS = 100_000
MOST_VALUES = 200_000

_quoted: Callable[[str], str] = encoder.encode_basestring
_CORE = "tag:yaml.org,2002:"
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), ("null", "null")),
    **dict.fromkeys(("true", "True", "TRUE"), ("bool", "true")),
    **dict.fromkeys(("false", "False", "FALSE"), ("bool", "false")),
}
_FIRST = frozenset("0123456789+-.~nNtTfF")
_NUMBER = re.compile(
    r"([-+]?)(?:([0-9]+)(\.[0-9]*)?|(\.[0-9]+))([eE][-+]?[0-9]+)?\Z|0o([0-7]+)\Z|0x([0-9a-fA-F]+)\Z"
)
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")


class Node:
    """A value, and its line and column in the text, from 1."""

    __slots__ = ("column", "json", "levels", "line", "of", "size", "values")

    def __init__(self, line: int, column: int, json: str, of: Any = None) -> None:
        self.line = line
        self.column = column
        self.json = json  # a scalar's
        self.of = of  # a mapping's dict, a sequence's list
        # These three count the node and all within it.
        self.values = 1
        self.size = len(json) + 2  # an upper bound of the size of the JSON
        self.levels = 0 if of is None else 1

    def place(self, pointer: str) -> tuple[int, int]:
        """The place of the value that a JSON pointer names, or of the nearest value around it."""
        node = self
        for token in pointer.split("/")[1:]:
            of = node.of
            following = None
            if isinstance(of, dict):
                following = of.get(token.replace("~1", "/").replace("~0", "~"))
            elif isinstance(of, list) and token.isdecimal() and len(token) < 10:
                following = of[int(token)] if int(token) < len(of) else None
            if following is None:
                break
            node = following
        return node.line, node.column

    def write(self, out: list[str]) -> None:
        """Appends the JSON in pieces. The recursion has at most `MOST_LEVELS` levels."""
        of = self.of
        if of is None:
            out.append(self.json)
        elif isinstance(of, list):
            between = "["
            for each in of:
                out.append(between)
                each.write(out)
                between = ","
            out.append("]" if of else "[]")
        else:
            between = "{"
            for key, each in of.items():
                out.append(f"{between}{_quoted(key)}:")
                each.write(out)
                between = ","
            out.append("}" if of else "{}")


class _Open:
    """A mapping or a sequence that has not ended yet."""

    __slots__ = ("anchor", "is_mapping", "is_merge", "key", "merges", "node")

    def __init__(self, node: Node, anchor: str | None, is_mapping: bool) -> None:
        self.node = node
        self.anchor = anchor
        self.is_mapping = is_mapping
        self.key: str | None = None  # the key whose value comes next
        self.is_merge = False  # whether that key is `<<`
        self.merges: list[Node] | None = None


class _Reader:
    """Makes nodes of events, with a stack of open mappings and sequences instead of recursion."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._values = 0
        self._size = 0
        self._anchors: dict[str, Node | None] = {}  # None while the node is open

    def refuse(
        self, line: int, column: int, message: str, expected: str = "", hint: str = "",
        code: str = "syntax",
    ) -> NoReturn:
        raise ModelError(
            [Issue(code, "error", self._file, line, column, "", message, expected, hint)]
        )

    def _refuse(
        self, event: Any, message: str, expected: str = "", hint: str = "", code: str = "syntax"
    ) -> NoReturn:
        mark = event.start_mark
        self.refuse(mark.line + 1, mark.column + 1, message, expected, hint, code)

    def _spend(self, event: Any, values: int, size: int) -> None:
        self._values += values
        self._size += size
        if self._values > MOST_VALUES:
            self._refuse(
                event, "the text has too many values, aliases counted as what they stand for",
                f"at most {MOST_VALUES}", "write large models in JSON", "too_large",
            )
        if self._size > MOST_BYTES:
            self._refuse(
                event, "the text is too large, aliases counted as what they stand for",
                f"at most {MOST_BYTES} bytes", "", "too_large",
            )

    def read(self, events: Iterator[Any], yaml: Any) -> Node | None:
        """The root, if the text has one."""
        scalar_event, alias_event = yaml.ScalarEvent, yaml.AliasEvent
        mapping_start, sequence_start = yaml.MappingStartEvent, yaml.SequenceStartEvent
        ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        stack: list[_Open] = []
        root: Node | None = None
        documents = 0
        for event in events:
            kind = type(event)
            top = stack[-1] if stack else None
            is_key = top is not None and top.is_mapping and top.key is None
            if kind is scalar_event:
                if is_key:
                    assert top is not None
                    self._key(top, event)
                    continue
                mark = event.start_mark
                text = event.value
                is_text = event.tag is None and (event.style or text[:1] not in _FIRST and text)
                json = _quoted(text) if is_text else self._scalar(event)
                node = Node(mark.line + 1, mark.column + 1, json)
                self._spend(event, 1, node.size)
                if event.anchor is not None:
                    self._anchors[event.anchor] = node
            elif kind is mapping_start or kind is sequence_start:
                is_mapping = kind is mapping_start
                what = "mapping" if is_mapping else "list"
                if is_key:
                    self._refuse(event, f"a key is a {what}", "a text")
                if event.tag not in (None, "!", _CORE + ("map" if is_mapping else "seq")):
                    self._refuse_tag(event)
                if len(stack) >= MOST_LEVELS:
                    self._refuse_levels(event)
                mark = event.start_mark
                node = Node(mark.line + 1, mark.column + 1, "", {} if is_mapping else [])
                self._spend(event, 1, node.size)
                if event.anchor is not None:
                    self._anchors[event.anchor] = None
                stack.append(_Open(node, event.anchor, is_mapping))
                continue
            elif kind in ends:
                done = stack.pop()
                node = done.node
                if done.merges:
                    self._merge(done, event)
                if done.anchor is not None:
                    self._anchors[done.anchor] = node
                top = stack[-1] if stack else None
            elif kind is alias_event:
                if is_key:
                    self._refuse(event, "a key is an alias", "a text")
                node = self._alias(event, len(stack))
            else:
                if kind is yaml.DocumentStartEvent:
                    documents += 1
                    if documents > 1:
                        self._refuse(event, "text after the end of the model: a second document")
                continue
            if top is None:
                root = node
            else:
                self._put(top, node, event)
        return root

    # ---- what stands where

    def _key(self, top: _Open, event: Any) -> None:
        key = event.value
        if event.tag is not None and event.tag != "!" and not event.tag.startswith(_CORE):
            self._refuse_tag(event)
        top.is_merge = key == "<<" and not event.style
        if key in top.node.of or (top.is_merge and top.merges is not None):
            line = f"; the first is at line {top.node.of[key].line}" if not top.is_merge else ""
            self._refuse(event, f"{_shown(key)} is given twice{line}", code="duplicate_key")
        top.key = key
        size = 2 * len(key) + 4
        top.node.size += size
        self._spend(event, 0, size)

    def _put(self, top: _Open, node: Node, event: Any) -> None:
        into = top.node
        if not top.is_mapping:
            into.of.append(node)
        elif top.is_merge:
            self._take_merges(top, node)
            top.key = None
            return
        else:
            into.of[top.key] = node
            top.key = None
        if len(into.of) > MOST_ELEMENTS:
            self._refuse(
                event, "a list or mapping has too many elements", f"at most {MOST_ELEMENTS}",
                code="too_large",
            )
        into.values += node.values
        into.size += node.size
        if node.levels >= into.levels:
            into.levels = node.levels + 1

    def _alias(self, event: Any, depth: int) -> Node:
        name = event.anchor
        if name not in self._anchors:
            self._refuse(event, f"there is no anchor {_shown('&' + name)} before this alias")
        node = self._anchors[name]
        if node is None:
            self._refuse(event, f"the alias {_shown('*' + name)} stands within what it stands for")
        self._spend(event, node.values, node.size)
        if depth + node.levels > MOST_LEVELS:
            self._refuse_levels(event)
        return node

    def _take_merges(self, top: _Open, node: Node) -> None:
        given = node.of if isinstance(node.of, list) else [node]
        if not all(isinstance(each.of, dict) for each in given):
            self.refuse(
                node.line, node.column, "'<<' merges mappings only", "a mapping, or a list of them"
            )
        top.merges = given

    def _merge(self, done: _Open, event: Any) -> None:
        """Adds merged keys. The mapping's own keys win, then those of earlier mappings."""
        into = done.node
        for given in done.merges or ():
            for key, each in given.of.items():
                if key in into.of:
                    continue
                self._spend(event, each.values, each.size + 2 * len(key) + 4)
                into.of[key] = each
                into.values += each.values
                into.size += each.size + 2 * len(key) + 4
                into.levels = max(into.levels, each.levels + 1)

    # ---- scalars

    def _scalar(self, event: Any) -> str:
        """A scalar as JSON."""
        text: str = event.value
        tag = event.tag
        if tag is None:
            return self._resolved(event, text)[1]
        if tag == "!" or tag == _CORE + "str":
            return _quoted(text)
        if tag not in (_CORE + "null", _CORE + "bool", _CORE + "int", _CORE + "float"):
            self._refuse_tag(event)
        kind, json = self._resolved(event, text)
        wanted = tag.removeprefix(_CORE)
        if kind != wanted and (kind, wanted) != ("int", "float"):
            self._refuse(event, f"{_shown(text)} is no {wanted}")
        return json

    def _resolved(self, event: Any, text: str) -> tuple[str, str]:
        """The type of a plain scalar, and its JSON."""
        word = _WORDS.get(text)
        if word is not None:
            return word
        match = _NUMBER.match(text)
        if match is None:
            if _NO_NUMBER.match(text):
                self._refuse(
                    event, f"{_shown(text)} is no number that a model can have", "a finite number",
                    code="out_of_range",
                )
            return "str", _quoted(text)
        sign, whole, point, fraction, power, octal, hexadecimal = match.groups()
        digits = octal or hexadecimal
        if len(digits or "") > 16 or len(power or "") > 6:
            self._refuse(event, f"{_shown(text)} is too large", code="out_of_range")
        if digits:
            return "int", str(int(digits, 8 if octal else 16))
        minus = "-" if sign == "-" else ""
        whole = (whole or "").lstrip("0") or "0"
        fraction = fraction or point or ""
        if len(fraction) < 2:
            fraction = ""
        kind = "int" if point is None and not fraction and power is None else "float"
        return kind, f"{minus}{whole}{fraction}{power or ''}"

    def _refuse_tag(self, event: Any) -> NoReturn:
        tag = event.tag
        shown = "!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag
        self._refuse(
            event, f"the tag {_shown(shown)} is not for models",
            "no tag, or one of !!str, !!int, !!float, !!bool, !!null, !!map, !!seq",
        )

    def _refuse_levels(self, event: Any) -> NoReturn:
        self._refuse(
            event, "lists and mappings are nested too deep", f"at most {MOST_LEVELS} levels",
            code="too_large",
        )


def _shown(text: str) -> str:
    """A text in quotes, short and on one line."""
    cut = text if len(text) <= 60 else text[:60] + "…"
    return "'" + "".join(c if c.isprintable() else "?" for c in cut) + "'"


def read(text: str | bytes, file: str) -> tuple[str, Node]:
    """Converts a YAML text to JSON. Also returns the root node, which knows the places.

    O(bytes + values), at most a second for a megabyte.

    Raises
    ------
    ModelError
        If the text is no YAML, exceeds the limits, or contains what no model can contain.
    """
    yaml = need("yaml", "Model.from_yaml", "pyyaml")
    reader = _Reader(file)
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if len(raw) > MOST_BYTES:
        reader.refuse(
            1, 1, f"the file has {len(raw)} bytes", f"at most {MOST_BYTES}", code="too_large"
        )
    try:
        plain = raw.decode()
    except UnicodeDecodeError as e:
        before = raw[: e.start].decode()
        line, column = _place(before)
        reader.refuse(line, column, "text that is not UTF-8", "", "save the file as UTF-8")
    # Models have no tags of their own; libyaml's time for these is quadratic.
    if directive := re.search(r"^%TAG", plain, re.MULTILINE):
        reader.refuse(*_place(plain[: directive.start()]), "the directive '%TAG' is not for models")
    try:
        root = reader.read(yaml.parse(plain, getattr(yaml, "CSafeLoader", yaml.SafeLoader)), yaml)
    except yaml.reader.ReaderError as e:
        reader.refuse(*_place(raw[: e.position].decode(errors="ignore")), "a control character")
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None) or getattr(e, "context_mark", None)
        message = getattr(e, "problem", None) or "this is no YAML"
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        reader.refuse(line, column, message)
    out: list[str] = []
    if root is not None:
        root.write(out)
    return "".join(out), root or Node(1, 1, "")


def _place(before: str) -> tuple[int, int]:
    """The line and column after a text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")
