# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""The commands."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .. import _core
from .._engine_types import SIGNAL_KINDS
from .._errors import Error, InputError, Issue, ModelError, one_of
from .._model import Plan
from .._results import Explanation
from .._score import score as score_all
from ._input import load_model, read_tables
from ._messages import say, say_issue
from ._options import (
    Ambiguity,
    Ambiguous,
    At,
    Columns,
    Formatted,
    Mappings,
    ModelName,
    Raw,
    ScoreName,
    SkipBadRows,
    Tables,
    Target,
    UnpackLimit,
    Zone,
    complete_table,
    format_option,
    reading_of,
)
from ._output import Format, Output, Rows, write_text
from ._reasons import reasons
from ._replay import Flow, Replay
from ._text import instant_text, points_text

# The base of Typer's errors about the command line, which has no public name.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]


class _Commands(TyperGroup):
    """The group of commands. Makes exceptions messages and exit codes."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except _UsageError as e:
            said: Any = e
            path = said.ctx.command_path if said.ctx else "leadfunnel"
            say(
                "error",
                said.format_message().removeprefix("Invalid value: "),
                more=[f"{path} --help says what can be given"],
            )
            raise typer.Exit(2) from None
        except ModelError as e:
            for issue in e.issues:
                say_issue(issue)
            raise typer.Exit(1) from None
        except ImportError as e:  # before Error: a missing package is both
            say("error", str(e))
            raise typer.Exit(2) from None
        except Error as e:
            said = str(e).replace("read(…, unpack_limit=BYTES)", "--unpack-limit BYTES")
            first, *more = said.split("\n")
            say("error", first, more=more)
            raise typer.Exit(1) from None
        except BrokenPipeError:  # the reader has closed the pipe
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except OSError as e:
            say("error", e.strerror or str(e), str(e.filename or ""))
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Scores B2B leads by a model that a marketer can read, and explains every point.",
    epilog="Exit codes: 0 done; 1 the model or the data has problems, or a result cannot be written; "
    "2 the command cannot be carried out as it was given; 3 a fault of leadfunnel's own; "
    "130 interrupted.",
)


# ---- helpers of the commands --------------------------------------------------------------------


def _instant(text: str) -> datetime:
    """The instant of an option. Only ``now`` reads the clock."""
    if text == "now":
        return datetime.now(UTC)
    try:
        return _core.to_instant(text)
    except InputError as e:
        raise typer.BadParameter(str(e)) from None


def _plan(model: str) -> Plan:
    return load_model(model).plan


def _one_of(names: Sequence[str], name: str | None, what: str) -> str | None:
    """The name, which must be one of the model's."""
    if name is None or name in names:
        return name
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(names) or 'none'}"
    raise typer.BadParameter(f"the model has no {what} {_core.printable(name)!r}; {hint}")


def _kinds(plan: Plan) -> dict[str, str]:
    return {"at": "instant", **dict.fromkeys(plan.scores, "number")}


# ---- commands -----------------------------------------------------------------------------------


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"leadfunnel {_core.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Shows the version.")
    ] = False,
) -> None:
    del version


@app.command()
def check(
    model: ModelName,
    table: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TABLE", help="Tables to check, too.", autocompletion=complete_table
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fails on warnings, too.")] = False,
    mapping: Mappings = None,
    column: Columns = None,
    timezone: Zone = None,
    ambiguous: Ambiguous = Ambiguity.refuse,
    unpack_limit: UnpackLimit = None,
    output: Target = "-",
    format: Annotated[
        Format | None,
        format_option("A table; else a line for each problem, as compilers write it."),
    ] = None,
    raw: Raw = False,
) -> None:
    """Says everything that is wrong with a model, and with tables for it."""
    read = load_model(model)
    found = read.check()
    if format is None and output == "-":
        for issue in found:
            say_issue(issue, stdout=True)
    else:
        Output.chosen(output, format, raw).write(_issues(found))
    errors = sum(i.severity == "error" for i in found)
    warnings = len(found) - errors
    if not found and format is None:
        say("note", f"{read.id}: no problems", stdout=True)
    if errors or (strict and warnings):
        raise typer.Exit(1)
    if table:
        read_tables(read.plan, table, reading_of(mapping, column, timezone, ambiguous, False, unpack_limit))


def _issues(issues: Sequence[Issue]) -> Rows:
    names = ("file", "line", "column", "severity", "code", "message", "expected", "hint", "pointer")
    return Rows.made(
        {n: "integer" if n in {"line", "column"} else "text" for n in names},
        (tuple(getattr(i, n) for n in names) for i in issues),
    )


@app.command()
def score(
    model: ModelName,
    table: Tables,
    at: Annotated[
        list[str],
        typer.Option(
            "--at", metavar="INSTANT", help="The instant, with its offset; or now. Repeatable."
        ),
    ],
    mapping: Mappings = None,
    column: Columns = None,
    timezone: Zone = None,
    ambiguous: Ambiguous = Ambiguity.refuse,
    skip_bad_rows: SkipBadRows = False,
    unpack_limit: UnpackLimit = None,
    threads: Annotated[
        int,
        typer.Option("--threads", min=0, help="How many to use; 0: as many as there are cores."),
    ] = 0,
    output: Target = "-",
    format: Formatted = None,
    raw: Raw = False,
) -> None:
    """Scores, bands and classes of all leads at an instant, or at several."""
    instants = [_instant(a) for a in at]
    to = Output.chosen(output, format, raw)
    plan = _plan(model)
    histories = read_tables(
        plan, table, reading_of(mapping, column, timezone, ambiguous, skip_bad_rows, unpack_limit)
    )
    scores = score_all(plan, histories, at=instants, threads=threads or None)
    to.write(Rows.of(scores, _kinds(plan)), f"{len(histories):,} leads")


@app.command()
def top(
    model: ModelName,
    table: Tables,
    at: At,
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many.")] = 10,
    score: ScoreName = None,
    mapping: Mappings = None,
    column: Columns = None,
    timezone: Zone = None,
    ambiguous: Ambiguous = Ambiguity.refuse,
    skip_bad_rows: SkipBadRows = False,
    unpack_limit: UnpackLimit = None,
    output: Target = "-",
    format: Formatted = None,
    raw: Raw = False,
) -> None:
    """The best leads at an instant, with what earned them their points."""
    when = _instant(at)
    to = Output.chosen(output, format, raw)
    plan = _plan(model)
    name = one_of(plan.scores, _one_of(plan.scores, score, "score"), "score", -1)
    histories = read_tables(
        plan, table, reading_of(mapping, column, timezone, ambiguous, skip_bad_rows, unpack_limit)
    )
    scores = score_all(plan, histories, at=when)

    def rows() -> Iterator[tuple[Any, ...]]:
        rank = 0
        before = None
        for i, row in enumerate(scores.top(name, number), 1):
            rank = rank if row[name] == before else i
            before = row[name]
            why = reasons(scores.explain(row["lead"], name))
            yield (rank, row["lead"], row[name], *(row[b] for b in plan.bandings), why)

    kinds = {
        "rank": "integer",
        "lead": "text",
        name: "number",
        **dict.fromkeys(plan.bandings, "text"),
    }
    to.write(
        Rows.made({**kinds, "reasons": "text"}, rows()), f"The best of {len(histories):,} leads"
    )


@app.command()
def explain(
    model: ModelName,
    lead: Annotated[str, typer.Argument(metavar="LEAD", help="The lead's id.")],
    table: Tables,
    at: At,
    score: ScoreName = None,
    mapping: Mappings = None,
    column: Columns = None,
    timezone: Zone = None,
    ambiguous: Ambiguous = Ambiguity.refuse,
    skip_bad_rows: SkipBadRows = False,
    unpack_limit: UnpackLimit = None,
    output: Target = "-",
    format: Annotated[
        Format | None,
        format_option("A table of the contributions; else text for people."),
    ] = None,
    raw: Raw = False,
) -> None:
    """Why a lead's score is what it is: every contribution, adding up exactly."""
    when = _instant(at)
    to = Output.chosen(output, format, raw) if format or output != "-" else None
    plan = _plan(model)
    name = _one_of(plan.scores, score, "score")
    histories = read_tables(
        plan, table, reading_of(mapping, column, timezone, ambiguous, skip_bad_rows, unpack_limit)
    )
    why = score_all(plan, histories, at=when, progress=False).explain(lead, name)
    if to is None:
        write_text(None, _core.printable(str(why), lines=True))
    else:
        to.write(
            _lines(why), f"{lead}: {why.score} = {points_text(why.total)} at {instant_text(why.at)}"
        )


