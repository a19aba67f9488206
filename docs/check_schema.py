#!/usr/bin/env python3
# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Checks model.schema.json against JSON Schema draft-07, and models against it.

check_schema.py DOCS [MODELS]: the examples of DOCS/model.md and the files MODELS/*.json must be
valid, and broken variants of the examples must not be. Exits with 77 (skipped) without jsonschema.
"""

import copy
import json
import pathlib
import re
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: Python's jsonschema is not installed (pip install jsonschema)")
    sys.exit(77)


def without_comments(text):
    """JSON with comments as JSON; texts keep what looks like a comment."""
    token = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.S)
    return token.sub(lambda m: m[0] if m[0].startswith('"') else " ", text)


def load(text):
    return json.loads(without_comments(text))


def validator(schema, definition=None):
    if definition is not None:
        schema = {"definitions": schema["definitions"], "$ref": f"#/definitions/{definition}"}
    return jsonschema.Draft7Validator(schema)


def broken(example):
    """Variants of a model's members that the reader refuses for their shape."""
    if not isinstance(example, dict):
        yield [*example, 1]
        return
    for key, value in example.items():
        yield {**example, key: None}
        yield {**example, key: [1] if isinstance(value, dict) else {"a": 1}}
    yield {**example, "no_such_key": 1}


def main(docs, models=None):
    schema = json.loads((docs / "model.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    failures = []
    counts = {"valid": 0, "refused": 0}

    def expect(valid, instance, name, definition=None):
        errors = list(validator(schema, definition).iter_errors(instance))
        counts["valid" if valid else "refused"] += 1
        if valid and errors:
            failures.append(f"{name}: {errors[0].message} at {list(errors[0].absolute_path)}")
        if not valid and not errors:
            failures.append(f"{name}: accepted {json.dumps(instance)}")

    page = (docs / "model.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```json (\w+)\n(.*?)\n```", page, re.S)
    assert blocks, "the page has no examples"
    for kind, text in blocks:
        value = load(text)
        name = f"model.md, {kind}: {text[:40]!r}"
        if kind == "model":
            expect(True, value, name)
            for wrong in broken(value):
                if wrong.get("$schema") != value.get("$schema"):
                    continue
                expect(False, wrong, name)
            for required in ("id", "scores", "rules"):
                less = copy.deepcopy(value)
                del less[required]
                expect(False, less, name)
        elif kind == "members":
            expect(True, {"id": "m", "scores": [], "rules": [], **value}, name)
        elif kind == "limits":
            for limit in value:
                expect(True, limit, name, "limit")
        else:
            expect(True, value, name, kind)
            for wrong in broken(value):
                expect(False, wrong, name, kind)

    rule = {"kind": "occurrence", "id": "r", "score": "s", "on": {"type": "t"}}
    expect(True, rule, "rule", "rule")
    for key, value in {
        "points": "25",
        "points ": 25,
        "per_value": 1e10,
        "cooldown": "30 days",
        "decay": {"kind": "half_life"},
        "limits": [{"at_most": 0}],
        "on": {"type": [1]},
        "when": {"attribute": "a", "equals": 1, "less": 2},
    }.items():
        expect(False, {**rule, key: value}, "rule", "rule")
    for duration in ("30d", "1w2d", "1d12h", "90s", "1ms", "250us"):
        expect(True, {**rule, "cooldown": duration}, "duration", "rule")
    for duration in ("", "30", "d", "12h1d", "1.5d", " 1d", "1d "):
        expect(False, {**rule, "cooldown": duration}, "duration", "rule")

    if models is not None:
        for path in sorted(models.glob("*.json")):
            value = load(path.read_text(encoding="utf-8-sig"))
            if isinstance(value, dict) and "rules" in value:  # others are mappings of columns
                expect(True, value, path.name)

    for failure in failures:
        print(failure)
    print(f"{counts['valid']} valid, {counts['refused']} refused, {len(failures)} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
