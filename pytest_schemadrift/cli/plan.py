"""``schemadrift plan``: what ``apply`` would run, to be reviewed first."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pytest_schemadrift.cli.fixing.options import apply_options, planning_options
from pytest_schemadrift.cli.fixing.shown import proposal_lines, verdict_line
from pytest_schemadrift.cli.group import DRIFT, IN_SYNC, Global, OwnPath, cli, run, say, write

if TYPE_CHECKING:
    from pytest_schemadrift.commands.apply import Proposal


@cli.command(short_help="Save what apply would run, for review.")
@click.option("-o", "--output", type=OwnPath(), metavar="FILE", help="Write the plan for: schemadrift apply FILE.")
@click.option("--only", multiple=True, metavar="CODE:T.NAME", help="Plan only this change (repeatable).")
@click.option("--skip", multiple=True, metavar="CODE:T.NAME", help="Leave out this change (repeatable).")
@click.option("--undo", is_flag=True, help="Print the SQL that undoes it.")
@planning_options
@click.pass_obj
def plan(chosen: Global, /, output: str | None, undo: bool, **values: Any) -> None:
    """Make a plan and change nothing. 0 it may be applied, 1 it may not or leaves drift, 2 error.

    The file holds each statement with its hazards, what was found in the rows, and the tables that it was made for.
    schemadrift apply FILE runs exactly these statements.
    """
    proposals, options = _proposals(chosen, values)
    if undo:
        from pytest_schemadrift.planning.script import runnable
        from pytest_schemadrift.report.applying import undo_text

        planned = [proposal for proposal in proposals if proposal.plan]
        spell = runnable if output is None else None
        write(
            "\n".join(undo_text(item.drift, item.plan, item.undo, item.undo_session, spell) for item in planned), output
        )
    elif output:
        from pytest_schemadrift.commands.plans import plan_file

        write(plan_file(proposals), output)
    for proposal in proposals:
        if chosen.quiet and not _is_whole(proposal):
            say(verdict_line(proposal, chosen))
        if not undo:
            chosen.note(*proposal_lines(proposal, chosen))
    if output:
        place = shlex.quote(os.path.relpath(output, chosen.here))
        to_run = ""
        plans = [proposal for proposal in proposals if proposal.plan]
        if not undo and plans and all(proposal.may_run for proposal in plans):
            to_run = f"; to run it: schemadrift apply {place} {options}".rstrip()
        chosen.note(f"  written: {place}{to_run}")
    sys.exit(IN_SYNC if all(map(_is_whole, proposals)) else DRIFT)


def _is_whole(proposal: Proposal) -> bool:
    """Whether the plan may be run, and nothing is left after it."""
    return not (proposal.drift.unreadable or proposal.refused) and (not proposal.plan or proposal.may_run)


def _proposals(chosen: Global, values: dict[str, Any]) -> tuple[list[Proposal], str]:
    """What would be done, and the options with which schemadrift apply does it from a file."""
    from pytest_schemadrift.cli.progress import loading
    from pytest_schemadrift.commands import chosen_connections
    from pytest_schemadrift.commands.apply import Applying
    from pytest_schemadrift.commands.project import apply_options as options_again
    from pytest_schemadrift.planning.named import assert_named

    project, checking = chosen.project_and_options(renames=values["renames"], ignore_pending=values["ignore_pending"])
    with loading(project) as models:
        options = replace(apply_options(project.settings, values), saves=True)
        applying = Applying(project, models, checking, options)
        proposals = [run(applying.propose(name)) for name in chosen_connections(project, checking)]
    assert_named(applying.options.patterns, [proposal.drift for proposal in proposals])
    return proposals, options_again(project, replace(checking, renames=()))  # a plan says itself what is renamed
