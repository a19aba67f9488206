# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Results as tables, which every data frame library can read and a notebook can show."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from . import _core
from ._errors import blamed_on, need
from ._events import Touchpoint

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

ColumnKind: TypeAlias = Literal["text", "word", "number", "integer", "flag", "instant"]
"""The kinds of columns. A ``word`` is one of few texts."""

_SHOWN = 10  # rows of a notebook's or terminal's view


class Table:
    """Named columns. Polars, pyarrow, DuckDB and others read it by Arrow's interface.

    Parameters
    ----------
    columns : dict of str to sequence
        The columns by name, all equally long. A column holds bools, ints, floats, aware
        ``datetime`` or texts, and None for null.

    Raises
    ------
    InputError
        If the columns are not equally long, or one holds objects of several kinds.

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
        with blamed_on("the columns are no table"):
            self._made = _core.Frame([(n, _kind_of(c), c) for n, c in columns.items()])

    @staticmethod
    def _of(columns: Sequence[tuple[str, ColumnKind, Sequence[object]]]) -> Table:
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
        """list of str : The names of the columns."""
        return self._head(0).columns

    def __len__(self) -> int:
        return len(self._frame())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table as a stream of Arrow's C data interface."""
        return self._frame().__arrow_c_stream__(requested_schema)

    def to_arrow(self) -> pyarrow.Table:
        """The table for pyarrow. Columns are not copied.

        Returns
        -------
        pyarrow.Table
            The table.

        Raises
        ------
        MissingPackageError
            If pyarrow is not installed.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.Table({"lead": ["L-1"]}).to_arrow().num_rows
        1
        """
        made: pyarrow.Table = need("pyarrow", "to_arrow", "pyarrow").table(self)
        return made

    def to_polars(self) -> polars.DataFrame:
        """The table for polars.

        Returns
        -------
        polars.DataFrame
            The table.

        Raises
        ------
        MissingPackageError
            If polars is not installed.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.Table({"lead": ["L-1"]}).to_polars().shape
        (1, 1)
        """
        made: polars.DataFrame = need("polars", "to_polars", "polars").DataFrame(self)
        return made

    def to_pandas(self) -> pandas.DataFrame:
        """The table for pandas, which needs no pyarrow for it.

        Returns
        -------
        pandas.DataFrame
            The table.

        Raises
        ------
        MissingPackageError
            If pandas is not installed.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.Table({"lead": ["L-1"]}).to_pandas().shape
        (1, 1)
        """
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
        """The rows as dicts, for small tables.

        Returns
        -------
        list of dict
            A dict for each row.

        Examples
        --------
        >>> import leadfunnel as lf
        >>> lf.Table({"lead": ["L-1"]}).to_dicts()
        [{'lead': 'L-1'}]
        """
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


def _kind_of(cells: Sequence[object]) -> ColumnKind:
    dtype = getattr(getattr(cells, "dtype", None), "kind", None)
    if dtype is not None:
        kinds: dict[str, ColumnKind] = {"f": "number", "i": "integer", "u": "integer", "b": "flag"}
        return kinds.get(dtype, "text")
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
    """A table for notebooks. Every text is escaped, as data is untrusted."""

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
    """One contribution to a score, or one refused award.

    Attributes
    ----------
    kind : str
        ``award``, ``state``, ``start`` (of a running clamp), ``bounds of group``, ``bounds``,
        ``input`` (of a derived score), ``constant``, ``formula`` or ``saturation``.
    name : str
        The rule; for an input the score, for a clamp the group.
    group : str
        The rule's group; may be empty.
    description : str
        The rule's description; may be empty.
    at : datetime or None
        When the award was given.
    awarded, now : float
        The points when the award was given, and those that are left.
    fate : str
        ``counted``, ``expired``, ``voided by a reset``, ``ended by activity``, or
        ``refused: condition not met``, ``refused: awards frozen``, ``refused: within the cooldown``,
        ``refused: limit reached``.
    reason : str
        What voided or refused the award.
    cause : Touchpoint or None
        The touchpoint that earned the award.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> why = lf.explain(
    ...     lf.example_model("b2b_starter"),
    ...     touchpoints={"lead": ["L-1"], "at": ["2026-04-01T09:00:00Z"], "type": ["inquiry"]},
    ...     lead="L-1", score="engagement", at="2026-04-01T09:00:00Z",
    ... )
    >>> why.lines[0].name, why.lines[0].cause.type
    ('inquiry', 'inquiry')
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

    ``print`` shows it as text, a notebook as a table, and it is a table of its lines.

    Attributes
    ----------
    lead, score : str
        The lead and the score.
    at : datetime
        The instant.
    total : float
        The score; if ``excluded_by`` is not empty, the score without that exclusion.
    excluded_by : str
        The exclusion that makes the score absent; empty if there is none.
    saturated : bool
        Whether a sum left the range of scores.
    lines : list of ExplanationLine
        Contributions, the largest first, then awards that do not count. The ``now`` of all lines
        add up to ``total``.
    inputs : list of Explanation
        The explanations of the scores that a derived score is made of.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> why = lf.explain(
    ...     lf.example_model("b2b_starter"), {"lead": ["L-1"], "industry": ["Machinery"]},
    ...     lead="L-1", score="fit", at="2026-04-01T09:00:00Z",
    ... )
    >>> why.total == sum(line.now for line in why.lines)
    True
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
        # In the order of the text: the largest contributions, then awards that do not count.
        self.lines: list[ExplanationLine] = sorted(
            lines, key=lambda x: (x.kind == "award" and x.now == 0, -abs(x.now))
        )
        self.inputs = inputs
        self._text = text
        self._made = None

    def _frame(self) -> _core.Frame:
        if self._made is None:
            lines = self.lines

            def column(name: str, kind: ColumnKind) -> tuple[str, ColumnKind, list[object]]:
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
    """A funnel as a picture: text of Mermaid or Graphviz, which notebooks draw.

    Attributes
    ----------
    text : str
        The diagram's source.
    format : Literal["mermaid", "dot"]
        The language of the source.

    Examples
    --------
    >>> import leadfunnel as lf
    >>> picture = lf.preset("demand_waterfall_2006").diagram()
    >>> picture.format, picture.text.splitlines()[0]
    ('mermaid', 'flowchart TB')
    """

    def __init__(self, text: str, format: Literal["mermaid", "dot"]) -> None:
        self.text = text
        self.format = format

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Diagram, {self.format}, {len(self.text.splitlines())} lines>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        # JupyterLab 4.1 and VS Code draw Mermaid; other frontends show its text.
        bundle = {"text/plain": self.text}
        if self.format == "mermaid":
            bundle["text/vnd.mermaid"] = self.text
        else:
            bundle["text/vnd.graphviz"] = self.text
        bundle["text/html"] = (
            f'<pre class="{self.format}">{html.escape(self.text)}</pre>'
        )
        return bundle
