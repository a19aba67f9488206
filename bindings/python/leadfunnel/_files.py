# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Files: models and mappings, which are read whole, and tables, which are read piece by piece."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from ._errors import InputError, MissingPackageError

# One byte more than the largest model may have, so that its reader can refuse it.
MOST = (16 << 20) + 1


def read_file(path: str | os.PathLike[str]) -> bytes:
    """The first `MOST` bytes of a regular file.

    Raises
    ------
    OSError
        If the file cannot be read, or is no regular file. Opening a pipe or a device does not wait.
    """
    # Without O_NONBLOCK, opening a pipe waits for a writer.
    with open(path, "rb", opener=lambda name, how: os.open(name, how | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{os.fspath(path)!r} is no regular file")
        return file.read(MOST)


def shipped(folder: Literal["models", "mappings"]) -> dict[str, Path]:
    """The JSON files that come with the package, by name."""
    here = Path(__file__).parent
    for root in (here / folder, here.parents[2] / "examples" / folder):
        if root.is_dir():
            return {p.stem: p for p in sorted(root.glob("*.json"))}
    return {}


SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "columns",
    ".pq": "columns",
    ".arrow": "columns",
    ".feather": "columns",
    ".ipc": "columns",
}
"""The content of files, by their names. Text may be packed by gzip (``.csv.gz``)."""


def kind_of_file(path: Path) -> str:
    """``"csv"``, ``"ndjson"`` or ``"columns"``, by the file's name."""
    packed = path.suffix.lower() == ".gz"
    kind = SUFFIXES.get(Path(path.stem if packed else path).suffix.lower())
    if kind is None or (packed and kind == "columns"):
        raise InputError(
            f"{str(path)!r} is neither CSV, NDJSON (packed by gzip or not) nor Parquet by its name"
        )
    return kind


PIECE = 1 << 18  # bytes of one read
_FRONT = 1 << 23  # bytes that are searched for a header or for names of fields
_NOTICED = 1000  # lines of NDJSON that are searched for names of fields
_NOTICED_LINE = 1 << 20  # bytes of the longest line that is searched
# How many bytes a packed file may become, unless the caller says: see `unpacked_most`.
_FLOOR = 1 << 26
_RATIO = 100
_CEILING = 1 << 34
_CELL = 8  # the least bytes of a cell


def unpacked_most(packed: int, limit: int | None) -> int:
    """How many bytes a number of packed bytes may become, with the caller's limit if there is one."""
    return min(_FLOOR + _RATIO * packed, _CEILING) if limit is None else limit


def _too_much(name: str, limit: int) -> InputError:
    return InputError(
        f"{name!r} holds more than {limit:,} bytes once unpacked, which is more than is read unasked "
        "of a file of its size; read(…, unpack_limit=BYTES) allows more"
    )


class Text:
    """CSV or NDJSON from a stream. Its front can be read ahead.

    Attributes
    ----------
    name : str
        The name for messages.
    format : str
        ``"csv"`` or ``"ndjson"``.
    """

    def __init__(self, source: Source, name: str, suffix: str) -> None:
        self._source = source
        self.name = name
        self.format = SUFFIXES[suffix]
        self._delimiters = "\t" if suffix == ".tsv" else ",;\t"

    def piece(self) -> bytes:
        """The next bytes; none at the end."""
        return self._source.read(PIECE)

    def header(self) -> tuple[str, list[str]]:
        """The separator and the columns of CSV, or no separator and the fields of NDJSON's first
        lines. A semicolon or a tab is the separator if the header has no comma between fields."""
        front = io.BytesIO(self._source.front(_FRONT))
        if self.format == "ndjson":
            return "", sorted(_fields(front))
        columns: list[str] = []
        for delimiter in self._delimiters:
            front.seek(0)
            text = io.TextIOWrapper(front, encoding="utf-8-sig", errors="replace", newline="")
            try:
                found = next(csv.reader(text, delimiter=delimiter), [])
            except csv.Error as e:
                raise InputError(f"{self.name}: the header cannot be read: {e}") from None
            finally:
                text.detach()
            if len(found) > 1:
                return delimiter, found
            columns = columns or found
        return self._delimiters[0], columns


def _fields(lines: Iterable[bytes]) -> set[str]:
    """Names of the fields of NDJSON. Lines with mistakes are skipped: reading them reports the mistake."""
    names: set[str] = set()
    for line in itertools.islice(lines, _NOTICED):
        if len(line) > _NOTICED_LINE:
            continue
        try:
            row = json.loads(line.decode("utf-8-sig", "replace"))
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            names |= row.keys()
    return names


class Source:
    """A stream of bytes. Its front can be read ahead."""

    def __init__(self, file: Any, name: str) -> None:
        self._file = file
        self._name = name
        self._front = b""
        self._at = 0  # bytes of the front that were read
        self.taken = 0  # bytes that came from the file

    def read(self, most: int) -> bytes:
        """The next bytes; none at the end."""
        if self._at < len(self._front):
            out = self._front[self._at : self._at + most]
            self._at += len(out)
            return out
        self._front = b""
        out = self._next(most)
        self.taken += len(out)
        return out

    def front(self, most: int) -> bytes:
        """The next bytes, which the next `read` returns again."""
        pieces = [self._front[self._at :]]
        left = most - len(pieces[0])
        while left > 0 and (piece := self._next(min(left, PIECE))):
            self.taken += len(piece)
            pieces.append(piece)
            left -= len(piece)
        self._front, self._at = b"".join(pieces), 0
        return self._front[:most]

    def _next(self, most: int) -> bytes:
        try:
            out: bytes = self._file.read(most)
        except OSError as e:
            raise OSError(e.errno, e.strerror or str(e), self._name) from None
        return out


class Unpacked(Source):
    """A gzip stream, unpacked piece by piece, with a limit on its unpacked size."""

    def __init__(self, packed: Source, name: str, limit: int | None) -> None:
        import gzip

        super().__init__(gzip.GzipFile(fileobj=packed, mode="rb"), name)  # type: ignore[call-overload]
        self._packed = packed
        self._limit = limit

    def _next(self, most: int) -> bytes:
        import gzip
        import zlib

        try:
            out: bytes = self._file.read(most)
        except (gzip.BadGzipFile, EOFError, zlib.error) as e:
            raise InputError(f"{self._name!r} cannot be unpacked: {e}") from None
        limit = unpacked_most(self._packed.taken, self._limit)
        if self.taken + len(out) > limit:
            raise _too_much(self._name, limit)
        return out


@contextmanager
def opened(path: Path, name: str) -> Iterator[Any]:
    """Opens a regular file. A pipe or a device could block or never end, and is refused."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        raise InputError(f"{name!r} is {'a folder' if stat.S_ISDIR(mode) else 'no regular file'}")
    with open(handle, "rb", buffering=0) as file:
        yield file


@contextmanager
def opened_text(path: Path, name: str, unpack_limit: int | None) -> Iterator[Text]:
    """A CSV or NDJSON file, packed by gzip or not."""
    with opened(path, name) as file:
        source = Source(file, name)
        if path.suffix.lower() == ".gz":
            yield Text(Unpacked(source, name, unpack_limit), name, Path(path.stem).suffix.lower())
        else:
            yield Text(source, name, path.suffix.lower())


def open_columnar(of: Path | io.BytesIO, name: str, unpack_limit: int | None) -> Any:
    """Reads a Parquet or Arrow file, or the bytes of a Parquet file, by the first library installed."""
    parquet = isinstance(of, io.BytesIO) or of.suffix.lower() in {".parquet", ".pq"}
    if isinstance(of, Path):
        with opened(of, name) as file:
            size = os.fstat(file.fileno()).st_size
    else:
        size = len(of.getbuffer())
    limit = unpacked_most(size, unpack_limit)
    for read in (_by_polars, _by_pyarrow, _by_duckdb):
        try:
            table, least = read(of, parquet)
        except ImportError:
            continue
        except OSError as e:
            if e.errno is not None:
                raise
            raise _unreadable(name, e) from None
        except Exception as e:  # each library has its own errors
            raise _unreadable(name, e) from None
        if least > limit:
            raise _too_much(name, limit)
        try:
            return table()
        except MemoryError:
            raise
        except Exception as e:
            raise _unreadable(name, e) from None
    raise MissingPackageError("reading Parquet needs polars, pyarrow or duckdb: pip install polars")


def _unreadable(name: str, e: Exception) -> InputError:
    said = str(e).strip().splitlines() or [type(e).__name__]
    return InputError(f"{name!r} cannot be read: {said[0][:300]}")


# Each function returns a call that reads the table, and a lower bound of the table's size in bytes:
# a few bytes of a hostile file can claim billions of rows.


def _by_polars(of: Path | io.BytesIO, parquet: bool) -> tuple[Callable[[], Any], int]:
    import polars

    lazy = polars.scan_parquet(of, glob=False) if parquet else polars.scan_ipc(of)
    rows = lazy.select(polars.len()).collect().item()
    return lazy.collect, _CELL * rows * len(lazy.collect_schema())


def _by_pyarrow(of: Path | io.BytesIO, parquet: bool) -> tuple[Callable[[], Any], int]:
    import pyarrow.dataset
    import pyarrow.parquet

    if not parquet:
        said = pyarrow.dataset.dataset(of, format="ipc")
        return said.to_table, _CELL * said.count_rows() * len(said.schema)
    said = pyarrow.parquet.read_metadata(of)
    return lambda: pyarrow.parquet.read_table(of), _CELL * said.num_rows * said.num_columns


def _by_duckdb(of: Path | io.BytesIO, parquet: bool) -> tuple[Callable[[], Any], int]:
    import duckdb

    if not parquet or not isinstance(of, Path):
        raise ImportError
    table = duckdb.read_parquet(str(of))
    return lambda: table, _CELL * len(table.columns) * table.shape[0]
