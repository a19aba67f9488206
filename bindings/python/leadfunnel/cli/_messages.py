# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Messages on stderr, as compilers write them: file, line and column first."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from .._core import printable
from .._errors import BadRow, Issue

_LISTED = 20  # bad rows of a table that are listed; the others are counted
_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}


def _console(stdout: bool) -> Console:
    return Console(
        file=sys.stdout if stdout else sys.stderr,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=True,
    )


def say(
    level: str, message: str, where: str = "", more: Iterable[str] = (), *, stdout: bool = False
) -> None:
    """Writes a message of a level: ``error``, ``warning`` or ``note``."""
    text = Text(printable(f"{where}: " if where else "leadfunnel: "), style="bold")
    text.append(f"{level}: ", _STYLES[level])
    text.append(printable(message), "not bold")
    for line in more:
        text.append(f"\n    {printable(line)}", "not bold")
    console = _console(stdout)
    with console.capture() as said:
        console.print(text)
    try:
        console.file.write(said.get())
        console.file.flush()
    except OSError:
        if stdout:
            raise
        # nobody reads stderr


def say_issue(issue: Issue, *, stdout: bool = False) -> None:
    """Writes a problem of a model, or of a table as a whole."""
    where = issue.file
    if issue.line:
        where = f"{where or 'model'}:{issue.line}:{issue.column}"
    more = [f"expected: {issue.expected}"] if issue.expected else []
    more += [f"hint: {issue.hint}"] if issue.hint else []
    at = f" at {issue.pointer}" if issue.pointer and not issue.line else ""
    say(issue.severity, f"{issue.message}{at} [{issue.code}]", where, more, stdout=stdout)


def say_row(row: BadRow, file: str, is_text: bool, level: str = "error") -> None:
    """Writes a rejected row, with its line in a text file, else with its number from 0."""
    where = f"{file}:{row.row}" if is_text else f"{file}, row {row.row}"
    column = f"column '{row.column}': " if row.column else ""
    say(level, f"{column}{row.message} [{row.reason}]", where)


def say_rows(
    rows: list[BadRow], count: int, file: str, is_text: bool, level: str = "error"
) -> None:
    """Writes the rejected rows of a table."""
    for row in rows[:_LISTED]:
        say_row(row, file, is_text, level)
    if count > _LISTED:
        say(level, f"… {count - min(len(rows), _LISTED):,} more bad rows", file)
