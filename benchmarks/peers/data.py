# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The data of all peers, from one seed, kept on disk so that each process finds the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .work import BEGIN, DAY, END, INDUSTRIES, ROLES, SECOND, TYPES, type_names

SEED = 1


def make(folder: Path, leads: int, touchpoints: int) -> None:
    """Writes the log in order of time, the same grouped by lead, and what is known of leads."""
    if (folder / "done").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    r = np.random.Generator(np.random.PCG64(SEED))
    step = (END - BEGIN) // touchpoints
    # No two touchpoints of a log have the same instant, so order is not a matter of taste.
    at = BEGIN + np.arange(touchpoints, dtype=np.int64) * step + r.integers(0, step, touchpoints)
    lead = r.integers(0, leads, touchpoints, dtype=np.int32)
    type_ = r.integers(0, TYPES, touchpoints, dtype=np.uint8)
    value = r.integers(0, 600, touchpoints, dtype=np.int32)
    order = np.argsort(lead, kind="stable")
    for name, column in (("lead", lead), ("at", at), ("type", type_), ("value", value)):
        np.save(folder / f"log_{name}.npy", column)
        np.save(folder / f"grouped_{name}.npy", column[order])
    np.save(folder / "industry.npy", r.integers(0, len(INDUSTRIES), leads, dtype=np.uint8))
    np.save(folder / "role.npy", r.integers(0, len(ROLES), leads, dtype=np.uint8))
    np.save(folder / "employees.npy", r.integers(0, 5_000, leads, dtype=np.int32))
    (folder / "done").touch()


class Data:
    """Columns of one size and layout (``log`` or ``grouped``), read when asked for.

    `texts`: how Arrow tables have ids and types, ``coded`` by dictionary or ``plain``.
    """

    def __init__(
        self, folder: Path, leads: int, touchpoints: int, layout: str, texts: str = "coded"
    ) -> None:
        self.folder = folder
        self.leads = leads
        self.touchpoints = touchpoints
        self.layout = layout
        self.texts = texts

    def column(self, name: str) -> np.ndarray:
        """``lead``, ``at`` (microseconds), ``type`` or ``value``."""
        return np.load(self.folder / f"{self.layout}_{name}.npy")

    def fact(self, name: str) -> np.ndarray:
        """``industry`` and ``role`` as codes, ``employees`` as it is; by lead."""
        return np.load(self.folder / f"{name}.npy")

    def arrow(self, names: list[str]):
        """Columns as an Arrow table: ids and types as texts, instants with a zone."""
        import pyarrow as pa

        def text(codes: np.ndarray, words) -> pa.Array:
            numbers = pa.array(codes.astype(np.int32))
            coded = pa.DictionaryArray.from_arrays(numbers, pa.array(words))
            return coded if self.texts == "coded" else coded.dictionary_decode()

        made = {}
        for name in names:
            cells = self.column(name)
            if name == "lead":
                made[name] = text(cells, self.ids())
            elif name == "type":
                made[name] = text(cells, type_names)
            elif name == "at":
                made[name] = pa.array(cells).cast(pa.timestamp("us", tz="UTC"))
            else:
                made[name] = pa.array(cells)
        return pa.table(made)

    def arrow_leads(self):
        """What is known of leads, as an Arrow table."""
        import pyarrow as pa

        def text(name: str, words: list[str]) -> pa.Array:
            codes = pa.array(self.fact(name).astype(np.int8))
            return pa.DictionaryArray.from_arrays(codes, pa.array(words))

        return pa.table(
            {
                "lead": self.ids(),
                "industry": text("industry", INDUSTRIES),
                "role": text("role", ROLES),
                "employees": pa.array(self.fact("employees")),
            }
        )

    def ids(self):
        """``L0``, ``L1``, … as an Arrow array."""
        import pyarrow as pa
        import pyarrow.compute as pc

        numbers = pa.array(np.arange(self.leads)).cast(pa.string())
        return pc.binary_join_element_wise("L", numbers, "")


def lead_numbers(ids) -> np.ndarray:
    """The numbers behind an Arrow column of ids."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(ids, pa.ChunkedArray):
        ids = ids.combine_chunks()
    if pa.types.is_dictionary(ids.type):
        ids = ids.dictionary_decode()
    return pc.cast(pc.utf8_slice_codeunits(ids.cast(pa.string()), 1), pa.int64()).to_numpy()


# ---- events, one at a time ----------------------------------------------------------------------


class Events:
    """B2: `n` touchpoints of random leads, a second apart, as plain Python values."""

    def __init__(self, leads: int, n: int) -> None:
        from datetime import UTC, datetime, timedelta

        r = np.random.Generator(np.random.PCG64(SEED + 1))
        start = datetime(2024, 1, 1, tzinfo=UTC)
        self.industry = [INDUSTRIES[i] for i in r.integers(0, len(INDUSTRIES), leads)]
        self.rows = [
            (int(lead), start + timedelta(seconds=i), type_names[t], int(v))
            for i, (lead, t, v) in enumerate(
                zip(
                    r.integers(0, leads, n),
                    r.integers(0, TYPES, n),
                    r.integers(0, 600, n),
                    strict=True,
                )
            )
        ]


UPDATE, TOP, RANK = range(3)


class Ranking:
    """B5: what there is before, and operations without end: 90 % updates, 5 % top 100, 5 % ranks.

    An operation is ``(kind, lead, type, microseconds, datetime)``.
    """

    def __init__(self, leads: int) -> None:
        self.leads = leads
        r = np.random.Generator(np.random.PCG64(SEED + 2))
        n = 2 * leads
        self.lead = np.concatenate([np.arange(leads), r.integers(0, leads, n - leads)])
        self.at = BEGIN + np.sort(r.integers(0, 60 * DAY, n))
        self.type = r.integers(0, TYPES, n)
        self._random = r
        self._now = BEGIN + 60 * DAY

    def next(self, n: int) -> list[tuple]:
        """The next `n` operations, a second apart."""
        from datetime import UTC, datetime, timedelta

        r = self._random
        kinds = r.choice([UPDATE, TOP, RANK], n, p=[0.9, 0.05, 0.05])
        at = self._now + SECOND * np.arange(1, n + 1)
        self._now = int(at[-1])
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return [
            (int(k), int(lead), int(t), int(a), epoch + timedelta(microseconds=int(a)))
            for k, lead, t, a in zip(
                kinds, r.integers(0, self.leads, n), r.integers(0, TYPES, n), at, strict=True
            )
        ]
