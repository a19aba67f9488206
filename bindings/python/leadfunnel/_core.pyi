# Distributed under the Boost Software License, Version 1.0. See LICENSE.
# Written by bindings/python/generate_stubs.py; do not edit.
"""
The compiled part of leadfunnel; use the package `leadfunnel`.
"""
from __future__ import annotations
import datetime

from leadfunnel._engine_types import (
    Applied,
    BatchReport,
    Position,
    Replacement,
    Signal,
    TimelineEntry,
)
from leadfunnel._errors import Issue
from leadfunnel._events import Event, StageEntry, Value
from leadfunnel._results import Explanation
from leadfunnel._table_types import TableReport
import collections.abc
import datetime
import numpy
import numpy.typing
import os
import typing
import typing_extensions
class Plan:
    """
    A compiled model.
    """
    @property
    def attributes(self) -> dict[str, str]:
        """
        Declared attributes and their types.
        """
    @property
    def bandings(self) -> list[str]:
        ...
    @property
    def matrices(self) -> list[str]:
        ...
    @property
    def properties(self) -> dict[str, str]:
        """
        Declared properties and their types.
        """
    @property
    def scores(self) -> list[str]:
        """
        Names of the scores, derived ones last.
        """
    @property
    def warnings(self) -> list[Issue]:
        ...
class Model:
    """
    A model, and where its parts stand in its text.
    """
    @staticmethod
    def parse(text: bytes, file: str = '') -> Model:
        ...
    def check(self) -> list[Issue]:
        ...
    def compile(self) -> Plan:
        ...
    def diagram(self, funnel: str, format: str, left_to_right: bool, conditions: bool) -> str:
        ...
    def same(self, other: Model) -> bool:
        """
        Whether two models are equal, wherever they come from.
        """
    def write(self) -> str:
        ...
    @property
    def file(self) -> str:
        ...
class Frame:
    """
    Named columns of a result.
    """
    def __arrow_c_stream__(self, requested_schema: typing.Any = None) -> typing_extensions.CapsuleType:
        ...
    def __getstate__(self) -> tuple[typing.Any, ...]:
        ...
    def __init__(self, columns: collections.abc.Sequence[tuple[str, str, typing.Any]]) -> None:
        ...
    def __len__(self) -> int:
        ...
    def __setstate__(self, arg0: tuple[typing.Any, ...]) -> None:
        ...
    def beside(self, other: Frame) -> Frame:
        """
        The columns of both frames.
        """
    def cells(self, name: str, first: typing.SupportsInt | typing.SupportsIndex, last: typing.SupportsInt | typing.SupportsIndex) -> list[typing.Any]:
        ...
    def numpy(self, name: str) -> tuple[typing.Any, ...]:
        ...
    @property
    def columns(self) -> list[str]:
        ...
class ArrowTable:
    """
    A table to read.
    """
    @staticmethod
    def from_array(schema: typing.Any, array: typing.Any, name: str) -> ArrowTable:
        ...
    @staticmethod
    def from_frame(frame: Frame, name: str) -> ArrowTable:
        ...
    @staticmethod
    def from_stream(capsule: typing.Any, name: str) -> ArrowTable:
        ...
    def rename(self, column: str, name: str) -> bool:
        ...
    @property
    def columns(self) -> list[str]:
        ...
class Reading:
    """
    How a table is read.
    """
    def __init__(self, zone: str = '', ambiguous: str = 'refuse', strict: bool = False, keep: typing.SupportsInt | typing.SupportsIndex = 1000, progress: typing.Any = None) -> None:
        ...
class EventRows:
    """
    Events, and the rows that they were read from.
    """
    def __init__(self) -> None:
        ...
    def __len__(self) -> int:
        ...
    def add_text(self, next: collections.abc.Callable[[], bytes], mapping: str, mapping_name: str, name: str, table: str, how: Reading) -> TableReport:
        ...
    def extend(self, arg0: EventRows) -> None:
        ...
class LeadInstants:
    """
    Leads and instants, row by row.
    """
    def __len__(self) -> int:
        ...
class Histories:
    """
    Histories of leads.
    """
    def __len__(self) -> int:
        ...
    def events(self, lead: typing.SupportsInt | typing.SupportsIndex) -> list[Event]:
        """
        A lead's events, by its number.
        """
    def find(self, lead: str) -> int | None:
        """
        The lead's number, or None.
        """
    def lead(self, number: typing.SupportsIndex) -> str:
        """
        A lead's id, by its number.
        """
    def rows(self) -> EventRows:
        """
        All events.
        """
    @property
    def duplicates(self) -> int:
        ...
    @property
    def memory(self) -> int:
        ...
    @property
    def touchpoints(self) -> int:
        ...
