"""``schemadrift reverse``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import click

from pytest_schemadrift.cli.group import Global, OwnPath, cli, run, say, write
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.shown import visible


@cli.command(short_help="Print models for live tables.")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@click.option("--all", "everything", is_flag=True, help="Every table of the database.")
@click.option("--db", "database", default="", metavar="NAME", help="Another database on the same server.")
@click.option("--style", type=click.Choice(["tortoise", "django"]), default="tortoise", help="Whose models.")
@click.option("--app", default="models", metavar="LABEL", help="The app that relations name.")
@click.option(
    "--managed/--no-managed",
    default=None,
    help="Whether the framework may create the tables (default: as the style does).",
)
@click.option("-o", "--output", type=OwnPath(), metavar="FILE", help="Write to a file.")
@click.option("--force", is_flag=True, help="Replace a file that says something else.")
@click.pass_obj
def reverse(  # noqa: PLR0917 -- one for each option
    chosen: Global,
    /,
    tables: tuple[str, ...],
    everything: bool,
    database: str,
    style: Literal["tortoise", "django"],
    app: str,
    managed: bool | None,
    output: str | None,
    force: bool,
) -> None:
    """Print model source from live tables; a view is written where it is named."""
    from pytest_schemadrift.commands import ReverseOptions, reverse_live

    project = chosen.project(needed=not chosen.database_urls)
    wanted = ReverseOptions(tables, everything, database, style, app, managed)
    with _bar(hidden=chosen.quiet) as progress:
        written = run(reverse_live(project, chosen.options(), wanted, progress))
    if output is not None and not force:
        _refuse_another(output, written.text)
    write(written.text if output else visible(written.text), output)  # the escapes are those of Python
    if output is not None:
        say(f"written: {output} ({written.models} model{'' if written.models == 1 else 's'})", err=True)
    for item in written.not_expressed:
        say(f"not expressed: {item}", err=True)


def _refuse_another(output: str, text: str) -> None:
    """A file that is there and says something else is somebody's work."""
    place = Path(output)
    if place.is_file() and place.read_text(encoding="utf-8", errors="replace") not in ("", text):
        raise ConfigurationError(
            f"{output} is there and says something else", hint="name another file, or replace it with --force"
        )


@contextmanager
def _bar(*, hidden: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while models are written, where that is a terminal."""
    if hidden or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with click.progressbar(length=1, label="models", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(1)

        yield progress


cli.add_command(reverse, "reverse-generation")
