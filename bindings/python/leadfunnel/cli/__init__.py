# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The command line `leadfunnel`; `docs/command-line.md` describes it."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command line, and ends the process with its exit code."""
    try:
        from ._app import app
    except ModuleNotFoundError as e:
        if e.name not in {"typer", "rich"}:
            raise
        sys.stderr.write(
            f"leadfunnel's command line needs {e.name}: pip install 'leadfunnel[cli]'\n"
        )
        sys.exit(2)
    if any(not _is_utf8(a) for a in sys.argv):
        sys.stderr.write("leadfunnel: error: the command line holds what is no UTF-8\n")
        sys.exit(2)
    app(prog_name="leadfunnel")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
        return True
    except UnicodeEncodeError:
        return False
