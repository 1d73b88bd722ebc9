"""The report for people: what drifted in words, where it is declared, the SQL, its hazards, and what to do next."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Container, Iterable
from typing import TYPE_CHECKING

from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.drift import Drift, Origin
from pytest_schemadrift.planning.plan import Step
from pytest_schemadrift.planning.script import readable
from pytest_schemadrift.report.formats import PLAIN, Look
from pytest_schemadrift.report.words import (
    beside_failed,
    by_table,
    counted,
    failed_migration,
    origin_of,
    part_lines,
    pending_lines,
    proof_lines,
    rename_answer,
    tenants_text,
    unreadable_text,
    verdict,
)
from pytest_schemadrift.shown import STYLE, finished, visible

if TYPE_CHECKING:
    from pytest_schemadrift.schema.changes import Change
    from pytest_schemadrift.schema.model import Name

CALM = "green"
LOUD = "red"


def report_text(drifts: Iterable[Drift], look: Look = PLAIN) -> str:
    """Return the report of all connections; ends with a newline.

    Quiet, it is only the verdict of each; verbose, it lists what is accepted.
    """
    lines: list[str] = []
    for drift in drifts:
        if lines and not look.quiet:
            lines.append("")
        lines += drift_lines(drift, look)
    return finished(mask("\n".join(lines))) + "\n"


def drift_lines(drift: Drift, look: Look) -> list[str]:
    """The lines for one connection."""
    paint = Paint(look.color)
    lines = [head_line(drift, color=look.color)]
    if look.quiet:
        return lines
    lines += [paint(f"  {line}", LOUD) for line in pending_lines(drift)]
    if failed_migration(drift) is not None and not look.verbose:
        return lines + _failed_migration_lines(drift, look)
    steps = by_table(drift.steps) if drift.steps else []
    places = {id(step): place for place, step in enumerate(drift.steps)}
    for step in steps:
        lines.append("")
        lines += step_words(drift, step, color=look.color)
        lines += step_sql(drift, step, color=look.color, verbose=look.verbose)
        if places[id(step)] in drift.uncertain:
            lines.append(paint("    could be mere spelling: no scratch database settled it", "yellow"))
    lines += unreadable_lines(drift, color=look.color)
    tail = [
        *part_lines(drift, "the SQL above" if _shows_all(drift, look) else "all of it"),
        *([_ORDER] if steps != list(drift.steps) and not drift.plan.prologue else []),
        *_proof(drift),
        *_accepted(drift, look.verbose),
        *_ignored(drift),
        *drift.notes,
        *rename_lines(drift),
    ]
    if (drift.plan or drift.pending) and (command := fixing_command(drift)):
        tail.append(paint(f"to fix it: {command}", "cyan", bold=True))
    return lines + ([""] if tail and (drift.steps or drift.unreadable) else []) + [f"  {line}" for line in tail]


def _shows_all(drift: Drift, look: Look) -> bool:
    """Whether the statements of every step are in the report."""
    return look.verbose or all(len(step.sql) <= _STATEMENTS for step in drift.steps)


def _failed_migration_lines(drift: Drift, look: Look) -> list[str]:
    """The cause, and its consequences as one count: what the migration did not do is missing in many places."""
    lines = unreadable_lines(drift, color=look.color)
    lines.append("")
    if drift.steps:
        lines.append(f"  {beside_failed(drift)}")
    lines += [f"  {note}" for note in drift.notes]
    return [*lines, Paint(look.color)(f"  to fix it: {fixing_command(drift)}", "cyan", bold=True)]


def head_line(drift: Drift, *, color: bool = False) -> str:
    """The connection, its server, and the verdict."""
    return Paint(color)(f"{place_line(drift)}: {verdict(drift)}", CALM if drift.in_sync else LOUD, bold=True)


def place_line(drift: Drift) -> str:
    """The connection and its server."""
    return f"{drift.connection or drift.database}: {_server(drift)}"


def unreadable_lines(drift: Drift, *, color: bool = False) -> list[str]:
    """What could not be read, with the beginning of its text."""
    lines: list[str] = []
    for item in drift.unreadable:
        lines += ["", Paint(color)(f"  {unreadable_text(item)}", LOUD)]
        lines += [f"    {line}" for line in item.sql.strip().split("\n")[:3] if line]
    return lines


def _server(drift: Drift) -> str:
    words = [drift.dialect, drift.server_version.split(" ")[0]]
    found = [" ".join(word for word in words if word)]
    found += [f"database {drift.database}"] if drift.database else []
    found += [tenants_text(drift)] if drift.tenants else []
    return ", ".join(found)


_ORDER = "shown by table; schemadrift diff prints the SQL in the order in which it runs"

_STATEMENTS = 4
"""How many statements of a step are shown; SQLite's rebuild has ten, which say nothing that its changes do not."""


