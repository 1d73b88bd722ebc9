"""``schemadrift apply --tenants``: which of many databases would be fixed, and how it went with each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from pytest_schemadrift.cli.fixing.options import apply_options
from pytest_schemadrift.cli.group import COULD_NOT_TELL, DRIFT, IN_SYNC, Global, exit_code, run, say, write
from pytest_schemadrift.cli.reports import report
from pytest_schemadrift.cli.tenants import NOBODY, ProgressLine

if TYPE_CHECKING:
    from pytest_schemadrift.commands.tenants.check import TenantOptions
    from pytest_schemadrift.planning.drift import Drift


def apply_to_tenants(chosen: Global, asked: TenantOptions, rollout: dict[str, Any], values: dict[str, Any]) -> int:
    """Show what would be done to which tenants, or do it where ``--yes`` says so; the exit code."""
    from pytest_schemadrift.commands.tenants.apply import Rollout, apply_tenants
    from pytest_schemadrift.commands.tenants.check import check_tenants
    from pytest_schemadrift.report.tenants import FAILED, results_text

    if values["guided"] or values["continue_on_error"]:
        raise click.UsageError("tenants are not asked about one by one: use --yes, and --stop-after N")
    project = chosen.project()
    checking = chosen.options(renames=values["renames"], ignore_pending=values["ignore_pending"])
    fixing = apply_options(project.settings, values)
    tell = ProgressLine(quiet=chosen.quiet)
    if values["dry_run"] or not (values["yes"] or values["guided"] is False):
        drifts = run(check_tenants(project, checking, asked, tell))
        write(report(drifts, "text", chosen, to_file=False), None)
        chosen.note(_not_run(drifts, dry_run=values["dry_run"]))
        return exit_code(drifts)
    given = {name: value for name, value in rollout.items() if value is not None}
    results = run(apply_tenants(project, checking, fixing, asked, rollout=Rollout(**given), on_result=tell.result))
    shown = [result for result in results if not chosen.quiet or result.outcome in FAILED]
    say(results_text(shown), nl=False)
    if not results:
        chosen.note(NOBODY, err=True)
    outcomes = {result.outcome for result in results}
    if outcomes & {"failed", "not started"}:
        return COULD_NOT_TELL
    return DRIFT if "drift left" in outcomes else IN_SYNC


def _not_run(drifts: Sequence[Drift], *, dry_run: bool) -> str:
    """Why no tenant was changed, and how many would be looked at to change them."""
    from pytest_schemadrift.report.words import counted

    drifted = sum(len(drift.tenants) for drift in drifts if drift.plan)
    if not drifted:
        return "nothing was run: no tenant has drift to fix"
    why = "this was a dry run" if dry_run else "this is no terminal to ask on: add --yes"
    return f"nothing was run on the {counted(drifted, 'tenant')} with drift: {why}"
