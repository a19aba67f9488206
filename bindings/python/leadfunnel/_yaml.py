# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Models in YAML: converts a text to JSON, and remembers the place of each value in the text.

libyaml, which PyYAML includes, splits the text into events. One pass over the events makes a tree.
Scalars follow the core schema of YAML 1.2: ``on``, ``no`` and ``17:30`` are texts, ``012`` is 12.
Anchors, aliases and merges (``<<``) work. An alias counts as all that it stands for, so no text grows
without bound.

A scalar is a tuple rather than an object with attributes: it is made faster, and Python's garbage
collector does not visit tuples of numbers and texts. This halves the time of a large model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from json import encoder
from typing import Any, NoReturn, Union

from ._errors import Issue, ModelError, need

# The limits of models in JSON, and one on values, which cost more here. It bounds the events of a text:
# a key counts as a value, and a mapping or a list as two, since it has a beginning and an end.
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
    """A mapping or a list, and its place in the text, counted from 1; 0 if it has none."""

    __slots__ = ("column", "levels", "line", "of", "size", "values")

    def __init__(self, line: int, column: int, of: Any) -> None:
        self.line = line
        self.column = column
        self.of = of  # a dict of keys to values, or a list of values
        # Of this node and all values in it:
        self.values = 2
        self.size = 2  # of its JSON, at most
        self.levels = 1

    def place(self, pointer: str) -> tuple[int, int]:
        """The line and column of the value that a JSON pointer names, or of the nearest around it."""
        value: Value = self
        for token in pointer.split("/")[1:]:
            of = None if isinstance(value, tuple) else value.of
            following = None
            if isinstance(of, dict):
                following = of.get(token.replace("~1", "/").replace("~0", "~"))
            elif isinstance(of, list) and token.isdecimal() and len(token) < 10:
                following = of[int(token)] if int(token) < len(of) else None
            if following is None:
                break
            value = following
        return _place_of(value)


# A scalar: line, column, and its JSON.
Scalar = tuple[int, int, str]
Value = Union[Node, Scalar]


def _place_of(value: Value) -> tuple[int, int]:
    return value[:2] if isinstance(value, tuple) else (value.line, value.column)


def _weight(value: Value) -> tuple[int, int, int]:
    """The number of values, the most bytes of JSON, and the levels, of a value and all in it."""
    if isinstance(value, tuple):
        return 1, len(value[2]) + 2, 0
    return value.values, value.size, value.levels


def _write(value: Value, out: list[str]) -> None:
    """Appends the JSON of a value, in pieces. Recurses, but at most `MOST_LEVELS` deep."""
    if isinstance(value, tuple):
        out.append(value[2])
    elif isinstance(value.of, list):
        between = "["
        for each in value.of:
            out.append(between)
            _write(each, out)
            between = ","
        out.append("]" if value.of else "[]")
    else:
        between = "{"
        for key, each in value.of.items():
            out.append(f"{between}{_quoted(key)}:")
            _write(each, out)
            between = ","
        out.append("}" if value.of else "{}")


class _Open:
    """A mapping or a list that has not ended yet."""

    __slots__ = ("anchor", "is_mapping", "is_merge", "key", "merges", "node")

    def __init__(self, node: Node, anchor: str | None, is_mapping: bool) -> None:
        self.node = node
        self.anchor = anchor
        self.is_mapping = is_mapping
        self.key: str | None = None  # the key whose value comes next
        self.is_merge = False  # whether that key is `<<`
        self.merges: list[Node] | None = None


