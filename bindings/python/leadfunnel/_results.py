# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Tables out: results that every data frame library can take, and that a notebook can show."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from . import _core
from ._events import Touchpoint

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_SHOWN = 10  # rows of a notebook's or terminal's view


def need(module: str, what: str, install: str) -> Any:
    """A module that is not needed by all, imported, or an error that says how to get it."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError as e:
        raise ImportError(f"{what} needs {module}: pip install {install}") from e


class Table:
    """Named columns. Polars, pyarrow, DuckDB and others take it as it is, by Arrow's interface.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> table = lf.Table({"lead": ["L-1", "L-2"], "points": [12.5, None]})
    >>> len(table), table.columns
    (2, ['lead', 'points'])
    >>> table.to_dicts()
    [{'lead': 'L-1', 'points': 12.5}, {'lead': 'L-2', 'points': None}]
    """

    _made: _core.Frame | None

    def __init__(self, columns: dict[str, Sequence[object]]) -> None:
        self._made = _core.Frame([(n, _kind_of(c), c) for n, c in columns.items()])

    @staticmethod
    def _of(columns: Sequence[tuple[str, str, Sequence[object]]]) -> Table:
        out = Table.__new__(Table)
        out._made = _core.Frame(list(columns))
        return out

    def _frame(self) -> _core.Frame:
        assert self._made is not None
        return self._made

    def _head(self, rows: int) -> _core.Frame:
        return self._frame()

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return self._head(0).columns

    def __len__(self) -> int:
        return len(self._frame())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table as a stream of Arrow's C data interface."""
        return self._frame().__arrow_c_stream__(requested_schema)

    def to_arrow(self) -> pyarrow.Table:
        """A pyarrow table. Columns are not copied."""
        made: pyarrow.Table = need("pyarrow", "to_arrow", "pyarrow").table(self)
        return made

    def to_polars(self) -> polars.DataFrame:
        """A polars data frame."""
        made: polars.DataFrame = need("polars", "to_polars", "polars").DataFrame(self)
        return made

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas data frame; pyarrow is not needed."""
        pd = need("pandas", "to_pandas", "pandas")
        frame = self._frame()
        out: dict[str, Any] = {}
        for name in frame.columns:
            kind, cells, *rest = frame.numpy(name)
            if kind == "word":
                out[name] = pd.Categorical.from_codes(cells, rest[0])
            elif kind == "instant":
                out[name] = pd.Series(cells.view("datetime64[us]")).dt.tz_localize("UTC")
            elif kind == "flag":
                out[name] = cells.astype(bool)
            elif kind == "text":
                out[name] = pd.Series(cells, dtype="str")
            else:
                out[name] = cells
        made: pandas.DataFrame = pd.DataFrame(out)
        return made

    def to_dicts(self) -> list[dict[str, Any]]:
        """Rows as dicts, for small tables."""
        frame = self._frame()
        cells = [frame.cells(n, 0, len(frame)) for n in frame.columns]
        return [dict(zip(frame.columns, row, strict=True)) for row in zip(*cells, strict=True)]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.to_dicts())

    def _title(self) -> str:
        n = len(self)
        return f"{n:,} {'row' if n == 1 else 'rows'}"

    def _shown(self) -> tuple[list[str], list[list[str]]]:
        frame = self._head(_SHOWN)
        cells = [[show(c) for c in frame.cells(n, 0, _SHOWN)] for n in frame.columns]
        return [show(n) for n in frame.columns], [list(row) for row in zip(*cells, strict=True)]

    def __repr__(self) -> str:
        names, rows = self._shown()
        widths = [max([len(n), *(len(r[i]) for r in rows)]) for i, n in enumerate(names)]
        lines = ["  ".join(n.ljust(w) for n, w in zip(names, widths, strict=True)).rstrip()]
        lines += ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
        if len(self) > len(rows):
            lines.append(f"… {len(self) - len(rows):,} more")
        return f"{type(self).__name__}: {_core.printable(self._title())}\n" + "\n".join(lines)

    def _repr_html_(self) -> str:
        names, rows = self._shown()
        return html_table(names, rows, f"{type(self).__name__}: {self._title()}", len(self))


def _kind_of(cells: Sequence[object]) -> str:
    dtype = getattr(getattr(cells, "dtype", None), "kind", None)
    if dtype is not None:
        return {"f": "number", "i": "integer", "u": "integer", "b": "flag"}.get(dtype, "text")
    for c in cells:
        if c is None:
            continue
        if isinstance(c, bool):
            return "flag"
        if isinstance(c, int):
            return "integer"
        if isinstance(c, float):
            return "number"
        if isinstance(c, datetime):
            return "instant"
        return "text"
    return "text"


def show(cell: object) -> str:
    """A cell as a person reads it, on one line."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.6f}".rstrip("0").rstrip(".")
    if isinstance(cell, datetime):
        return cell.isoformat().replace("+00:00", "Z")
    text = _core.printable(str(cell))
    return text if len(text) <= 60 else text[:59] + "…"


