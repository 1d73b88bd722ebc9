"""``schemadrift baseline``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_schemadrift.cli.completion import SOURCES
from pytest_schemadrift.cli.group import COULD_NOT_TELL, IN_SYNC, Global, OwnPath, cli, run, write

if TYPE_CHECKING:
    from pytest_schemadrift.commands.baseline import BaselineWritten


@cli.command(short_help="Accept today's drift for now.")
@click.option(
    "--source",
    type=OwnPath(SOURCES),
    metavar="SOURCE",
    default="auto",
    help="What is compared with the models, as in check.",
)
@click.option("--prune", is_flag=True, help="Add nothing: remove the entries that are no longer needed.")
@click.pass_obj
def baseline(chosen: Global, /, source: str, prune: bool) -> None:
    """Accept today's drift for now: write it to the baseline file, so that only new drift fails.

    0 written, 2 a connection could not be compared (its entries stay), or something could not be read.
    """
    from pytest_schemadrift.commands.baseline import write_baseline

    project = chosen.project()
    written: BaselineWritten = run(write_baseline(project, chosen.options(source=source), prune=prune))
    write("".join(f"{line}\n" for line in _lines(written, chosen)), None)
    is_whole = not any(drift.unreadable or drift.failed for drift in written.drifts)
    sys.exit(IN_SYNC if is_whole else COULD_NOT_TELL)


def _lines(written: BaselineWritten, chosen: Global) -> list[str]:
    from pytest_schemadrift.commands.source import NOT_LOOKED_AT
    from pytest_schemadrift.report.words import counted, unreadable_text

    path = written.path.relative_to(Path.cwd()) if written.path.is_relative_to(Path.cwd()) else written.path
    failed = [f"  not accepted: {unreadable_text(item)}" for drift in written.drifts for item in drift.unreadable]
    if chosen.quiet:
        return failed
    skipped = [f"  {drift.connection}: {drift.skipped}" for drift in written.drifts if drift.skipped]
    accepted = f"{path}: {counted(written.entries, 'change')} accepted, {written.added} new, {written.removed} gone"
    several = len(written.drifts) > 1
    passed_over = [
        f"  {f'{drift.connection}: ' if several else ''}{NOT_LOOKED_AT}schemadrift baseline --source live"
        for drift in written.drifts
        if any(note.startswith(NOT_LOOKED_AT) for note in drift.notes)
    ]
    return [accepted, *failed, *skipped, *passed_over]
