"""``schemadrift make-migration``: the fix as a migration of the project's own tool."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_schemadrift.cli.fixing.options import apply_options, safety_options
from pytest_schemadrift.cli.fixing.shown import proposal_lines, verdict_line
from pytest_schemadrift.cli.group import COULD_NOT_TELL, DRIFT, IN_SYNC, Global, cli, run, say, write
from pytest_schemadrift.errors import ConfigurationError

if TYPE_CHECKING:
    from pytest_schemadrift.commands.make_migration import Made


@cli.command("make-migration", short_help="Write the fix as the project's own migration.")
@click.option(
    "--from",
    "wanted",
    type=click.Choice(("models", "live")),
    default="models",
    help="What the migration leads to: the models, or the changes made by hand in the live database.",
)
@click.option("--name", default="schemadrift", metavar="NAME", help="Name of the migration, after its number.")
@click.option("--app", default=None, metavar="LABEL", help="Only for the models of this app.")
@click.option("--dry-run", is_flag=True, help="Print the migration and write nothing.")
@safety_options
@click.pass_obj
def make_migration(chosen: Global, /, wanted: str, name: str, app: str | None, dry_run: bool, **values: Any) -> None:
    """Write a migration of Tortoise or Aerich that closes the gap between the migrations and the models.

    Its SQL is proven: all migrations are run on an empty database of a separate server, and the new one is reverted
    and applied again. 0 nothing is left to do, 1 it is not written, 2 error.
    """
    from pytest_schemadrift.commands import chosen_connections, with_urls
    from pytest_schemadrift.commands.make_migration import MigrationOptions, make_migrations
    from pytest_schemadrift.planning.named import assert_named

    project = chosen.project()
    checking = chosen.options(renames=values["renames"])
    project = with_urls(project, checking.database_urls)
    checking = replace(checking, database_urls=(), apps=(*checking.apps, *([app] if app else ())))
    applying = apply_options(project.settings, {**values, "online": False, "prove": True})
    options = MigrationOptions("live" if wanted == "live" else "models", name, applying)
    names = tuple(chosen_connections(project, checking))
    if app is not None:
        if app not in project.tortoise.apps:
            from pytest_schemadrift.core.config.settings import nearest

            raise ConfigurationError(f"there is no app {app!r}", hint=nearest(app, project.tortoise.apps))
        names = tuple(item for item in names if item == project.tortoise.apps[app].default_connection)
    made = [run(make_migrations(project, item, checking, options)) for item in names]
    assert_named(applying.patterns, [proposal.drift for one in made for proposal in one.proposals])
    codes = [_tell(chosen, one, wanted, dry_run=dry_run) for one in made]
    sys.exit(max(codes, default=IN_SYNC))


def _tell(chosen: Global, made: Made, wanted: str, *, dry_run: bool) -> int:
    """Show what was made, and write it; the exit code."""
    lines = [line for proposal in made.proposals for line in proposal_lines(proposal, chosen)]
    lines += _stays(made)
    unreadable = any(proposal.drift.unreadable for proposal in made.proposals)
    if not made.files and not unreadable and not any(proposal.drift.plan for proposal in made.proposals):
        chosen.note(*lines)
        return IN_SYNC
    if not made.files or made.note:
        chosen.note(*lines)
        if chosen.quiet:
            for proposal in made.proposals:
                say(verdict_line(proposal, chosen))
        if unreadable:
            return COULD_NOT_TELL
        say(f"  nothing was written: {made.note or 'a migration does all of it, or none'}")
        return DRIFT
    if dry_run:
        for path, text in made.files:
            write(f"# {_shown(path)}\n{text}", None)
        return IN_SYNC
    chosen.note(*lines)
    for path, text in made.files:
        _write_new(path, text)
        chosen.note(f"  written: {_shown(path)}")
    back = "back and forth again" if made.reversible else "and it cannot be taken back"
    chosen.note(f"  proven: the whole chain was run from empty, then {back}")
    chosen.note(*(f"  {line}" for line in made.lost))
    chosen.note(f"  next: {_next(made, wanted)}")
    return IN_SYNC


def _stays(made: Made) -> list[str]:
    """What no migration touches."""
    from pytest_schemadrift.schema.changes import DropTable

    drift = made.proposals[0].drift
    tables = [item.change.table.name for item in drift.ignored if isinstance(item.change, DropTable)]
    stays = [f"  stays: {', '.join(map(str, tables))}, which no model has"] if tables else []
    return [*stays, *(f"  {note}" for note in drift.notes)]


def _next(made: Made, wanted: str) -> str:
    from pytest_schemadrift.sources.next_migrations import folder_of

    folders = {path.parent for path, _ in made.files}
    apps = [app for app in made.migrations.apps if folder_of(made.migrations, app) in folders]
    command = made.migrations.upgrade(apps)
    if wanted != "live":
        return command
    return f"{made.migrations.upgrade(apps, ' --fake')} where it was done by hand, {command} elsewhere"


def _shown(path: Path) -> str:
    shown = os.path.relpath(path)
    return str(path) if shown.startswith("..") else shown


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet. Raises ``ConfigurationError``."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}", hint="check who owns the folder") from None
