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
    "core": set(),
    "history": {"core"},
    "model": {"core"},
    "plan": {"model", "history", "core"},
    "score": {"plan", "model", "history", "core"},
    "batch": {"score", "plan", "model", "history", "core"},
    "store": {"score", "plan", "model", "history", "core"},
    "engine": {"store", "score", "plan", "model", "history", "core"},
    "io": {"engine", "batch", "score", "plan", "model", "history", "core"},
    "interop": {"batch", "score", "plan", "model", "history", "core"},
}
# In no layer: a header of detail/, or a part of a body (an .ipp with no header of its name), counts
# as whatever layers it reaches, and who includes it must stand on those.
DETAIL = "detail"
# May include any layer, and no layer them (fwd.hpp apart).
TOP = {"leadfunnel.hpp", "fwd.hpp"}
# Dependencies that bodies may use and public headers may not: a host's own copy would mix with
# ours, and each costs every user its compile time.
PRIVATE = re.compile(r"(fmt|boost/json|re2|simdjson)[/.]|utf8proc\.h|sqlite3\.h")

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

    headers = {}  # stem -> layer; a body is of the layer of the header of its name
    for header in sorted(include.rglob("*.hpp")):
        parts = header.relative_to(include).parts
        if parts[-1] in TOP and len(parts) == 1:
            continue
        if len(parts) != 2 or parts[0] not in BELOW.keys() | {DETAIL}:
            refuse(header, 1, f"'{parts[0]}' is not a known layer")
        elif header.stem in headers:
            refuse(header, 1, "another layer has a header of this name; bodies go by name")
        else:
            headers[header.stem] = parts[0]

    files = {}  # path below include/leadfunnel -> layer, DETAIL for none
    for path in sorted([*include.rglob("*.hpp"), *include.rglob("*.ipp")]):
        parts = path.relative_to(include).parts
        if len(parts) == 2:
            layer = headers.get(path.stem, DETAIL) if parts[0] == "impl" else parts[0]
            if layer in BELOW or layer == DETAIL:
                files["/".join(parts)] = layer

    def is_part(name):
        return name.startswith("impl/") and Path(name).stem not in headers

    def inward(name):
        prefix = "leadfunnel/"
        for _, _, to in includes(include / name):
            if to.startswith(prefix) and to[len(prefix):] in files:
                yield to[len(prefix):]

    def reach(name, seen):
        """Layers and private dependencies that a file in no layer brings with it."""
        if name in seen:
            return set(), False
        seen.add(name)
        own_body = f"impl/{Path(name).stem}.ipp"  # follows its header in header-only builds alone
        layers = set()
        private = any(PRIVATE.match(to) for _, _, to in includes(include / name))
        for to in inward(name):
            if to == own_body:
                continue
            if files[to] != DETAIL:
                layers.add(files[to])
            else:
                more, also = reach(to, seen)
                layers |= more
                private |= also
        return layers, private

    for name, layer in files.items():
        path = include / name
        body = name.startswith("impl/")
        for line, quote, to in includes(path):
            if quote == '"':
                refuse(path, line, f'includes are spelt <leadfunnel/…>, not "{to}"')
            if PRIVATE.match(to) and not body and layer != DETAIL:
                refuse(path, line, f"a public header names <{to}>")
            if not to.startswith("leadfunnel/"):
                continue
            inner = to.removeprefix("leadfunnel/")
            if inner in TOP:
                if inner != "fwd.hpp":
                    refuse(path, line, f"a layer includes the umbrella <{to}>")
            elif inner not in files:
                refuse(path, line, f"<{to}> is not there")
            elif is_part(inner):
                if not body:
                    refuse(path, line, f"a header includes a part of a body, <{to}>")
            elif inner.startswith("impl/"):
                if body or Path(inner).stem != path.stem:
                    refuse(path, line, f"only a header includes its own body, not <{to}>")
                continue
            if layer == DETAIL or inner not in files:
                continue
            if files[inner] != DETAIL:
                brought, private = {files[inner]}, False
            else:
                brought, private = reach(inner, set())
            for up in sorted(brought - BELOW[layer] - {layer}):
                refuse(path, line, f"'{layer}' may not include '{up}' (<{to}>)")
            if private and not body:
                refuse(path, line, f"a public header names a dependency by way of <{to}>")

    # A source of the compiled target is the body of its name, and every body has one.
    bodies = {Path(n).stem for n in files if n.startswith("impl/") and not is_part(n)}
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
