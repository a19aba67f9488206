# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Objects with named columns, as the compiled part reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from . import _core
from ._errors import InputError, Issue, blamed_on, need
from ._table_types import TableLike


def arrow_table(
    table: TableLike,
    name: str,
    timezone: str | None = None,
    types: Mapping[str, str] | None = None,
) -> _core.ArrowTable:
    """Reads any object with named columns.

    ``types`` are the types of columns that the model declares. They decide where a column holds
    nothing.

    Raises
    ------
    InputError
        If the object has no named columns, or they cannot be read.
    """
    with blamed_on(f"the table of {name} cannot be read"):
        return _from_arrow(table, name) or _from_objects(table, name, timezone, types or {})


def _from_arrow(table: TableLike, name: str) -> _core.ArrowTable | None:
    """The table by Arrow's interface, if it has one."""
    if isinstance(table, _core.ArrowTable):
        return table
    stream = getattr(table, "__arrow_c_stream__", None)
    if stream is not None and not isinstance(table, type):
        try:
            return _core.ArrowTable.from_stream(_handed_over(stream, name), name)
        except ImportError:
            pass  # pandas without pyarrow
    array = getattr(table, "__arrow_c_array__", None)
    if array is not None:
        pair = _handed_over(array, name)
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise InputError(f"the table of {name} gives no pair of Arrow's capsules")
        return _core.ArrowTable.from_array(*pair, name)
    return None


def _from_objects(
    table: TableLike, name: str, timezone: str | None, types: Mapping[str, str]
) -> _core.ArrowTable:
    """The table by its columns, whose cells are converted one by one."""
    if isinstance(table, Mapping):
        return _from_columns(table, name, timezone, types)
    if type(table).__module__.partition(".")[0] == "pandas":
        given: Any = table
        return _from_columns({str(c): given[c] for c in given.columns}, name, timezone, types)
    if isinstance(table, Sequence) and not isinstance(table, str):
        rows: list[Any] = list(table)
        if all(isinstance(r, Mapping) for r in rows):
            names = list(dict.fromkeys(str(k) for r in rows for k in r))
            return _from_columns({n: [r.get(n) for r in rows] for n in names}, name, timezone, types)
    try:
        import narwhals as nw
    except ImportError:
        hint = "; pip install narwhals to read more kinds of tables"
    else:
        hint = ""
        frame = nw.from_native(table, pass_through=True)
        if isinstance(frame, nw.LazyFrame):
            frame = frame.collect()
        if isinstance(frame, nw.DataFrame):
            native = frame.to_native()
            if native is not table and hasattr(native, "__arrow_c_stream__"):
                return _core.ArrowTable.from_stream(
                    _handed_over(native.__arrow_c_stream__, name), name
                )
            return _from_columns(
                {c: frame[c].to_numpy() for c in frame.columns}, name, timezone, types
            )
    raise InputError(
        f"the {name} are no table: {type(table).__name__!r} has no named columns that "
        f"leadfunnel can read; give a polars, pandas, pyarrow or DuckDB table, or a dict of "
        f"lists{hint}"
    )


def _handed_over(call: Callable[[], Any], name: str) -> Any:
    """The capsules that another library exports by Arrow's interface."""
    with blamed_on(f"the table of {name} cannot be handed over"):
        return call()


def _from_columns(
    columns: Mapping[str, Any], name: str, timezone: str | None, types: Mapping[str, str]
) -> _core.ArrowTable:
    made: list[tuple[str, str, Any]] = []
    for n, c in columns.items():
        kind, cells = _cells(c, str(n), name, timezone)
        if kind == "text" and types.get(str(n)) == "bool" and not any(x is not None for x in cells):
            kind = "flag"
        made.append((str(n), kind, cells))
    return _core.ArrowTable.from_frame(_core.Frame(made), name)


def _cells(column: Any, name: str, table: str, timezone: str | None) -> tuple[str, Any]:
    """A column's kind, and its cells as a list or a NumPy array of a plain type."""
    dtype = getattr(column, "dtype", None)
    if hasattr(dtype, "tz"):  # a pandas series with a zone
        in_utc = getattr(column, "array", column).tz_convert(None).to_numpy()
        return "instant", _in_micros(in_utc).view("int64")
    if hasattr(column, "cat"):  # a categorical of pandas
        return "word", [None if c != c else str(c) for c in column.astype(object)]
    if dtype is not None and not hasattr(column, "__array_interface__") and hasattr(column, "to_numpy"):
        import numpy as np

        column = column.to_numpy()
        dtype = column.dtype
        if dtype.kind == "O":
            column = np.where(column != column, None, column)  # NaN, NaT, NA
    if hasattr(column, "to_pylist"):  # an array of pyarrow
        with blamed_on(f"column {name!r} of the table of {table} cannot be read"):
            column = column.to_pylist()
    kind = getattr(dtype, "kind", None)
    if kind in _NUMPY_KINDS:
        return _NUMPY_KINDS[kind], column
    if kind == "M":
        return _naive(_in_micros(column), name, table, timezone)
    if kind in {"U", "S", "O", "T"}:
        column = column.tolist()
    return _object_cells(list(column), name, table, timezone)