class AdditiveScores:
    """
    Scores that are added up from tables, without histories.
    """
    @staticmethod
    def begin(plan: Plan, at: typing.Any) -> AdditiveScores | None:
        """
        None if the plan's scores are not sums over single touchpoints.
        """
    def add_leads(self, table: ArrowTable, how: Reading) -> TableReport:
        ...
    def add_touchpoints(self, table: ArrowTable, how: Reading) -> TableReport:
        ...
class Reader:
    """
    Collects histories.
    """
    def __init__(self, plan: Plan) -> None:
        ...
    def add_events(self, events: EventRows) -> list[tuple[int, str]]:
        ...
    def add_ids(self, pairs: LeadInstants) -> None:
        ...
    def add_leads(self, table: ArrowTable, how: Reading) -> TableReport:
        ...
    def add_text(self, next: collections.abc.Callable[[], bytes], mapping: str, mapping_name: str, name: str, table: str, how: Reading) -> TableReport:
        """
        Reads CSV or NDJSON. `next` returns its bytes piece by piece, and none at the end.
        """
    def add_touchpoints(self, table: ArrowTable, how: Reading) -> TableReport:
        ...
    def build(self) -> Histories:
        ...
class Scores:
    """
    Scores of leads at instants.
    """
    @staticmethod
    def of_tables(of: AdditiveScores, threads: typing.SupportsIndex = 0, progress: typing.Any = None) -> Scores | None:
        """
        None if the tables need histories after all.
        """
    def __arrow_c_stream__(self, requested_schema: typing.Any = None) -> typing_extensions.CapsuleType:
        ...
    def __init__(self, histories: Histories, plan: Plan, at: list[typing.Any], threads: typing.SupportsIndex = 0, progress: typing.Any = None) -> None:
        ...
    def __len__(self) -> int:
        ...
    def changes(self, lead: str, score: str, since: typing.Any, until: typing.Any) -> list[tuple[datetime.datetime, float | None]]:
        ...
    def contributions(self, score: str, prefix: str, rest: str, threads: typing.SupportsIndex = 0, progress: typing.Any = None) -> Frame:
        ...
    def explain(self, lead: str, score: str, at: typing.Any) -> Explanation:
        ...
    def flags(self, score: str) -> numpy.typing.NDArray[numpy.uint8]:
        ...
    def frame(self, first: typing.SupportsInt | typing.SupportsIndex, last: typing.SupportsInt | typing.SupportsIndex) -> Frame:
        ...
    def micros(self, score: str) -> numpy.typing.NDArray[numpy.int64]:
        ...
    def take_histories(self, histories: Histories) -> None:
        ...
    def top(self, score: str, k: typing.SupportsIndex, nth: typing.SupportsInt | typing.SupportsIndex = 0) -> list[int]:
        ...
    @property
    def has_histories(self) -> bool:
        ...
    @property
    def instants(self) -> list[datetime.datetime]:
        ...
class Engine:
    """
    Leads that many threads share.
    """
    @staticmethod
    def from_file(plan: Plan, file: os.PathLike[str] | str | bytes, ranked: collections.abc.Sequence[str], index: collections.abc.Sequence[str], explanation_bytes: typing.SupportsIndex) -> Engine:
        ...
    @staticmethod
    def from_snapshot(plan: Plan, bytes: bytes, ranked: collections.abc.Sequence[str], index: collections.abc.Sequence[str], explanation_bytes: typing.SupportsIndex) -> Engine:
        ...
    def __init__(self, plan: Plan, ranked: collections.abc.Sequence[str], index: collections.abc.Sequence[str], explanation_bytes: typing.SupportsIndex) -> None:
        ...
    def __len__(self) -> int:
        ...
    def acknowledge(self, arg0: typing.SupportsIndex) -> None:
        ...
    def advance_to(self, at: typing.Any, progress: typing.Any = None) -> None:
        ...
    def apply_many(self, events: collections.abc.Iterable[typing.Any], progress: typing.Any = None) -> BatchReport:
        ...
    def apply_one(self, event: typing.Any) -> Applied:
        ...
    def apply_rows(self, rows: EventRows, progress: typing.Any = None) -> BatchReport:
        ...
    def attribute(self, lead: str, attribute: str) -> Value:
        ...
    def band(self, lead: str, banding: str) -> str | None:
        ...
    def class_of(self, lead: str, matrix: str) -> str | None:
        ...
    def contains(self, arg0: str) -> bool:
        ...
    def cools_at(self, lead: str, banding: str, until: typing.Any) -> datetime.datetime | None:
        ...
    def count_in_band(self, banding: str, band: str) -> int:
        ...
    def count_in_stage(self, funnel: str, stage: str) -> int:
        ...
    def erase(self, arg0: typing.Any) -> None:
        ...
    def explain(self, lead: str, score: str, at: typing.Any = None) -> Explanation:
        ...
    def find(self, where: Model | None, query: dict[str, typing.Any]) -> tuple[list[str], bool]:
        ...
    def history(self, arg0: str) -> list[Event]:
        ...
    def ids(self, arg0: str) -> list[str]:
        ...
    def load_histories(self, histories: Histories, progress: typing.Any = None) -> BatchReport:
        ...
    def load_many(self, events: collections.abc.Iterable[typing.Any], progress: typing.Any = None) -> BatchReport:
        ...
    def load_rows(self, rows: EventRows, progress: typing.Any = None) -> BatchReport:
        ...
    def memory(self) -> dict[str, int]:
        ...
    def merge(self, arg0: str, arg1: str) -> None:
        ...
    def move(self, lead: str, funnel: str, stage: str, reason: str = '', who: str = 'person') -> Applied:
        ...
    def nth(self, score: str, n: typing.SupportsIndex, at: typing.Any = None) -> tuple[str, float] | None:
        ...
    def percentile(self, lead: str, score: str, at: typing.Any = None) -> float | None:
        ...
    def project(self, lead: str, banding: str, at: typing.Any) -> tuple[float | None, str | None]:
        ...
    def rank(self, lead: str, score: str, at: typing.Any = None) -> int | None:
        ...
    def replace(self, arg0: Plan) -> Replacement:
        ...
    def resolve(self, arg0: str) -> str:
        ...
    def save(self, file: os.PathLike[str] | str | bytes) -> None:
        ...
    def score(self, lead: str, score: str, at: typing.Any = None) -> float | None:
        ...
    def signals(self, after: typing.SupportsIndex = 0, most: typing.SupportsIndex = 1000) -> list[Signal]:
        ...
    def snapshot(self) -> bytes:
        ...
    def stage(self, lead: str, funnel: str) -> Position | None:
        ...
    def stage_log(self, arg0: str) -> list[StageEntry]:
        ...
    def timeline(self, arg0: str) -> list[TimelineEntry]:
        ...
    def top(self, score: str, k: typing.SupportsIndex, at: typing.Any = None) -> list[tuple[str, float]]:
        ...
    def try_replace(self, arg0: Plan) -> Replacement:
        ...
    def unmerge(self, arg0: str) -> None:
        ...
    def uses(self, arg0: Plan) -> bool:
        ...
    def with_email(self, arg0: str) -> list[str]:
        ...
    @property
    def last_signal(self) -> int:
        ...
    @property
    def now(self) -> datetime.datetime | None:
        ...
