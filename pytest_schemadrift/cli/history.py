"""``schemadrift history``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_schemadrift.cli.group import Global, OwnPath, cli, write

if TYPE_CHECKING:
    from pytest_schemadrift.commands.history import Spell


@cli.command(short_help="Show when each drift appeared and disappeared.")
@click.argument("file", type=OwnPath())
@click.pass_obj
def history(chosen: Global, /, file: str) -> None:
    """Show when each drift appeared and disappeared, from the file that check --record writes; oldest first.

    The times are those of runs: a drift appeared between the run that saw it first and the one before. With -q only
    drifts that are still there are listed.
    """
    from pytest_schemadrift.commands.history import read_history
    from pytest_schemadrift.report.words import counted

    found = read_history(Path(file))
    still = sum(not spell.gone for spell in found.spells)
    lines = [line for spell in found.spells if not (chosen.quiet and spell.gone) for line in _lines(spell)]
    unread = f"{counted(found.unread, 'line')} could not be read" if found.unread else ""
    whole = f"{counted(found.runs, 'run')}, {counted(len(found.spells), 'drift')}, {still} still there"
    last = unread if chosen.quiet else ", ".join(filter(None, [whole, unread]))
    back = f"{counted(found.back, 'run')} earlier than the one before in the file: {_WHY}" if found.back else ""
    write("".join(f"{line}\n" for line in filter(None, [*lines, last, back])), None)


_WHY = "put together from several files, or written while a clock was set back"


def _lines(spell: Spell) -> list[str]:
    before = f"not there at {spell.before}" if spell.before else "in the first run"
    end = f"gone at {spell.gone}, last seen at {spell.last}" if spell.gone else f"still there at {spell.last}"
    from pytest_schemadrift.commands.last_changes import told

    known = told(spell.last_changes, spell.before)
    return [f"{spell.connection}: {spell.what} ({spell.severity})", f"  seen at {spell.first}, {before}{known}; {end}"]
