"""``schemadrift merge``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from pytest_schemadrift.cli.group import Global, OwnPath, cli, write
from pytest_schemadrift.cli.reports import FormatName, report


@cli.command(short_help="Combine the reports of all shards.")
@click.argument("files", type=OwnPath(), metavar="FILE [FILE]...", nargs=-1, required=True)
@click.option("--format", "format_", type=FormatName(), default="text", help="How to report it.")
@click.option("-o", "--output", type=OwnPath(), metavar="FILE", help="Write the report to a file.")
@click.pass_obj
def merge(chosen: Global, /, *, files: tuple[str, ...], format_: str, output: str | None) -> None:
    """Combine the reports of check --tenants --shard I/N --format json into one.

    0 in sync, 1 drift, 2 could not tell: a shard whose report is missing is an error.
    """
    from pytest_schemadrift.report.json import json_text
    from pytest_schemadrift.report.merge import merged, merged_drifts, merged_exit_code, merged_text

    reports = {name: _read(name) for name in files}
    whole = merged(reports)
    code = merged_exit_code(whole)
    quiet = chosen.quiet and not output
    if format_ not in ("text", "json"):
        from pytest_schemadrift.commands.tenants.check import grouped

        write(report(grouped(merged_drifts(reports)), format_, chosen, to_file=bool(output)), output)
    elif format_ == "json" or not quiet or code:
        write(json_text(whole) if format_ == "json" else merged_text(whole, quiet=quiet), output)
    sys.exit(code)


def _read(name: str) -> Any:
    from pytest_schemadrift.core.plain import read_json
    from pytest_schemadrift.errors import ConfigurationError

    try:
        return read_json(Path(name).read_text("utf-8"))
    except OSError as error:
        why, hint = error.strerror or str(error), "correct its name"
    except ValueError as error:
        why, hint = f"it is no JSON: {error}", "write it with check --format json -o FILE"
    raise ConfigurationError(f"the report cannot be read: {why}", where=name, hint=hint)
