"""``schemadrift check``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_schemadrift.cli.completion import SOURCES
from pytest_schemadrift.cli.group import FAIL_ON, Global, OwnPath, cli, exit_code, run, write
from pytest_schemadrift.cli.reports import FormatName, report, write_job_summary
from pytest_schemadrift.cli.tenants import NOBODY, ProgressLine, executor_option, tenant_options, tenants_asked_for
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.report.formats import WITHOUT_SCHEMAS

if TYPE_CHECKING:
    from pytest_schemadrift.planning.drift import Drift


@cli.command(short_help="Compare the models with a database.")
@click.option(
    "--source",
    type=OwnPath(SOURCES),
    metavar="SOURCE",
    default="auto",
    help="What to compare with the models: auto, live, applied, migrations, snapshot, all, a .sql file or a URL.",
)
@click.option("--format", "format_", type=FormatName(), default="text", help="How to report it.")
@click.option("-o", "--output", type=OwnPath(), metavar="FILE", help="Write the report to a file.")
@click.option(
    "--unreachable",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    help="What to do about a database that does not answer.",
)
@click.option("--rename", "renames", multiple=True, metavar="T.OLD=NEW", help="Answer a rename (repeatable).")
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    default="any",
    help="Exit with 1 for any drift, for missing objects, for a fix that would lose data, or from a severity up; "
    "pending migrations always count.",
)
@click.option("--ignore-pending", is_flag=True, help="Use the database as it is, even if migrations are pending.")
@click.option("--prove/--no-prove", default=True, help="Try the fix on a scratch copy of the structure.")
@click.option(
    "--record",
    "record_file",
    type=OwnPath(),
    metavar="FILE",
    help="Append the result to a JSON Lines file, for schemadrift history.",
)
@tenant_options
@executor_option
@click.pass_obj
def check(
    chosen: Global,
    /,
    *,
    format_: str,
    output: str | None,
    fail_on: str,
    record_file: str | None,
    all_tenants: bool,
    patterns: tuple[str, ...],
    jobs: int,
    shard: tuple[int, int] | None,
    executor: str | None,
    **values: Any,
) -> None:
    """Compare every connection with its models: 0 in sync, 1 drift, 2 could not tell."""
    project = chosen.project()
    values["last_changes"] = record_file is not None
    values["schemas"] = format_ not in WITHOUT_SCHEMAS
    tenants = tenants_asked_for(all_tenants=all_tenants, patterns=patterns, jobs=jobs, shard=shard, executor=executor)
    if tenants is None:
        from pytest_schemadrift.commands import check_project

        drifts = run(check_project(project, chosen.options(**values)))
    else:
        from pytest_schemadrift.commands.tenants.check import check_tenants

        if values["source"] not in ("auto", "live"):
            raise click.UsageError("tenants are live databases: --source is not for them")
        drifts = run(check_tenants(project, chosen.options(**values), tenants, ProgressLine(quiet=chosen.quiet)))
        if not drifts:
            chosen.note(NOBODY, err=True)
    unrecorded = _record(drifts, record_file)
    write(report(drifts, format_, chosen, to_file=bool(output), fail_on=fail_on, shard=shard), output)
    write_job_summary(drifts)
    if unrecorded is not None:
        raise unrecorded
    sys.exit(exit_code(drifts, fail_on))


def _record(drifts: Sequence[Drift], file: str | None) -> ConfigurationError | None:
    """Record what was found; why that failed, for which nobody has to miss the report."""
    if not file:
        return None
    from pytest_schemadrift.commands.history import record

    try:
        record(drifts, Path(file), datetime.now(UTC))
    except ConfigurationError as error:
        return error
    return None
