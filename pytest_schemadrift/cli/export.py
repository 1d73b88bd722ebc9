"""``schemadrift export``."""

from __future__ import annotations

from typing import Literal

import click

from pytest_schemadrift.cli.group import Global, OwnPath, cli, run, write


@cli.command(short_help="Print the live schema as SQL.")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@click.option("--format", "format_", type=click.Choice(["sql", "json"]), default="sql", help="How to print it.")
@click.option("-o", "--output", type=OwnPath(), metavar="FILE", help="Write to a file.")
@click.pass_obj
def export(chosen: Global, /, tables: tuple[str, ...], format_: Literal["sql", "json"], output: str | None) -> None:
    """Print the live schema as DDL that the same server accepts."""
    from pytest_schemadrift.commands import export_live

    project = chosen.project(needed=not chosen.database_urls)
    write(run(export_live(project, chosen.options(), tables, format_, seen=output is None)), output)
