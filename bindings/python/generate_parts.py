# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Writes leadfunnel/parts.py, the classes that models are built of in Python, from the description of
the model language in `model/describe.hpp`, which the compiled module returns.

    python bindings/python/generate_parts.py [--check]
"""

import importlib.util
import keyword
import sys
import textwrap
from pathlib import Path

OUT = Path(__file__).parent / "leadfunnel" / "parts.py"

HEAD = '''\
# Distributed under the Boost Software License, Version 1.0. See LICENSE.
# Written by bindings/python/generate_parts.py; do not edit.
"""The parts of a model, as classes: the same shape as a model file, with completion.

The first member of a part may be given by position, all others by name. ``None`` stands for the
default. A duration is text such as ``"30d"``, or a ``timedelta``. One element may stand for a list of
one. A name may stand for a part that needs nothing else (its own name, or a score's).
"""

from __future__ import annotations

import collections.abc as abc
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import ClassVar, Literal, TypeAlias

from ._conditions import Condition
from ._events import Value
from ._part import Part

Duration: TypeAlias = str | timedelta
Number: TypeAlias = int | float | Decimal
ConditionLike: TypeAlias = Condition | Mapping[str, object]
'''


def class_name(cpp):
    return "".join(word.capitalize() for word in cpp.split("_"))


def python_name(key):
    return key + "_" if keyword.iskeyword(key) else key


class Writer:
    def __init__(self, language):
        self.types = language["types"]
        self.unions = {}  # name -> alternatives

    def name_of(self, struct):
        """The member that names the part, if no other is required."""
        fields = self.types[struct]["fields"]
        needed = [f["key"] for f in fields if f["required"]]
        return needed[0] if needed in (["id"], ["score"]) and fields[0]["key"] == needed[0] else None

    def named(self, fields):
        """The members whose elements may be given as names, and what those names are."""
        def name(t):
            if isinstance(t, str):
                return None
            return self.name_of(t[1]) if t[0] == "struct" else name(t[1]) if t[0] == "list" else None

        return {f["key"]: name(f["type"]) for f in fields if name(f["type"])}

    def has_shorthand(self, name):
        return name == "pattern"  # a text, or a list of them, is its type

    def annotation(self, t, one_or_many=False):
        if isinstance(t, str):
            return {
                "text": "str", "bool": "bool", "int": "int", "decimal": "Number",
                "duration": "Duration", "time_of_day": "str | time", "date": "str | date",
                "values": "Mapping[str, Value]", "condition": "ConditionLike",
            }[t]
        kind, *rest = t
        if kind == "enum":
            return "Literal[" + ", ".join(f'"{name}"' for name, _ in rest[0]) + "]"
        if kind == "variant":
            noun, alternatives = rest
            name = class_name(noun.replace(" ", "_")) + "Like"
            self.unions[name] = [class_name(a[1]) for a in alternatives]
            return name
        if kind == "struct":
            name = class_name(rest[0])
            if self.has_shorthand(rest[0]):
                return f"{name} | str | abc.Sequence[str]"
            return f"{name} | str" if self.name_of(rest[0]) else name
        inner = self.annotation(rest[0])
        if one_or_many and inner == "str":
            return "str | abc.Sequence[str]"
        if inner == "str":
            return "abc.Sequence[str]"
        one = [] if inner.startswith("abc.") else [inner]
        return " | ".join([*one, f"abc.Sequence[{inner}]"])

    def write_class(self, cpp):
        d = self.types[cpp]
        name = class_name(cpp)
        lines = ["", "", "@dataclass(frozen=True, slots=True)", f"class {name}(Part):"]
        fields = sorted(d["fields"], key=lambda f: not f["required"])
        doc = [d["doc"].replace("`", "``")]
        if fields:
            doc += ["", "Parameters", "----------"]
        for f in fields:
            note = "" if f["required"] else ", optional"
            doc.append(f"{python_name(f['key'])} : {self.annotation(f['type'], f['one_or_many'])}{note}")
            text = f["doc"].replace("`", "``")
            if f["range"]:
                text += f" Range: {f['range']}."
            doc += textwrap.wrap(text, 88, initial_indent="    ", subsequent_indent="    ")
            if isinstance(f["type"], tuple) and f["type"][0] == "enum":
                doc.append("")
                for choice, meaning in f["type"][1]:
                    doc += textwrap.wrap(f"``{choice}``: " + meaning.replace("`", "``"), 86,
                                         initial_indent="    - ", subsequent_indent="      ")
        first, *more = doc
        wrapped = textwrap.wrap(first, 90)
        text = ['    """' + wrapped[0], *("    " + w for w in wrapped[1:])]
        text += ["    " + m if m else "" for m in more]
        lines += [*text, '    """', ""]
        kind = d.get("kind")
        kind = f'"{kind}"' if kind else None
        lines.append(f"    _kind: ClassVar[str | None] = {kind}")
        lists = [f["key"] for f in fields
                 if not isinstance(f["type"], str) and f["type"][0] == "list"]
        lines.append(f"    _lists: ClassVar[frozenset[str]] = frozenset({lists!r})".replace("'", '"'))
        lines.append(f"    _named: ClassVar[Mapping[str, str]] = {self.named(fields)!r}"
                     .replace("'", '"'))
        if fields:
            lines.append("")
        for i, f in enumerate(fields):
            if i == 1:
                lines.append("    _: KW_ONLY")
            annotation = self.annotation(f["type"], f["one_or_many"])
            default = "" if f["required"] else " = None"
            if not f["required"]:
                annotation += " | None"
            lines.append(f"    {python_name(f['key'])}: {annotation}{default}")
        return lines

    def write_model_base(self):
        d = self.types["model"]
        fields = sorted(d["fields"], key=lambda f: not f["required"])
        lines = ["", "", "class ModelMembers:", '    """The members of a model."""', "",
                 "    _members: ClassVar[tuple[str, ...]] = ("]
        lines += [f'        "{f["key"]}",' for f in fields]
        lists = [f["key"] for f in fields
                 if not isinstance(f["type"], str) and f["type"][0] == "list"]
        lines += ["    )",
                  f"    _lists: ClassVar[frozenset[str]] = frozenset({lists!r})".replace("'", '"'),
                  f"    _named: ClassVar[Mapping[str, str]] = {self.named(fields)!r}"
                  .replace("'", '"'), "", "    def __init__(", "        self,"]
        for i, f in enumerate(fields):
            if i == 1:
                lines.append("        *,")
            annotation = self.annotation(f["type"], f["one_or_many"])
            if not f["required"]:
                annotation += " | None"
            default = "" if f["required"] else " = None"
            lines.append(f"        {f['key']}: {annotation}{default},")
        lines += ["    ) -> None:", "        said = {"]
        lines += [f'            "{f["key"]}": {f["key"]},' for f in fields]
        lines += ["        }", "        self._build(said)", "",
                  "    def _build(self, said: Mapping[str, object]) -> None:",
                  "        raise NotImplementedError", ""]
        return lines

    def write(self):
        body = []
        written = set()

        def visit(cpp):  # writes the parts of a part before it, so that pages go from small to large
            if cpp in written:
                return
            written.add(cpp)

            def within(t):
                if isinstance(t, str):
                    return
                if t[0] == "struct":
                    visit(t[1])
                elif t[0] == "variant":
                    for a in t[2]:
                        within(a)
                elif t[0] == "list":
                    within(t[1])

            for f in self.types[cpp]["fields"]:
                within(f["type"])
            if cpp != "model":
                body.extend(self.write_class(cpp))

        visit("model")
        model = self.write_model_base()
        unions = ["", ""]
        for name, alternatives in self.unions.items():
            unions.append(f"{name}: TypeAlias = " + " | ".join(f'{a}' for a in alternatives))
        names = [class_name(c) for c in self.types if c != "model"]
        exports = ["", "BY_NAME: dict[str, type[Part]] = {"]
        exports += [f'    "{c}": {class_name(c)},' for c in self.types if c != "model"]
        exports += ["}", "", "SHAPES: dict[str, dict[str, object]] = {"]
        for cpp, d in self.types.items():
            shape = {f["key"]: shape_of(f["type"]) for f in d["fields"]}
            shape = {k: v for k, v in shape.items() if v is not None}
            exports.append(f"    {cpp!r}: {shape!r},".replace("'", '"'))
        exports += ["}", ""]
        exports.append("__all__ = [")
        exports += [f'    "{n}",' for n in sorted([*names, *self.unions])]
        exports.append("]")
        # Only annotations use the unions, and are not evaluated: the unions may follow.
        return "\n".join([HEAD.rstrip(), *body, *unions, *model[0:], *exports]) + "\n"


def shape_of(t):
    """How JSON becomes parts again: the name of a struct, or its kinds."""
    if isinstance(t, str):
        return "condition" if t == "condition" else None
    if t[0] == "struct":
        return t[1]
    if t[0] == "variant":
        return {"kinds": [a[1] for a in t[2]]}
    if t[0] == "list":
        return shape_of(t[1])
    return None


def compiled_module():
    """The compiled module alone, as the package needs the file that this script writes."""
    for folder in sys.path:  # the first, this script's folder, has the package without the module
        for path in Path(folder, "leadfunnel").glob("_core.*"):
            if path.suffix in {".so", ".pyd"}:
                spec = importlib.util.spec_from_file_location("_core", path)
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
                return module
    sys.exit("the compiled module of leadfunnel is not installed")


def main():
    _core = compiled_module()
    text = Writer(_core.language()).write()
    if "--check" in sys.argv:
        if OUT.read_text(encoding="utf-8") != text:
            sys.exit(f"{OUT} is not what the model language says; run {Path(__file__).name}")
        return
    OUT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
