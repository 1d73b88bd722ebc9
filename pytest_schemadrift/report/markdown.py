"""Markdown for a job summary or a comment on a pull request: a table of verdicts, and the changes folded away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.plan import Step
from pytest_schemadrift.planning.script import readable
from pytest_schemadrift.report.formats import PLAIN, Look
from pytest_schemadrift.report.places import from_checkout
from pytest_schemadrift.report.text import fixing_command, rename_lines
from pytest_schemadrift.report.words import (
    TENANTS_IN_TITLE,
    by_table,
    cause_alone,
    connection_title,
    counted,
    origin_of,
    pending_lines,
    proof_lines,
    unreadable_text,
    verdict,
)
from pytest_schemadrift.schema.changes import simple_changes
from pytest_schemadrift.shown import listed, visible

STEPS_SHOWN = 100
"""Of one connection: a summary may have 1 MiB, a comment 65,536 characters, and nobody reads more."""


LONGEST_SUMMARY = 1 << 20
"""Bytes: GitHub takes none of a summary that has more (workflow commands, "Adding a job summary")."""


def summary_markdown(drifts: Iterable[Drift], there: int) -> str:
    """The report for a summary that has so many bytes already: without the SQL where that would be too long."""
    drifts = list(drifts)
    whole = report_markdown(drifts)
    return whole if there + len(whole.encode()) <= LONGEST_SUMMARY else report_markdown(drifts, sql=False)


def report_markdown(drifts: Iterable[Drift], look: Look = PLAIN, *, sql: bool = True) -> str:
    """Return GitHub's and GitLab's Markdown, ending with a newline."""
    drifts = list(drifts)
    lines = ["## Schema drift", "", "| connection | server | verdict |", "| --- | --- | --- |"]
    for drift in drifts:
        server = " ".join(word for word in (drift.dialect, drift.server_version.split(" ")[0]) if word)
        mark = "⚠️" if drift.skipped and not drift.failed else "✅" if drift.in_sync else "❌"
        name = _text(connection_title(drift))
        lines.append(f"| {name} | {_text(server)} | {mark} {_text(verdict(drift))} |")
    for drift in drifts:
        if not drift.in_sync and not drift.skipped:
            lines += ["", *_connection(cause_alone(drift, look), sql=sql)]
    return visible(mask("\n".join(lines))) + "\n"


def _connection(drift: Drift, *, sql: bool) -> Iterator[str]:
    yield f"### {_text(connection_title(drift))}"
    yield ""
    if len(drift.tenants) > TENANTS_IN_TITLE:
        names = _text(listed(drift.tenants))
        yield from ("<details><summary>All of them</summary>", "", names, "", "</details>", "")
    yield from (_text(line) + "  " for line in pending_lines(drift))
    steps = by_table(drift.steps)
    for step in steps[:STEPS_SHOWN]:
        yield from _step(drift, step)
    if rest := sum(len(simple_changes(step.change)) for step in steps[STEPS_SHOWN:]):
        yield f"- … and {counted(rest, 'more change')}"
    for item in drift.unreadable:
        yield f"- {_text(unreadable_text(item))}"
    if drift.plan:
        yield from _sql(drift) if sql else ("", "The SQL is too long for a summary: `schemadrift check` prints it.  ")
        yield from (_text(line) + "  " for line in (*proof_lines(drift), *rename_lines(drift)))
    if (drift.plan or drift.pending) and (command := fixing_command(drift)):
        yield f"To fix it: {_code(command)}"


def _sql(drift: Drift) -> Iterator[str]:
    sql = "\n".join(f"{readable(sql, drift.dialect)};" for sql in (*drift.session, *drift.plan.sql()))
    fence = "`" * max(3, _longest_run(sql) + 1)
    yield from ("", "<details><summary>SQL</summary>", "", f"{fence}sql", sql, fence, "", "</details>", "")


def _step(drift: Drift, step: Step) -> Iterator[str]:
    for part in simple_changes(step.change):
        origin = origin_of(drift, part)
        place = f" ({_code(f'{from_checkout(origin.path)}:{origin.line}')})" if origin is not None else ""
        yield f"- **{part.code}** {_text(describe(part))}{place}"
    if step.hazards:
        yield f"  - hazards: {', '.join(step.hazards)}"


_SPECIAL = frozenset("\\`*_[]<>#|&~@")


def _text(text: str) -> str:
    """A text as itself: whatever Markdown or HTML would make of its characters."""
    return "".join(f"&#{ord(char)};" if char in _SPECIAL or not char.isprintable() else char for char in text)


def _code(text: str) -> str:
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{' '.join(text.split())}{pad}{fence}"


def _longest_run(text: str) -> int:
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest
