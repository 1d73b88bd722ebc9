"""``schemadrift export``."""

from __future__ import annotations

from typing import Literal

import click

from pytest_schemadrift.cli.group import Global, OwnPath, cli, run, write
from pytest_schemadrift.cli.tenants import project_and_options, tenant_option


@cli.command(short_help="Print the live schema as SQL.")
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@click.option("--format", "format_", type=click.Choice(["sql", "json"]), default="sql", help="How to print it.")
@click.option("-o", "--output", type=OwnPath(), metavar="FILE", help="Write to a file.")
@tenant_option
@click.pass_obj
def export(
    chosen: Global, /, tables: tuple[str, ...], format_: Literal["sql", "json"], output: str | None, tenant: str | None
) -> None:
    """Print the live schema as DDL that the same server accepts."""
    from pytest_schemadrift.commands import export_live

    project, options = project_and_options(chosen, tenant)
    write(run(export_live(project, options, tables, format_, seen=output is None)), output)