class _Reader:
    """Makes a tree of events. Open mappings and lists are on a stack: reading does not recurse."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._values = 0
        self._size = 0
        self._anchors: dict[str, Value | None] = {}  # None: the anchor's value is still open

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

    def read(self, events: Iterator[Any], yaml: Any) -> Value | None:
        """The root value; None if the text has none. O(events)."""
        scalar_event, alias_event = yaml.ScalarEvent, yaml.AliasEvent
        starts = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
        ends = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        stack: list[_Open] = []
        top: _Open | None = None
        root: Value | None = None
        documents = 0
        value: Value
        for event in events:
            kind = type(event)
            if kind is scalar_event:
                if top is not None and top.is_mapping and top.key is None:
                    self._key(top, event)
                    continue
                value = self._scalar(event)
                if event.anchor is not None:
                    self._anchors[event.anchor] = value
            elif kind in starts:
                top = self._open(event, top, len(stack), kind is starts[0])
                stack.append(top)
                continue
            elif kind in ends:
                done = stack.pop()
                value = done.node
                if done.merges:
                    self._merge(done, event)
                if done.anchor is not None:
                    self._anchors[done.anchor] = value
                top = stack[-1] if stack else None
            elif kind is alias_event:
                if top is not None and top.is_mapping and top.key is None:
                    self._refuse(event, "a key is an alias", "a text")
                value = self._alias(event, len(stack))
            else:
                if kind is yaml.DocumentStartEvent:
                    documents += 1
                    if documents > 1:
                        self._refuse(event, "text after the end of the model: a second document")
                continue
            if top is None:
                root = value
            else:
                self._put(top, value, event)
        return root

    # ---- mappings and lists

    def _open(self, event: Any, top: _Open | None, depth: int, is_mapping: bool) -> _Open:
        what = "mapping" if is_mapping else "list"
        if top is not None and top.is_mapping and top.key is None:
            self._refuse(event, f"a key is a {what}", "a text")
        if event.tag not in (None, "!", _CORE + ("map" if is_mapping else "seq")):
            self._refuse_tag(event)
        if depth >= MOST_LEVELS:
            self._refuse_levels(event)
        mark = event.start_mark
        node = Node(mark.line + 1, mark.column + 1, {} if is_mapping else [])
        self._spend(event, node.values, node.size)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        return _Open(node, event.anchor, is_mapping)

    def _key(self, top: _Open, event: Any) -> None:
        key = event.value
        if event.tag is not None and event.tag != "!" and not event.tag.startswith(_CORE):
            self._refuse_tag(event)
        node = top.node
        top.is_merge = key == "<<" and not event.style
        if key in node.of or (top.is_merge and top.merges is not None):
            line = f"; the first is at line {_place_of(node.of[key])[0]}" if not top.is_merge else ""
            self._refuse(event, f"{_shown(key)} is given twice{line}", code="duplicate_key")
        top.key = key
        size = 2 * len(key) + 4
        node.values += 1
        node.size += size
        self._spend(event, 1, size)

    def _put(self, top: _Open, value: Value, event: Any) -> None:
        into = top.node
        if not top.is_mapping:
            into.of.append(value)
        elif top.is_merge:
            self._take_merges(top, value)
            top.key = None
            return
        else:
            into.of[top.key] = value
            top.key = None
        if len(into.of) > MOST_ELEMENTS:
            self._refuse(
                event, "a list or mapping has too many elements", f"at most {MOST_ELEMENTS}",
                code="too_large",
            )
        values, size, levels = _weight(value)
        into.values += values
        into.size += size
        if levels >= into.levels:
            into.levels = levels + 1

    def _alias(self, event: Any, depth: int) -> Value:
        name = event.anchor
        if name not in self._anchors:
            self._refuse(event, f"there is no anchor {_shown('&' + name)} before this alias")
        value = self._anchors[name]
        if value is None:
            self._refuse(event, f"the alias {_shown('*' + name)} stands within what it stands for")
        values, size, levels = _weight(value)
        self._spend(event, values, size)
        if depth + levels > MOST_LEVELS:
            self._refuse_levels(event)
        return value

    def _take_merges(self, top: _Open, value: Value) -> None:
        given: list[Value] = [value]
        if isinstance(value, Node) and isinstance(value.of, list):
            given = value.of
        merges = [each for each in given if isinstance(each, Node) and isinstance(each.of, dict)]
        if len(merges) < len(given):
            self.refuse(
                *_place_of(value), "'<<' merges mappings only", "a mapping, or a list of them"
            )
        top.merges = merges

    def _merge(self, done: _Open, event: Any) -> None:
        """Adds the merged mappings. Keys of the mapping itself win, then keys of earlier ones."""
        into = done.node
        for given in done.merges or ():
            for key, each in given.of.items():
                if key in into.of:
                    continue
                values, size, levels = _weight(each)
                size += 2 * len(key) + 4
                self._spend(event, values + 1, size)
                into.of[key] = each
                into.values += values + 1
                into.size += size
                into.levels = max(into.levels, levels + 1)

    # ---- scalars

    def _scalar(self, event: Any) -> Scalar:
        text: str = event.value
        if event.tag is None and (event.style or (text and text[0] not in _FIRST)):
            json = _quoted(text)
        else:
            json = self._json(event, text)
        self._spend(event, 1, len(json) + 2)
        mark = event.start_mark
        return mark.line + 1, mark.column + 1, json

    def _json(self, event: Any, text: str) -> str:
        """The JSON of a scalar that has a tag, or is plain and may be more than a text."""
        tag = event.tag
        if tag is None:
            is_whole = text.isdigit() and text.isascii() and text[0] != "0"
            return text if is_whole else self._resolved(event, text)[1]
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
    """A text in quotes, cut short, on one line."""
    cut = text if len(text) <= 60 else text[:60] + "…"
    return "'" + "".join(c if c.isprintable() else "?" for c in cut) + "'"


def read(text: str | bytes, file: str) -> tuple[str, Node]:
    """The JSON of a YAML text, and the node that knows the place of each value.

    O(bytes + values): less than a second for a megabyte.

    Raises
    ------
    ModelError
        If the text is not YAML, exceeds a limit, or has something that no model can have.
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
    # Models need no such directives, and libyaml takes quadratic time for them.
    if directive := re.search(r"^%TAG", plain, re.MULTILINE):
        reader.refuse(*_place(plain[: directive.start()]), "the directive '%TAG' is not for models")
    loader = None
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(plain)
        # `yaml.parse` would ask before each event whether there is one.
        root = reader.read(iter(loader.get_event, None), yaml)
    except yaml.reader.ReaderError as e:
        reader.refuse(*_place(raw[: e.position].decode(errors="ignore")), "a control character")
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None) or getattr(e, "context_mark", None)
        message = getattr(e, "problem", None) or "this is no YAML"
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        reader.refuse(line, column, message)
    finally:
        if loader is not None:
            loader.dispose()
    out: list[str] = []
    if root is not None:
        _write(root, out)
    return "".join(out), root if isinstance(root, Node) else Node(*_place_of(root or (1, 1, "")), [])


def _place(before: str) -> tuple[int, int]:
    """The line and column after a text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")