_NUMPY_KINDS = {"f": "number", "i": "integer", "u": "integer", "b": "flag"}


def _object_cells(
    cells: list[Any], name: str, table: str, timezone: str | None
) -> tuple[str, Any]:
    """The kind of a list of Python's objects, and the cells as objects of that kind."""
    there = [c for c in cells if c is not None]
    if any(isinstance(c, bytes | bytearray | memoryview) for c in there):
        raise InputError(
            f"column {name!r} of the table of {table} holds bytes; give texts, as by .decode()"
        )
    if there and all(isinstance(c, bool) for c in there):
        return "flag", cells
    if there and all(isinstance(c, int | float) for c in there):
        if all(isinstance(c, int) for c in there):
            if all(-(2**63) <= c < 2**63 for c in there):
                return "integer", cells
            return "text", [None if c is None else str(c) for c in cells]
        return "number", [None if c is None or c != c else float(c) for c in cells]
    if there and all(isinstance(c, datetime) for c in there):
        cells = [None if c is None or c != c else c for c in cells]  # NaT
        if any(c is not None and c.utcoffset() is None for c in cells):
            import numpy as np

            return _naive(np.array(cells, "datetime64[us]"), name, table, timezone)
        return "instant", cells
    if there and isinstance(there[0], set | frozenset | list | tuple):
        return "text", [None if c is None else _set_text(c) for c in cells]
    if all(isinstance(c, str) for c in there):
        return "text", cells
    return "text", [None if c is None or c != c else _text(c) for c in cells]


def _text(cell: Any) -> str:
    if isinstance(cell, Decimal):
        is_whole = cell.is_finite() and cell.adjusted() < 76 and cell == int(cell)
        return str(int(cell) if is_whole else cell)
    return str(cell.isoformat() if hasattr(cell, "isoformat") else cell)


def _set_text(cell: Any) -> str:
    if isinstance(cell, set | frozenset | list | tuple):
        return ";".join(sorted(str(c) for c in cell))
    return _text(cell)


def _in_micros(column: Any) -> Any:
    """NumPy's instants in microseconds.

    Coarser units reach further than microseconds do, and NumPy would wrap around. So instants
    outside the years 1 to 9999 become the first or last of them, which are out of range as well.
    """
    import numpy as np

    if np.datetime_data(column.dtype)[0] in {"Y", "M", "W", "D", "h", "m", "s", "ms"}:
        first, last = (np.datetime64(t).astype(column.dtype) for t in ("0001-01-01", "9999-12-31"))
        column = np.clip(column, first, last)
    return column.astype("datetime64[us]")


def _naive(column: Any, name: str, table: str, timezone: str | None) -> tuple[str, Any]:
    """Times without a zone, as texts that are read later by the clock of ``timezone``."""
    import numpy as np

    if timezone is None:
        issue = Issue(
            "wrong_unit", "error", table, 0, 0, f"/{name}",
            f"column '{name}' holds times without a zone", "timestamps with a time zone",
            'say on whose clocks they were read: timezone="Asia/Tokyo", or timezone="UTC"',
        )
        raise InputError(f"the table of {table} cannot be used:\n{issue}", [issue])
    texts = np.datetime_as_string(column, unit="us").tolist()
    return "text", [None if t == "NaT" else t for t in texts]


def _rows_of(table: TableLike, name: str) -> list[dict[str, Any]]:
    """The rows of a small table."""
    given: Any = table
    if isinstance(table, list | tuple):
        return [dict(r) for r in given]
    table = given
    for way in ("to_dicts", "to_pylist"):
        if hasattr(table, way):
            rows: list[dict[str, Any]] = getattr(table, way)()
            return rows
    if hasattr(table, "to_dict") and hasattr(table, "columns"):
        return [
            {str(k): (None if v != v else v) for k, v in r.items()}
            for r in table.to_dict(orient="records")
        ]
    if hasattr(table, "__arrow_c_stream__"):
        pa = need("pyarrow", f"a table of {name} of this kind", "pyarrow")
        rows = pa.table(table).to_pylist()
        return rows
    raise InputError(f"the {name} are no table: {type(table).__name__!r}")


def columns_of(table: TableLike, name: str) -> dict[str, Sequence[Any]]:
    """A table's columns as lists of Python's objects."""
    with blamed_on(f"the table of {name} cannot be read"):
        module = type(table).__module__.partition(".")[0]
        given: Any = table
        if module == "polars" and hasattr(table, "get_columns"):
            return {c.name: c.to_list() for c in given.get_columns()}
        if module == "pyarrow" and hasattr(table, "column_names"):
            return {n: given.column(i).to_pylist() for i, n in enumerate(given.column_names)}
        if module == "pandas" and hasattr(table, "columns"):
            series = ((str(n), given.iloc[:, i]) for i, n in enumerate(given.columns))
            return {
                n: [None if gone else c for c, gone in zip(s.tolist(), s.isna(), strict=True)]
                for n, s in series
            }
        if isinstance(table, dict):
            return {str(k): list(v) for k, v in given.items()}
        rows = _rows_of(table, name)
        columns = dict.fromkeys(k for r in rows for k in r)
        return {c: [r.get(c) for r in rows] for c in columns}
