"""``schemadrift reverse``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import click

from pytest_schemadrift.cli.group import Global, cli, run, write


@cli.command()
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@click.option("--all", "everything", is_flag=True, help="Every table of the database.")
@click.option("--db", "database", default="", metavar="NAME", help="Another database on the same server.")
@click.option("--style", type=click.Choice(["tortoise", "django"]), default="tortoise", show_default=True)
@click.option("--app", default="models", metavar="LABEL", show_default=True, help="The app that relations name.")
@click.option("--managed/--no-managed", default=None, help="Whether the framework may create the tables.")
@click.option("-o", "--output", metavar="FILE", help="Write to a file.")
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
) -> None:
    """Print model source from live tables; a view is written where it is named."""
    from pytest_schemadrift.commands import ReverseOptions, reverse_live

    project = chosen.project(needed=not chosen.database_urls)
    wanted = ReverseOptions(tables, everything, database, style, app, managed)
    with _bar(hidden=chosen.quiet) as progress:
        written = run(reverse_live(project, chosen.options(), wanted, progress))
    write(written.text, output)
    for item in written.not_expressed:
        click.echo(f"not expressed: {item}", err=True)


@contextmanager
def _bar(*, hidden: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while models are written, where that is a terminal."""
    with click.progressbar(length=1, label="models", file=sys.stderr, hidden=hidden or not sys.stderr.isatty()) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(1)

        yield progress


cli.add_command(reverse, "reverse-generation")