def step_words(
    drift: Drift, step: Step, *, color: bool = False, words: Callable[[Change], str] | None = None
) -> list[str]:
    """What one change is about: ``words`` for each of its parts, those of ``describe`` unless given; place, hazards."""
    from pytest_schemadrift.planning.describe import describe
    from pytest_schemadrift.planning.hazards import DESTRUCTIVE
    from pytest_schemadrift.schema.changes import simple_changes

    paint, words = Paint(color), words or describe
    lines = [f"  {paint(part.code, 'cyan')} {words(part)}" for part in simple_changes(step.change)]
    origin = origin_of(drift, step.change)
    if origin is not None:
        lines.append(f"    {place_text(origin)}")
    if step.hazards:
        grave = bool(DESTRUCTIVE & set(step.hazards))
        lines.append(paint(f"    hazards: {', '.join(step.hazards)}", LOUD if grave else "yellow"))
    return lines


def step_sql(drift: Drift, step: Step, *, color: bool = False, verbose: bool = False) -> list[str]:
    """The statements of a step, indented: all of them, or one line where they are many."""
    from pytest_schemadrift.schema.changes import RebuildTable

    if not verbose and len(step.sql) > _STATEMENTS:
        statements = f"{len(step.sql)} statements, -v shows them"
        if isinstance(step.change, RebuildTable):
            return [f"    table {visible(str(step.change.old.name))} is rebuilt ({statements})"]
        first = _indented(step.sql[:1], drift.dialect, color=color)
        return [*first, f"    -- the first of {statements}"]
    return _indented(step.sql, drift.dialect, color=color)


def _indented(statements: Iterable[str], dialect: str, *, color: bool) -> list[str]:
    shown = (highlighted(f"{readable(sql, dialect)};", color) for sql in statements)
    return [f"    {line}" for text in shown for line in text.split("\n")]


def place_text(origin: Origin) -> str:
    """``path:line (app.Model.field)``: terminals and editors make a link of the beginning."""
    what = ".".join(word for word in (origin.model, origin.field) if word)
    return f"{origin.path}:{origin.line}" + (f" ({what})" if what else "")


def fixing_command(drift: Drift) -> str:
    """The command that fixes this drift; only a connection of the project can be applied to.

    Empty where the plan was tried and does not hold: ``apply`` would refuse it.
    """
    if drift.pending is not None:
        return drift.pending_command + ("; then look again" if drift.plan else "")
    if drift.remedy:
        return drift.remedy
    if not drift.connection:
        return "the plan above, on the left side"
    return "" if drift.proven is False else drift.apply_command


def _proof(drift: Drift) -> list[str]:
    return proof_lines(drift) if drift.plan else []


def _accepted(drift: Drift, verbose: bool) -> list[str]:
    """What people accept: one count, or a line for each."""
    accepted = [item for item in drift.ignored if item.accepted]
    if not accepted:
        return []
    from pytest_schemadrift.planning.describe import describe

    if verbose:
        return [f"accepted ({item.reason}): {item.change.code} {describe(item.change)}" for item in accepted]
    reasons = Counter(item.reason for item in accepted)
    words = ", ".join(f"{number} {reason}" for reason, number in reasons.items())
    return [f"{counted(len(accepted), 'change')} accepted ({words}): -v lists them"]


def _ignored(drift: Drift) -> list[str]:
    if not drift.ignored:
        return []
    from pytest_schemadrift.planning.describe import describe

    by_reason: dict[str, list[str]] = {}
    for item in drift.ignored:
        if item.accepted:
            continue
        by_reason.setdefault(item.reason, []).append(describe(item.change))
    lines = []
    for reason, texts in by_reason.items():
        shown = "; ".join(texts[:5]) + (
            f"; and {len(texts) - 5} more (--format json lists all)" if len(texts) > 5 else ""
        )
        lines.append(f"ignored ({reason}): {shown}")
    return lines


def _rename_option(answer: str) -> str:
    return f"answer with --rename {shlex.quote(answer)}"


def rename_lines(
    drift: Drift, tables: Container[Name | None] | None = None, how: Callable[[str], str] = _rename_option
) -> list[str]:
    """What looks like a rename and ``how`` to accept it, of these tables or of all."""
    if not drift.proposals:
        return []
    from pytest_schemadrift.schema.changes import table_of

    lines = []
    for proposal in drift.proposals:
        change = proposal.change
        if tables is not None and table_of(change) not in tables:
            continue
        lines.append(f"looks like a rename ({proposal.similarity:.0%} alike): if so, {how(rename_answer(change))}")
    return lines


def highlighted(sql: str, color: bool) -> str:
    """The SQL with its keywords coloured where ``color`` is wanted; to be ``finished``, like all that is painted."""
    if not color:
        return sql
    from rich.console import Console
    from rich.syntax import Syntax

    console = Console(force_terminal=True, color_system="standard", width=10_000, highlight=False)
    with console.capture() as captured:
        console.print(Syntax(visible(sql), "sql", theme="ansi_dark", background_color="default"), end="")
    text = "\n".join(line.rstrip() for line in captured.get().splitlines())
    return text.replace("\x1b[", STYLE) + ("\n" if sql.endswith("\n") else "")


class Paint:
    """Colours a line, or leaves it alone; the text is to be ``finished``."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted

    def __call__(self, text: str, name: str, *, bold: bool = False) -> str:
        """The text in a colour of ``red``, ``green``, ``yellow``, ``cyan``."""
        if not self.wanted:
            return text
        return f"{STYLE}{'1;' if bold else ''}{_CODES[name]}m{text}{STYLE}0m"


_CODES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36"}
