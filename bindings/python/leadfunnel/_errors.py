# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The errors of the package, and the problems that they list."""

from __future__ import annotations

import importlib
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from ._core import printable


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem of a model, a mapping or a table as a whole.

    Attributes
    ----------
    code : str
        The kind of problem. The names are stable.
    severity : Literal["error", "warning"]
        Whether the problem is an error or a warning.
    file : str
        The file or table that has the problem; empty for models made in code.
    line, column : int
        The place in the file, from 1; 0 if there is no file.
    pointer : str
        The place in the model, as an RFC 6901 pointer: ``/rules/3/on/type``.
    message : str
        What is wrong.
    expected : str
        What would be right; may be empty.
    hint : str
        A suggestion, such as ``did you mean 'page_view'?``; may be empty.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> issue = lf.Model("m", scores=["fit"], rules=[]).check()[0]
    >>> issue.severity, issue.pointer
    ('warning', '/scores/0')
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
    """A row of a table that was rejected.

    Attributes
    ----------
    table : str
        The table's name: ``"leads"``, ``"touchpoints"``, ``"stages"`` or a file's name.
    row : int
        The row, from 0 as data frames count; in a file the line, from 1.
    column : str
        The column at fault; empty if the row as a whole is.
    reason : str
        The kind of fault. The names are stable.
    message : str
        What is wrong.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> model = lf.example_model("b2b_starter")
    >>> history = lf.read(model, {"lead": ["L-1"], "employees": ["many"]})
    >>> bad = history.issues[0]
    >>> bad.row, bad.column
    (0, 'employees')
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
    """Base of the package's exceptions. The message is printable, whatever text it quotes.

    Some exceptions of other origin pass through: `OSError` for files, `MemoryError`,
    `KeyboardInterrupt`, whatever a callback or an iterable of the caller raises, and Python's own
    `TypeError` for a call that does not fit a signature.

    Parameters
    ----------
    message : str, default ""
        What is wrong. Characters that could control a terminal are escaped.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> try:
    ...     lf.example_model("no_such_model")
    ... except lf.Error as error:
    ...     print(type(error).__name__)
    UnknownNameError
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message, lines=True))


class ModelError(Error):
    """A model that cannot be compiled. It lists everything that is wrong with the model.

    Parameters
    ----------
    issues : sequence of Issue
        All issues, warnings included, in the order of the model's text.

    Attributes
    ----------
    issues : list of Issue
        The same.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> try:
    ...     lf.Model.from_dict({"id": "m", "scores": [{"id": "fit", "maximum": 5}], "rules": []}).plan
    ... except lf.ModelError as error:
    ...     print(error.issues[0].message)
    unknown key 'maximum'
    """

    issues: list[Issue]

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = list(issues)
        super().__init__("\n".join(str(i) for i in self.issues))

    def __reduce__(self) -> tuple[type[ModelError], tuple[list[Issue]]]:
        return ModelError, (self.issues,)


class InputError(Error, ValueError):
    """Input that cannot be used: a table, an instant, a value, an event.

    Parameters
    ----------
    message : str
        What is wrong.
    issues : sequence of Issue, default ()
        What is wrong with a table as a whole.
    rows : sequence of BadRow, default ()
        The bad rows, if the call was strict.

    Attributes
    ----------
    issues : list of Issue
        What is wrong with a table as a whole.
    rows : list of BadRow
        The bad rows, if the call was strict.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> crm = lf.Engine(lf.example_model("b2b_starter"))
    >>> try:
    ...     crm.advance_to("2026-04-01 09:00")
    ... except lf.InputError as error:
    ...     print(str(error)[:33])
    '2026-04-01 09:00' is no instant:
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


class UsageError(Error, TypeError, ValueError):
    """A call that makes no sense: an argument of the wrong type, arguments that exclude each other,
    or an operation that the object does not have.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> crm = lf.Engine(lf.example_model("b2b_starter"))
    >>> try:
    ...     crm.top("total", -1)
    ... except lf.UsageError as error:
    ...     print(error)
    expected a whole number from 0 to 2⁶³ − 1, not -1
    """


class UnknownLeadError(Error, LookupError):
    """A lead that the engine or the histories do not have.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> try:
    ...     lf.Engine(lf.example_model("b2b_starter")).score("L-1", "total")
    ... except lf.UnknownLeadError as error:
    ...     print(error)
    there is no lead 'L-1'
    """


class UnknownNameError(Error, KeyError):
    """A name that the model, table or package does not have: of a score, funnel, stage, band, column.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> try:
    ...     lf.preset("no_such_preset")
    ... except lf.UnknownNameError as error:
    ...     print(str(error)[:33])
    there is no preset 'no_such_prese
    """

    def __str__(self) -> str:  # KeyError would put it in quotes
        return str(self.args[0])


class EngineBusyError(Error):
    """The engine cannot be used here and now. Nothing has happened.

    Either this code runs within another call of the same engine, as a ``progress`` function or a
    handler of an operating system's signal does, and would wait for itself; call again when that
    call has returned. Or a fork copied the engine while another thread used it for more than two
    seconds, and the copy is unusable.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> issubclass(lf.EngineBusyError, lf.Error)
    True
    """


class SnapshotError(Error):
    """Bytes that are no snapshot, are damaged, or belong to another model.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> try:
    ...     lf.Engine.from_snapshot(lf.example_model("b2b_starter"), b"no snapshot")
    ... except lf.SnapshotError:
    ...     print("no snapshot")
    no snapshot
    """


class MissingPackageError(Error, ImportError):
    """A package that a call needs is not installed. The message says how to install it.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> issubclass(lf.MissingPackageError, ImportError)
    True
    """


def need(module: str, what: str, install: str) -> Any:
    """Imports an optional package for ``what``, or says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as e:
        raise MissingPackageError(f"{what} needs {module}: pip install {install}") from e


def listed(names: Iterable[str]) -> str:
    """Names in quotes for a message: at most 20, each cut to 60 characters."""
    first = [*itertools.islice(names, 21)]
    quoted = [repr(n if len(n) <= 60 else n[:59] + "…") for n in first[:20]]
    return ", ".join([*quoted, *("…" for _ in first[20:])]) or "none"


def one_of(names: Sequence[str], name: str | None, what: str, default: int = 0) -> str:
    """The name, which must be one of the model's; without a name, the one at ``default``."""
    if name is not None and name in names:
        return name
    if name is None and names:
        return names[default]
    missing = what if name is None else f"{what} {listed([str(name)])}"
    have = "" if name is None else f"; it has {listed(names)}"
    raise UnknownNameError(f"the model has no {missing}{have}")


def texts(given: object, what: str) -> list[str]:
    """A text, or an iterable of texts, as a list."""
    if isinstance(given, str):
        return [given]
    if isinstance(given, Iterable):
        out: list[object] = list(given)
        if all(isinstance(each, str) for each in out):
            return [str(each) for each in out]
    raise UsageError(f"{what} are texts, not {given!r}")


def path_of(given: object) -> str:
    """The path of a file as text."""
    if isinstance(given, str | bytes | os.PathLike):
        return os.fsdecode(given)
    raise UsageError(f"{given!r} is no path of a file")


@contextmanager
def blamed_on(what: str) -> Iterator[None]:
    """Makes exceptions of foreign objects an `InputError` that begins with ``what``."""
    try:
        yield
    except (Error, ImportError, OSError, MemoryError):
        raise
    except Exception as e:
        raise InputError(f"{what}: {e}") from e
