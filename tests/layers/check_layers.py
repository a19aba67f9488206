# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Arrows point one way: fails on an include that goes up or sideways, and on what else keeps the
house in order.

    check_layers.py ROOT
"""

import re
import sys
from pathlib import Path

# What each folder of include/leadfunnel may include, besides itself. One line per layer: this is
# the home of the rule.
BELOW = {
    "detail": set(),
    "core": {"detail"},
    "history": {"core", "detail"},
    "model": {"core", "detail"},
    "plan": {"model", "history", "core", "detail"},
    "score": {"plan", "model", "history", "core", "detail"},
    "batch": {"score", "plan", "model", "history", "core", "detail"},
    "io": {"batch", "score", "plan", "model", "history", "core", "detail"},
    "interop": {"core", "detail"},
}
# Not part of a layer: they may include any.
TOP = {"leadfunnel.hpp", "fwd.hpp"}
# Dependencies that bodies may use and public headers may not: a host's own copy would mix with
# ours, and each costs every user its compile time.
PRIVATE = re.compile(r"(fmt|boost/json|re2|date|simdjson)[/.]|utf8proc\.h|sqlite3\.h")

LICENCE = "Distributed under the Boost Software License, Version 1.0. See LICENSE."
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
SOURCES = {".hpp", ".ipp", ".cpp", ".py", ".cmake"}


def includes(path):
    text = path.read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start(2)) + 1, match.group(1), match.group(2)


def check(root):
    include = root / "include" / "leadfunnel"
    problems = []

    def refuse(path, line, why):
        problems.append(f"{path.relative_to(root)}:{line}: {why}")

    # An .ipp belongs to the layer of the header whose bodies it holds: the one of its own name.
    layer_of_stem = {}
    for header in sorted(include.rglob("*.hpp")):
        parts = header.relative_to(include).parts
        if len(parts) != 2:
            if parts[0] not in TOP:
                refuse(header, 1, "headers stand in a layer's folder")
        elif parts[0] not in BELOW:
            refuse(header, 1, f"folder '{parts[0]}' is not a known layer")
        elif parts[1][:-4] in layer_of_stem and parts[0] != "detail":
            refuse(header, 1, "another layer has a header of this name; bodies go by name")
        else:
            layer_of_stem.setdefault(parts[1][:-4], parts[0])

    for path in sorted([*include.rglob("*.hpp"), *include.rglob("*.ipp")]):
        parts = path.relative_to(include).parts
        if len(parts) == 1:
            continue
        body = parts[0] == "impl"
        layer = layer_of_stem.get(path.stem) if body else parts[0]
        if body and layer is None:
            refuse(path, 1, "no header of this name: whose bodies are these?")
            continue
        if layer not in BELOW:
            continue
        for line, quote, name in includes(path):
            if quote == '"':
                refuse(path, line, f'includes are spelt <leadfunnel/…>, not "{name}"')
            if PRIVATE.match(name) and not body:
                refuse(path, line, f"a public header names <{name}>")
            if not name.startswith("leadfunnel/"):
                continue
            to = name.split("/")[1:]
            if to[0] in TOP and len(to) == 1:
                if to[0] != "fwd.hpp":
                    refuse(path, line, f"a layer includes the umbrella <{name}>")
            elif to[0] == "impl":
                if body or Path(name).stem != path.stem:
                    refuse(path, line, f"only a header includes its own body, not <{name}>")
            elif to[0] != layer and to[0] not in BELOW[layer]:
                refuse(path, line, f"'{layer}' may not include '{to[0]}' (<{name}>)")

    # A source of the compiled target is the body of its name, and every body has one.
    bodies = {p.stem for p in (include / "impl").glob("*.ipp")}
    sources = {p.stem: p for p in (root / "src").glob("*.cpp")}
    for stem in sorted(bodies - sources.keys()):
        refuse(include / "impl" / f"{stem}.ipp", 1, f"src/{stem}.cpp is missing")
    for stem, path in sorted(sources.items()):
        wanted = [f"leadfunnel/impl/{stem}.ipp"]
        if [name for _, _, name in includes(path)] != wanted:
            refuse(path, 1, f"includes <{wanted[0]}> and nothing else")

    for folder in ("include", "src", "tests", "examples", "benchmarks", "bindings"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SOURCES or path.name == "CMakeLists.txt":
                head = path.read_text(encoding="utf-8").split("\n", 2)[:2]
                if not any(LICENCE in line for line in head):
                    refuse(path, 1, "begins without the licence line")
    return problems


def main():
    root = Path(sys.argv[1]).resolve()
    if not (root / "include" / "leadfunnel").is_dir():
        sys.exit(f"{root} is not leadfunnel")
    problems = check(root)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
