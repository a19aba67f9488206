# Distributed under the Boost Software License, Version 1.0. See LICENSE.
# Written by bindings/python/generate_stubs.py; do not edit.
"""
The compiled part of leadfunnel; use the package `leadfunnel`.
"""
from __future__ import annotations
import datetime

from leadfunnel._engine import (
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
    A model, with the places of its parts in its text.
    """
    @staticmethod
    @typing.overload
    def parse(text: str, file: str = '') -> Model:
        ...
    @staticmethod
    @typing.overload
    def parse(text: bytes, file: str = '') -> Model:
        ...
    def check(self) -> list[Issue]:
        ...
    def compile(self) -> Plan:
        ...
    def diagram(self, funnel: str, format: str, left_to_right: bool, conditions: bool) -> str:
        ...
    def reading_issues(self) -> list[Issue]:
        """
        Issues of reading the text alone.
        """
    def same(self, arg0: Model) -> bool:
        ...
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
        The columns of both.
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
    A table that comes in.
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
    def type_of(self, column: str) -> str:
        ...
    @property
    def columns(self) -> list[str]:
        ...
class Reading:
    """
    How a table is to be read.
    """
    def __init__(self, zone: str = '', ambiguous: str = 'refuse', strict: bool = False, keep: typing.SupportsInt | typing.SupportsIndex = 1000, progress: typing.Any = None) -> None:
        ...
class EventRows:
    """
    Events read from a table.
    """
    def __init__(self) -> None:
        ...
    def __len__(self) -> int:
        ...
    def add_text(self, next: collections.abc.Callable[[], bytes], mapping: str, mapping_name: str, name: str, table: str, how: Reading) -> dict[str, typing.Any]:
        ...
    def extend(self, arg0: EventRows) -> None:
        ...
class Histories:
    """
    Histories of leads.
    """
    def __len__(self) -> int:
        ...
    def events(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> list[Event]:
        ...
    def find(self, arg0: str) -> int | None:
        ...
    def lead(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> str:
        ...
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
    def plan(self) -> Plan:
        ...
    @property
    def touchpoints(self) -> int:
        ...
class LeadInstants:
    """
    Leads and instants, row by row.
    """
    def __len__(self) -> int:
        ...
class AdditiveScores:
    """
    Scores being made of tables, without histories.
    """
    @staticmethod
    def begin(plan: Plan, at: typing.Any) -> AdditiveScores | None:
        """
        Nothing if the plan's touchpoints do not count each for itself.
        """
    def add_leads(self, table: ArrowTable, how: Reading) -> dict[str, typing.Any]:
        ...
    def add_touchpoints(self, table: ArrowTable, how: Reading) -> dict[str, typing.Any]:
        ...
class Reader:
    """
    Collects histories.
    """
    def __init__(self, plan: Plan) -> None:
        ...
    def add_event(self, event: typing.Any) -> None:
        ...
    def add_events(self, events: EventRows) -> list[tuple[int, str]]:
        ...
    def add_ids(self, pairs: LeadInstants) -> None:
        ...
    def add_leads(self, table: ArrowTable, how: Reading) -> dict[str, typing.Any]:
        ...
    def add_text(self, next: collections.abc.Callable[[], bytes], mapping: str, mapping_name: str, name: str, table: str, how: Reading) -> dict[str, typing.Any]:
        """
        Reads CSV or NDJSON: `next` gives its bytes piece by piece, at the end none.
        """
    def add_touchpoints(self, table: ArrowTable, how: Reading) -> dict[str, typing.Any]:
        ...
    def build(self) -> Histories:
        ...
class Scores:
    """
    Scores of leads at instants.
    """
    @staticmethod
    def of_tables(of: AdditiveScores, threads: typing.SupportsInt | typing.SupportsIndex = 0, progress: typing.Any = None) -> Scores:
        """
        Nothing if it takes histories after all.
        """
    def __arrow_c_stream__(self, requested_schema: typing.Any = None) -> typing_extensions.CapsuleType:
        ...
    def __init__(self, histories: Histories, plan: Plan, at: list[typing.Any], threads: typing.SupportsInt | typing.SupportsIndex = 0, progress: typing.Any = None) -> None:
        ...
    def __len__(self) -> int:
        ...
    def changes(self, lead: str, score: str, since: typing.Any, until: typing.Any) -> list[tuple[datetime.datetime, float | None]]:
        ...
    def contributions(self, score: str, prefix: str, rest: str, threads: typing.SupportsInt | typing.SupportsIndex = 0, progress: typing.Any = None) -> Frame:
        ...
    def excluded_by(self, lead: str, score: str, at: typing.Any) -> str | None:
        ...
    def explain(self, lead: str, score: str, at: typing.Any) -> Explanation:
        ...
    def flags(self, score: str) -> numpy.typing.NDArray[numpy.uint8]:
        ...
    def frame(self, first: typing.SupportsInt | typing.SupportsIndex, last: typing.SupportsInt | typing.SupportsIndex) -> Frame:
        ...
    def micros(self, score: str) -> numpy.typing.NDArray[numpy.int64]:
        ...
    def score_at(self, lead: str, score: str, at: typing.Any) -> float | None:
        ...
    def take_histories(self, histories: Histories) -> None:
        ...
    def top(self, score: str, k: typing.SupportsInt | typing.SupportsIndex, nth: typing.SupportsInt | typing.SupportsIndex = 0) -> list[int]:
        ...
    @property
    def has_histories(self) -> bool:
        ...
    @property
    def instants(self) -> list[datetime.datetime]:
        ...
    @property
    def leads(self) -> int:
        ...
    @property
    def plan(self) -> Plan:
        ...
class Engine:
    """
    Live leads, behind a lock.
    """
    @staticmethod
    def from_file(plan: Plan, file: os.PathLike[str] | str | bytes, ranked: collections.abc.Sequence[str], index_email: bool = True, index_account: bool = True, index_owner: bool = True, index_stage: bool = True, explanation_bytes: typing.SupportsInt | typing.SupportsIndex = 16384) -> Engine:
        ...
    @staticmethod
    def from_snapshot(plan: Plan, bytes: bytes, ranked: collections.abc.Sequence[str], index_email: bool = True, index_account: bool = True, index_owner: bool = True, index_stage: bool = True, explanation_bytes: typing.SupportsInt | typing.SupportsIndex = 16384) -> Engine:
        ...
    def __init__(self, plan: Plan, ranked: collections.abc.Sequence[str], index_email: bool = True, index_account: bool = True, index_owner: bool = True, index_stage: bool = True, explanation_bytes: typing.SupportsInt | typing.SupportsIndex = 16384) -> None:
        ...
    def __len__(self) -> int:
        ...
    def acknowledge(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None:
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
    def erase(self, arg0: str) -> None:
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
    def nth(self, score: str, n: typing.SupportsInt | typing.SupportsIndex, at: typing.Any = None) -> tuple[str, float] | None:
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
    def signals(self, after: typing.SupportsInt | typing.SupportsIndex = 0, most: typing.SupportsInt | typing.SupportsIndex = 1000) -> list[Signal]:
        ...
    def snapshot(self) -> bytes:
        ...
    def stage(self, lead: str, funnel: str) -> Position | None:
        ...
    def stage_log(self, arg0: str) -> list[StageEntry]:
        ...
    def timeline(self, arg0: str) -> list[TimelineEntry]:
        ...
    def top(self, score: str, k: typing.SupportsInt | typing.SupportsIndex, at: typing.Any = None) -> list[tuple[str, float]]:
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
    @property
    def plan(self) -> Plan:
        ...
class AtomicFile:
    """
    A file that is replaced as a whole, or not at all.
    """
    def __init__(self, file: os.PathLike[str] | str | bytes) -> None:
        ...
    def commit(self) -> None:
        """
        Puts what was written in the file's place, and closes it.
        """
    def drop(self) -> None:
        """
        Closes it. What was not committed is gone.
        """
    def fileno(self) -> int:
        """
        Of the file that is written, until it is closed.
        """
class EventLog:
    """
    Events in order of time, handed out bit by bit.
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
    Waits two seconds at most for calls of engines to end, and keeps others out.
    """
def generate(folder: os.PathLike[str] | str | bytes, leads: typing.SupportsInt | typing.SupportsIndex, seed: typing.SupportsInt | typing.SupportsIndex = 2026) -> None:
    """
    Writes the demo's leads.csv and touchpoints.csv: the same on every machine.
    """
def language() -> dict[str, typing.Any]:
    """
    What the model language consists of, for the builders.
    """
def mapping_json(text: str) -> str | None:
    """
    A mapping file without its comments; None if there is something wrong with it, which reading by it says.
    """
def model_schema() -> str:
    """
    The JSON Schema of model files.
    """
def printable(text: str, lines: bool = False) -> str:
    """
    Text from outside so that it is safe to print; line feeds stay if `lines`.
    """
def read_events(table: ArrowTable, kind: str, plan: Plan, how: Reading) -> tuple[EventRows, dict[str, typing.Any]]:
    ...
def read_pairs(table: ArrowTable, plan: Plan, how: Reading) -> tuple[LeadInstants, dict[str, typing.Any]]:
    ...
def score_pairs(histories: Histories, plan: Plan, pairs: LeadInstants, explained: bool, threads: typing.SupportsInt | typing.SupportsIndex = 0, progress: typing.Any = None) -> Frame:
    ...
def time_zone_exists(arg0: str) -> bool:
    ...
def to_instant(at: typing.Any) -> datetime.datetime:
    """
    An instant as an aware datetime in UTC.
    """
def unseen() -> list[tuple[int, int]]:
    """
    Code points that `printable` escapes: the first and last of each run.
    """
def use_zone_folder(folder: os.PathLike[str] | str | bytes) -> None:
    """
    Where zones are looked for that the system has not.
    """
__version__: str = '0.1.0'
generated_until: datetime.datetime