class AtomicFile:
    """
    A file that is replaced as a whole or not at all.
    """
    def __init__(self, file: os.PathLike[str] | str | bytes) -> None:
        ...
    def commit(self) -> None:
        """
        Replaces the file by what was written, and closes it.
        """
    def drop(self) -> None:
        """
        Closes the file and discards what was not committed.
        """
    def fileno(self) -> int:
        """
        The descriptor to write to, until the file is closed.
        """
class EventLog:
    """
    Events in order of time, handed out in portions.
    """
    def __init__(self, events: EventRows) -> None:
        ...
    def __len__(self) -> int:
        ...
    def take(self, until: typing.Any, most: typing.SupportsInt | typing.SupportsIndex) -> EventRows:
        ...
def after_fork_in_child() -> None:
    ...
def after_fork_in_parent() -> None:
    ...
def before_fork() -> None:
    """
    Waits up to two seconds for running calls of engines, and keeps new calls out.
    """
def generate(folder: os.PathLike[str] | str | bytes, leads: typing.SupportsInt | typing.SupportsIndex, seed: typing.SupportsInt | typing.SupportsIndex = 2026) -> None:
    """
    Writes the demo's leads.csv and touchpoints.csv: the same on every machine.
    """
def language() -> dict[str, typing.Any]:
    """
    The description of the model language: its types, operators, parts and subjects.
    """
def mapping_json(text: str) -> str | None:
    """
    A mapping file without its comments. None if it has a mistake, which reading by it reports.
    """
def model_schema() -> str:
    """
    The JSON Schema of model files.
    """
def printable(text: str, lines: bool = False) -> str:
    """
    Foreign text, made safe to print. Line feeds stay if `lines`.
    """
def read_events(table: ArrowTable, kind: str, plan: Plan, how: Reading) -> tuple[EventRows, TableReport]:
    ...
def read_pairs(table: ArrowTable, plan: Plan, how: Reading) -> tuple[LeadInstants, TableReport]:
    ...
def score_pairs(histories: Histories, plan: Plan, pairs: LeadInstants, explained: bool, threads: typing.SupportsIndex = 0, progress: typing.Any = None) -> Frame:
    ...
def signal_kinds() -> list[str]:
    """
    Names of all kinds of signals.
    """
def to_instant(at: typing.Any) -> datetime.datetime:
    """
    An instant as an aware datetime in UTC.
    """
def unseen() -> list[tuple[int, int]]:
    """
    The first and last code point of each range that `printable` escapes.
    """
def use_zone_folder(folder: os.PathLike[str] | str | bytes) -> None:
    """
    Adds a folder of time zones, for those that the system lacks.
    """
__version__: str = '0.1.0'
generated_until: datetime.datetime