def _lines(why: Explanation) -> Rows:
    kinds = dict.fromkeys(
        (
            "score",
            "kind",
            "name",
            "group",
            "now",
            "awarded",
            "at",
            "fate",
            "reason",
            "touchpoint",
            "properties",
            "description",
        ),
        "text",
    ) | {"now": "number", "awarded": "number", "at": "instant"}

    def rows(part: Explanation) -> Iterator[tuple[Any, ...]]:
        for row in part:
            yield (part.score, *(row[n] for n in list(kinds)[1:]))
        for each in part.inputs:
            yield from rows(each)

    return Rows.made(kinds, rows(why))


_SIGNAL = {
    "sequence": "integer",
    "at": "instant",
    "lead": "text",
    "kind": "text",
    "subject": "text",
    "from": "text",
    "to": "text",
    "cause": "text",
    "reason": "text",
    "due": "instant",
    "cycle": "integer",
    "explanation": "text",
    "model_version": "text",
}
_BRIEF = ("at", "lead", "kind", "subject", "from", "to", "cause", "reason")


@app.command()
def replay(
    model: ModelName,
    table: Tables,
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="INSTANT",
            help="How far to go, with its offset; else to the last event.",
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind", "-k", metavar="KIND", help="Only signals of this kind, as stage_changed."
        ),
    ] = None,
    mapping: Mappings = None,
    column: Columns = None,
    timezone: Zone = None,
    ambiguous: Ambiguous = Ambiguity.refuse,
    skip_bad_rows: SkipBadRows = False,
    unpack_limit: UnpackLimit = None,
    output: Target = "-",
    format: Formatted = None,
    raw: Raw = False,
) -> None:
    """Runs the live engine through the events: its signals; on stderr, where leads stand."""
    end = _instant(until) if until else None
    kinds = [_one_of(SIGNAL_KINDS, k, "kind of signal") for k in kind or ()]
    to = Output.chosen(output, format, raw)
    plan = _plan(model)
    histories = read_tables(
        plan, table, reading_of(mapping, column, timezone, ambiguous, skip_bad_rows, unpack_limit)
    )
    run = Replay(plan, histories)
    names = [n for n in _SIGNAL if n in _BRIEF or not to.is_text]
    emitted = 0

    def rows() -> Iterator[tuple[Any, ...]]:
        nonlocal emitted
        for signal in run.until(end):
            if not kinds or signal.kind in kinds:
                emitted += 1
                yield tuple(getattr(signal, "from_" if n == "from" else n) for n in names)

    to.write(Rows.made({n: _SIGNAL[n] for n in names}, rows()))
    say("note", f"{run.taken:,} events of {len(run.engine):,} leads; {emitted:,} signals")
    if run.refused:
        events = "event was" if run.refused == 1 else "events were"
        say("warning", f"{run.refused:,} {events} refused: see the signals of kind refused")
    for funnel in plan.model.funnels:
        stages = ", ".join(f"{s} {n:,}" for s, n in run.engine.stages(funnel.id).items())
        say("note", f"{funnel.id}: {stages}")


