# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""What can go wrong, said so that a person can mend it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ._core import printable


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem of a model, a mapping or a table as a whole.

    Attributes
    ----------
    code
        What kind of problem it is; the names are stable.
    severity
        ``"error"`` or ``"warning"``.
    file
        The file, or the table, that has it; empty for models made in code.
    line, column
        Where in the file, from 1; 0 if there is no file.
    pointer
        Where in the model, as an RFC 6901 pointer: ``/rules/3/on/type``.
    message
        What is wrong.
    expected
        What would be right; may be empty.
    hint
        A suggestion, such as ``did you mean 'page_view'?``; may be empty.
    """

    code: str
    severity: Literal["error", "warning"]
    file: str
    line: int
    column: int
    pointer: str
    message: str
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        where = self.file
        if self.line:
            where += f":{self.line}:{self.column}" if where else f"{self.line}:{self.column}"
        text = f"{where}: " if where else ""
        text += f"{self.severity}: {self.message} [{self.code}]"
        if self.pointer:
            text += f" at {self.pointer}"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.hint:
            text += f"; {self.hint}"
        return printable(text)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of a table that was not accepted.

    Attributes
    ----------
    table
        The table's name: ``"leads"``, ``"touchpoints"`` or a file's.
    row
        The row, from 0 as data frames count; of a file its line, from 1.
    column
        The column at fault; empty if it is the row as a whole.
    reason
        What kind of fault it is; the names are stable.
    message
        What is wrong, in words.
    """

    table: str
    row: int
    column: str
    reason: str
    message: str

    def __str__(self) -> str:
        where = f", column '{self.column}'" if self.column else ""
        return printable(f"{self.table}, row {self.row}{where}: {self.message} [{self.reason}]")


class Error(Exception):
    """Base of what the package raises. Its message is printable, whatever text it quotes.

    Two things are left as Python has them: a path that the operating system refuses is an
    `OSError`, and an argument that no call could take a `TypeError` or a `ValueError`.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message, lines=True))


class ModelError(Error):
    """A model that cannot be compiled; it lists everything that is wrong with it.

    Attributes
    ----------
    issues
        All issues, warnings too, in the order of the model's text.
    """

    issues: list[Issue]

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = list(issues)
        super().__init__("\n".join(str(i) for i in self.issues))

    def __reduce__(self) -> tuple[type[ModelError], tuple[list[Issue]]]:
        return ModelError, (self.issues,)


class InputError(Error):
    """Input that cannot be used: a table, an instant, a value, an event.

    Attributes
    ----------
    issues
        What is wrong with a table as a whole.
    rows
        Rows that are wrong, where the call was to be strict.
    """

    issues: list[Issue]
    rows: list[BadRow]

    def __init__(
        self, message: str, issues: Sequence[Issue] = (), rows: Sequence[BadRow] = ()
    ) -> None:
        self.issues = list(issues)
        self.rows = list(rows)
        super().__init__(message)

    def __reduce__(self) -> tuple[type[InputError], tuple[str, list[Issue], list[BadRow]]]:
        return InputError, (str(self), self.issues, self.rows)


class UnknownLeadError(Error, LookupError):
    """A lead was asked for that is not there."""


class UnknownNameError(Error, KeyError):
    """A score, funnel, stage, band or column was named that is not there."""

    def __str__(self) -> str:  # that of a KeyError is in quotes
        return str(self.args[0])


def listed(names: Iterable[str]) -> str:
    """Names in quotes, as a message lists them: some of many, and the beginning of long ones."""
    first = [*itertools.islice(names, 21)]
    said = [repr(n if len(n) <= 60 else n[:59] + "…") for n in first[:20]]
    return ", ".join([*said, *("…" for _ in first[20:])]) or "none"


def one_of(names: Sequence[str], name: str | None, what: str, default: int = 0) -> str:
    """A name that must be one of the model's; the one at ``default`` if none is given."""
    if name is not None and name in names:
        return name
    if name is None and names:
        return names[default]
    said = what if name is None else f"{what} {listed([name])}"
    have = "" if name is None else f"; it has {listed(names)}"
    raise UnknownNameError(f"the model has no {said}{have}")


class EngineBusyError(Error):
    """An engine that this code cannot use: nothing has happened.

    A call that would wait for itself: by a ``progress`` function or a handler of a signal that runs
    within a call of the same engine, or of another while it is in use. Use it when that call has
    ended. Or a copy of an engine that a process got by a fork while the engine was in use, and the
    call did not end within two seconds: what it holds may be anything.
    """


class SnapshotError(Error):
    """Bytes that are no snapshot, are damaged, or belong to another model."""