def html_table(names: Sequence[str], rows: Sequence[Sequence[str]], title: str, total: int) -> str:
    """A table for notebooks. Every text in it is escaped: data comes from strangers."""

    def e(text: str) -> str:
        return html.escape(_core.printable(text))

    head = "".join(f"<th>{e(n)}</th>" for n in names)
    body = "".join("<tr>" + "".join(f"<td>{e(c)}</td>" for c in r) + "</tr>" for r in rows)
    more = f"<p>… {total - len(rows):,} more</p>" if total > len(rows) else ""
    return (
        f"<div><p>{e(title)}</p><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>{more}</div>"
    )


@dataclass(frozen=True, slots=True)
class ExplanationLine:
    """One contribution to a score, or one refusal.

    Attributes
    ----------
    kind
        ``award``, ``state``, ``start`` (of a running clamp), ``bounds of group``, ``bounds``,
        ``input`` (of a derived score), ``constant``, ``formula`` or ``saturation``.
    name
        The rule; of an input the score, of a clamp the group.
    at, cause
        Of an award: when it was handed out, and for which touchpoint.
    awarded, now
        Points when it was handed out, and what is left of them.
    fate
        ``counted``, ``expired``, ``voided by a reset``, ``ended by activity``, or
        ``refused: condition not met``, ``refused: awards frozen``, ``refused: within the cooldown``,
        ``refused: limit reached``.
    reason
        What voided or refused it.
    """

    kind: str
    name: str
    group: str
    description: str
    at: datetime | None
    awarded: float
    now: float
    fate: str
    reason: str
    cause: Touchpoint | None


class Explanation(Table):
    """Why a score is what it is: every contribution, adding up exactly.

    ``print`` shows it as text, a notebook as a table, and it is a table itself.

    Attributes
    ----------
    lead, score, at
        What is explained.
    total
        The score; what it would be, if ``excluded_by`` is not empty.
    excluded_by
        The exclusion that makes the score absent, if one does.
    lines
        Contributions, the greatest first, then awards that do not count; the ``now`` of all of
        them add up to ``total``.
    inputs
        Explanations of the scores that a derived score is made from.
    """

    def __init__(
        self,
        lead: str,
        score: str,
        at: datetime,
        total: float,
        excluded_by: str,
        saturated: bool,
        lines: list[ExplanationLine],
        inputs: list[Explanation],
        text: str,
    ) -> None:
        self.lead = lead
        self.score = score
        self.at = at
        self.total = total
        self.excluded_by = excluded_by
        self.saturated = saturated
        # As the text has them: what counts most first, then what does not count.
        self.lines: list[ExplanationLine] = sorted(
            lines, key=lambda x: (x.kind == "award" and x.now == 0, -abs(x.now))
        )
        self.inputs = inputs
        self._text = text
        self._made = None

    def _frame(self) -> _core.Frame:
        if self._made is None:
            lines = self.lines

            def column(name: str, kind: str) -> tuple[str, str, list[object]]:
                return name, kind, [getattr(line, name) for line in lines]

            causes = [line.cause for line in lines]
            self._made = _core.Frame(
                [
                    column("kind", "text"),
                    column("name", "text"),
                    column("group", "text"),
                    column("now", "number"),
                    column("awarded", "number"),
                    column("at", "instant"),
                    column("fate", "text"),
                    column("reason", "text"),
                    ("touchpoint", "text", [c.type if c else None for c in causes]),
                    (
                        "properties",
                        "text",
                        [
                            " ".join(f"{k}={show(v)}" for k, v in c.properties.items()) if c else None
                            for c in causes
                        ],
                    ),
                    column("description", "text"),
                ]
            )
        return self._made

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<Explanation of {self.score!r} of {self.lead!r}: {show(self.total)}>"

    def _title(self) -> str:
        why = f", excluded by {self.excluded_by}" if self.excluded_by else ""
        return f"{self.lead}: {self.score} = {show(self.total)} at {show(self.at)}{why}"

    def _repr_html_(self) -> str:
        frame = self._frame()
        names = ["name", "now", "awarded", "at", "fate", "touchpoint", "properties"]
        cells = [[show(c) for c in frame.cells(n, 0, len(frame))] for n in names]
        rows = [list(r) for r in zip(*cells, strict=True)]
        return html_table(names, rows, self._title(), len(rows)) + "".join(
            i._repr_html_() for i in self.inputs
        )


class Diagram:
    """A funnel as a picture: text of Mermaid or Graphviz, shown as such in notebooks.

    Attributes
    ----------
    text
        The diagram's source.
    format
        ``"mermaid"`` or ``"dot"``.
    """

    def __init__(self, text: str, format: Literal["mermaid", "dot"]) -> None:
        self.text = text
        self.format = format

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Diagram, {self.format}, {len(self.text.splitlines())} lines>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        # JupyterLab 4.1 and VS Code draw Mermaid by themselves; others show its text.
        bundle = {"text/plain": self.text}
        if self.format == "mermaid":
            bundle["text/vnd.mermaid"] = self.text
        else:
            bundle["text/vnd.graphviz"] = self.text
        bundle["text/html"] = (
            f'<pre class="{self.format}">{html.escape(self.text)}</pre>'
        )
        return bundle