@app.command()
def funnel(
    model: ModelName,
    table: Tables,
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="INSTANT",
            help="How far to go, with its offset; else to the last event.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--funnel", metavar="NAME", help="The funnel; else the model's first."),
    ] = None,
    moves: Annotated[
        bool, typer.Option("--moves", help="The moves between stages, rather than the stages.")
    ] = False,
    mapping: Mappings = None,
    column: Columns = None,
    timezone: Zone = None,
    ambiguous: Ambiguous = Ambiguity.refuse,
    skip_bad_rows: SkipBadRows = False,
    unpack_limit: UnpackLimit = None,
    output: Target = "-",
    format: Formatted = None,
    raw: Raw = False,
) -> None:
    """How many leads are and were in each stage of a funnel, and how many moved on."""
    end = _instant(until) if until else None
    to = Output.chosen(output, format, raw)
    plan = _plan(model)
    flow = Flow(_funnel(plan, name))
    histories = read_tables(
        plan, table, reading_of(mapping, column, timezone, ambiguous, skip_bad_rows, unpack_limit)
    )
    run = Replay(plan, histories)
    for signal in run.until(end):
        flow.add(signal)
    if moves:
        columns = {
            "from": "text",
            "to": "text",
            "moves": "integer",
            "leads": "integer",
            "share": "number",
            "median_days": "number",
        }
        to.write(Rows.made(columns, flow.moves()), f"Moves in {flow.funnel}")
    else:
        columns = {
            "stage": "text",
            "phase": "text",
            "now": "integer",
            "leads": "integer",
            "entries": "integer",
            "share": "number",
        }
        to.write(Rows.made(columns, flow.stages(run)), f"Stages of {flow.funnel}")


def _funnel(plan: Plan, name: str | None) -> str:
    names = [f.id for f in plan.model.funnels]
    if not names:
        raise InputError(f"the model {plan.model.id} has no funnel")
    return _one_of(names, name, "funnel") or names[0]


class Drawing(StrEnum):
    """The languages of diagrams."""

    mermaid = "mermaid"
    dot = "dot"


@app.command()
def diagram(
    model: ModelName,
    name: Annotated[
        str | None,
        typer.Option("--funnel", metavar="NAME", help="The funnel; else the model's first."),
    ] = None,
    format: Annotated[
        Drawing, typer.Option("--format", "-f", help="Mermaid, or dot for Graphviz.")
    ] = Drawing.mermaid,
    left_to_right: Annotated[
        bool, typer.Option("--left-to-right", help="Else from top to bottom.")
    ] = False,
    conditions: Annotated[
        bool, typer.Option("--conditions/--no-conditions", help="Whether edges say their guards.")
    ] = True,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is stdout.")
    ] = "-",
) -> None:
    """A funnel as a picture."""
    plan = _plan(model)
    drawn = plan.model.diagram(
        _funnel(plan, name), format.value, left_to_right=left_to_right, conditions=conditions
    )
    write_text(None if output == "-" else Path(output), str(drawn).rstrip("\n") + "\n")


@app.command()
def generate(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where to; it is made if need be.")
    ],
    leads: Annotated[
        int, typer.Option("--leads", min=0, max=10_000_000, help="How many.")
    ] = 20_000,
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=2**63 - 1, help="Another gives other leads.")
    ] = 2026,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrites files that are there.")
    ] = False,
) -> None:
    """Writes leads.csv and touchpoints.csv of an invented maker: a year and a half of touchpoints.

    They are the same on every machine, and a few leads in them have a story, which demo tells.
    """
    from ._demo import write_files

    there = [p for p in ("leads.csv", "touchpoints.csv") if (folder / p).exists()]
    if there and not force:
        raise typer.BadParameter(
            f"{_core.printable(str(folder / there[0]))!r} is there already; --force overwrites it"
        )
    write_files(folder, leads, seed)
    say(
        "note",
        f"wrote {folder / 'leads.csv'} and {folder / 'touchpoints.csv'}; they are read by "
        "--mapping demo_leads --mapping demo_touchpoints",
    )


@app.command()
def demo(
    leads: Annotated[int, typer.Option("--leads", min=0, max=10_000_000, help="How many.")] = 2_000,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="FOLDER", help="Where to keep the files.")
    ] = None,
) -> None:
    """Generates leads, scores and explains them, and then lives their year and a half again."""
    from ._demo import run

    run(leads, keep)
