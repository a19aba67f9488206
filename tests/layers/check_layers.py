# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Arrows point one way: fails on an include that goes up or sideways, and on what else keeps the
house in order.

    check_layers.py ROOT
"""

import re
import sys
from pathlib import Path

# What each layer may include, besides itself. One line per layer: this is the home of the rule.
BELOW = {
    "core": set(),
    "history": {"core"},
    "model": {"core"},
    "store": {"core"},
    "io": {"history", "core"},
    "plan": {"model", "history", "core"},
    "score": {"plan", "model", "history", "core"},
    "batch": {"score", "plan", "model", "history", "core"},
    "interop": {"batch", "score", "plan", "model", "history", "core"},
    "engine": {"store", "score", "plan", "model", "history", "core"},
}
# A layer's folder has its public headers; `detail`, its private ones; `impl`, its bodies.
ROOMS = {"": ".hpp", "detail": ".hpp", "impl": ".ipp"}
# May include any layer, and no layer them (fwd.hpp apart).
TOP = {"leadfunnel.hpp", "fwd.hpp"}
# Dependencies that bodies may use and public headers may not: a host's own copy would mix with
# ours, and each costs every user its compile time.
PRIVATE = re.compile(r"(fmt|boost/json|re2|simdjson)[/.]|utf8proc\.h|xxhash\.h|sqlite3\.h")

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

    rooms = {}  # path below include/leadfunnel -> (layer, room)
    for path in sorted([*include.rglob("*.hpp"), *include.rglob("*.ipp")]):
        *folders, name = path.relative_to(include).parts
        layer, room = (*folders, "", "")[:2]
        if not folders and name in TOP:
            continue
        if layer not in BELOW:
            refuse(path, 1, f"'{layer or name}' is not a known layer")
        elif len(folders) > 2 or room not in ROOMS or path.suffix != ROOMS[room]:
            refuse(path, 1, f"'{layer}' has no such room: headers, detail/ and impl/")
        else:
            rooms[path.relative_to(include).as_posix()] = layer, room

    def header_of(body):
        layer, _, name = body.split("/")
        stem = Path(name).stem
        found = [h for h in (f"{layer}/{stem}.hpp", f"{layer}/detail/{stem}.hpp") if h in rooms]
        if len(found) > 1:
            refuse(include / body, 1, "two headers have this body's name")
        return found[0] if found else None

    parts = set()  # of bodies: those that are no header's own
    for name, (_, room) in rooms.items():
        if room == "impl" and header_of(name) is None:
            parts.add(name)

    def brings(name, seen):
        if name in seen:
            return False
        seen.add(name)
        for _, _, to in includes(include / name):
            inner = to.removeprefix("leadfunnel/")
            if PRIVATE.match(to) or (inner in rooms and rooms[inner][1] == "detail" and brings(inner, seen)):
                return True
        return False

    for name, (layer, room) in rooms.items():
        path = include / name
        for line, quote, to in includes(path):
            if quote == '"':
                refuse(path, line, f'includes are spelt <leadfunnel/…>, not "{to}"')
            if PRIVATE.match(to) and not room:
                refuse(path, line, f"a public header names <{to}>")
            if not to.startswith("leadfunnel/"):
                continue
            inner = to.removeprefix("leadfunnel/")
            if inner in TOP:
                if inner != "fwd.hpp":
                    refuse(path, line, f"a layer includes the umbrella <{to}>")
                continue
            if inner not in rooms:
                refuse(path, line, f"<{to}> is not there")
                continue
            other, its_room = rooms[inner]
            if other not in BELOW[layer] | {layer}:
                refuse(path, line, f"'{layer}' may not include '{other}' (<{to}>)")
            if its_room == "impl":
                if inner in parts and room != "impl":
                    refuse(path, line, f"a header includes a part of a body, <{to}>")
                if inner not in parts and (room == "impl" or header_of(inner) != name):
                    refuse(path, line, f"only a header includes its own body, not <{to}>")
            elif its_room == "detail" and not room and brings(inner, set()):
                refuse(path, line, f"a public header names a dependency by way of <{to}>")

    # A source of the compiled target is the body of its name, and every body has one.
    source = root / "src"
    wanted = {
        f"{layer}/{Path(name).stem}.cpp": f"leadfunnel/{name}"
        for name, (layer, room) in rooms.items()
        if room == "impl" and name not in parts
    }
    there = {p.relative_to(source).as_posix() for p in source.rglob("*.cpp")}
    for name in sorted(wanted.keys() - there):
        refuse(root / "include" / wanted[name], 1, f"src/{name} is missing")
    for name in sorted(there):
        if name not in wanted:
            refuse(source / name, 1, "is no body's unit")
        elif [to for _, _, to in includes(source / name)] != [wanted[name]]:
            refuse(source / name, 1, f"includes <{wanted[name]}> and nothing else")

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
