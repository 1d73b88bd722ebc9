"""``schemadrift apply`` and ``auto-migrate``: show, ask, run, and say what is left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_schemadrift.cli.group import (
    COULD_NOT_TELL,
    DRIFT,
    IN_SYNC,
    INTERRUPTED,
    Global,
    OwnPath,
    cli,
    exit_code,
    run,
    say,
    write,
)
from pytest_schemadrift.cli.questions import Answer, ask, is_terminal
from pytest_schemadrift.cli.tenants import (
    ROLLOUT,
    TENANTS,
    ProgressLine,
    rollout_options,
    tenant_options,
    tenants_asked_for,
)
from pytest_schemadrift.errors import ConfigurationError, SchemaDriftError

if TYPE_CHECKING:
    from pytest_schemadrift.commands.apply import Applied, Applying, ApplyOptions, Proposal
    from pytest_schemadrift.commands.plans import SavedPlan
    from pytest_schemadrift.commands.tenants.check import TenantOptions
    from pytest_schemadrift.planning.plan import Drift, Plan, Statement, Step
    from pytest_schemadrift.planning.renames import RenameProposal


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _all(*options: Decorator) -> Decorator:
    """Several options as one decorator, in the order in which ``--help`` shows them."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


safety_options = _all(
    click.option(
        "--safe/--no-safe",
        default=None,
        help="Refuse what could lose or trip over data (default: as configured, else --safe).",
    ),
    click.option(
        "--allow-hazard",
        "allowed",
        multiple=True,
        metavar="HAZARD",
        help="Allow a hazard in every change, such as DELETES_DATA (repeatable).",
    ),
    click.option(
        "--allow",
        "allowed_changes",
        multiple=True,
        metavar="CODE:T.NAME",
        help="Allow the hazards of one change, such as SD202:users.fax (repeatable).",
    ),
    click.option("--rename", "renames", multiple=True, metavar="T.OLD=NEW", help="Answer a rename (repeatable)."),
    click.option("--no-renames", is_flag=True, help="Nothing was renamed: drop and add are meant."),
)
"""What may be done, and what was renamed."""

planning_options = _all(
    safety_options,
    click.option("--ignore-pending", is_flag=True, help="Take the database as it is, whatever migrations wait for it."),
    click.option("--online", is_flag=True, help="Prefer forms that block others for a short time only."),
    click.option("--prove/--no-prove", default=True, help="Try the plan on a scratch copy first."),
)
"""What decides which plan is made."""

_running_options = _all(
    click.option("--guided/--no-guided", default=None, help="Ask before each change (default: on a terminal)."),
    click.option("-y", "--yes", is_flag=True, help="Say yes to everything harmless; allows no hazard."),
    planning_options,
    click.option("--dry-run", is_flag=True, help="Print the plan and change nothing."),
    click.option("--continue-on-error", is_flag=True, help="Go on with what does not depend on a failure."),
    click.option("--lock-timeout", metavar="S", help="Seconds to wait for a lock; 0: no limit (default: 10)."),
    click.option("--statement-timeout", metavar="S", help="Seconds for one statement; 0: no limit (default: 0)."),
    click.pass_obj,
)


@cli.command(short_help="Fix the drift, or run a saved plan.")
@click.argument("plan_file", metavar="[PLAN]", required=False, type=OwnPath())
@click.option(
    "--undo-file", type=OwnPath(), metavar="FILE", help="Write the SQL that leads back, before anything is run."
)
@tenant_options
@rollout_options
@_running_options
def apply(chosen: Global, /, *, plan_file: str | None, undo_file: str | None, **values: Any) -> None:
    """Fix the drift: show each change, ask, run it, and look again. 0 in sync, 1 drift left, 2 error.

    With a PLAN that was saved by schemadrift plan -o, exactly its statements are run, if the database is still the one
    that it was made for.
    """
    asked = tenants_asked_for(**{name: values.pop(name) for name in TENANTS})
    rollout = {name: values.pop(name) for name in ROLLOUT}
    if asked is not None:
        if plan_file is not None or undo_file is not None:
            raise click.UsageError("a saved plan and --undo-file are for one database, not for tenants")
        sys.exit(_apply_to_tenants(chosen, asked, rollout, values))
    if any(value is not None for value in rollout.values()):
        raise click.UsageError("--canary, --stop-after, --journal and --resume are about tenants: add --tenants")
    if plan_file is not None:
        sys.exit(_apply_saved(chosen, Path(plan_file), undo_file=undo_file, **values))
    sys.exit(_apply(chosen, undo_file=undo_file, **values))


@cli.command("auto-migrate", short_help="Fix the drift, as apply does.")
@_running_options
def auto_migrate(chosen: Global, /, **values: Any) -> None:
    """Fix the drift, as ``apply`` does."""
    sys.exit(_apply(chosen, **values))


def _apply(
    chosen: Global, /, *, guided: bool | None, yes: bool, dry_run: bool, undo_file: str | None = None, **values: Any
) -> int:
    from pytest_schemadrift.commands import chosen_connections, loaded_models, with_urls
    from pytest_schemadrift.commands.apply import Applying

    project = chosen.project()
    assert project is not None
    checking = chosen.options(renames=values["renames"], ignore_pending=values["ignore_pending"])
    project = with_urls(project, checking.database_urls)
    checking = replace(checking, database_urls=())
    names = chosen_connections(project, checking)
    asks = guided if guided is not None else not yes and is_terminal()
    runs = asks or yes or guided is False
    codes = []
    undo = _UndoFile(undo_file) if undo_file else None
    with loaded_models(project) as models:
        applying = Applying(project, models, checking, apply_options(project.settings, values))
        for name in names:
            try:
                codes.append(_Dialog(chosen, applying, name).run(asks=asks, runs=runs, dry_run=dry_run, undo=undo))
            except SchemaDriftError as error:
                if not values["continue_on_error"]:
                    raise
                say(f"schemadrift: {name}: {error}", err=True)
                codes.append(COULD_NOT_TELL)
            if codes[-1] == INTERRUPTED or (codes[-1] == COULD_NOT_TELL and not values["continue_on_error"]):
                break
    return max(codes, default=IN_SYNC)


def _apply_saved(
    chosen: Global,
    /,
    path: Path,
    *,
    yes: bool,
    guided: bool | None,
    dry_run: bool,
    undo_file: str | None,
    **values: Any,
) -> int:
    """Run a saved plan, connection by connection, as it was written and no other."""
    from pytest_schemadrift.commands import loaded_models, with_urls
    from pytest_schemadrift.commands.apply import Applying
    from pytest_schemadrift.commands.plans import read_plan_file

    _refuse_other_choices(values, undo_file)
    saved = read_plan_file(path)
    project = chosen.project()
    assert project is not None
    checking = chosen.options()
    project = with_urls(project, checking.database_urls)
    asks = guided if guided is not None else not yes and is_terminal()
    codes = []
    with loaded_models(project) as models:
        options = apply_options(project.settings, values)
        applying = Applying(project, models, replace(checking, database_urls=()), options)
        for one in saved:
            if chosen.connections and one.connection not in chosen.connections:
                continue
            codes.append(
                _SavedDialog(chosen, applying, one.connection).run_saved(one, asks=asks, dry_run=dry_run, yes=yes)
            )
            if codes[-1] in (INTERRUPTED, COULD_NOT_TELL):
                break
    return max(codes, default=IN_SYNC)


def _refuse_other_choices(values: dict[str, Any], undo_file: str | None) -> None:
    """A saved plan is what was reviewed: what would make another one belongs to the making of it."""
    given = {
        "--allow-hazard": values["allowed"],
        "--allow": values["allowed_changes"],
        "--rename": values["renames"],
        "--no-renames": values["no_renames"],
        "--online": values["online"],
        "--ignore-pending": values["ignore_pending"],
        "--no-safe": values["safe"] is False,
        "--continue-on-error": values["continue_on_error"],
        "--undo-file": undo_file,
    }
    wrong = [option for option, value in given.items() if value]
    if wrong:
        raise ConfigurationError(
            f"{', '.join(wrong)} cannot be given with a saved plan", hint="say it to: schemadrift plan -o FILE"
        )


def apply_options(settings: Any, values: dict[str, Any]) -> ApplyOptions:
    """What was asked for, over what is configured. Raises ``ConfigurationError`` for an unknown hazard or time."""
    from pytest_schemadrift.commands.apply import ApplyOptions
    from pytest_schemadrift.dialects.base import Patience
    from pytest_schemadrift.planning.hazards import Hazard

    lock, statement = values.get("lock_timeout"), values.get("statement_timeout")
    patience = Patience(
        _seconds("--lock-timeout", lock or settings.lock_timeout),
        _seconds("--statement-timeout", statement or settings.statement_timeout),
    )
    known = {hazard.value: hazard for hazard in Hazard}
    allowed = []
    for name in values["allowed"]:
        word = name.upper().replace("-", "_")
        if word not in known:
            from pytest_schemadrift.core.config.settings import nearest

            raise ConfigurationError(f"there is no hazard {name!r}", hint=nearest(word, known))
        allowed.append(known[word])
    return ApplyOptions(
        safe=settings.safe if values["safe"] is None else values["safe"],
        allowed=frozenset(allowed),
        allowed_changes=values["allowed_changes"],
        only=values.get("only", ()),
        skip=values.get("skip", ()),
        no_renames=values["no_renames"],
        online=values["online"],
        prove=values["prove"],
        continue_on_error=values.get("continue_on_error", False),
        patience=patience,
    )


def _seconds(option: str, text: str) -> float:
    try:
        return _time(text)
    except ValueError:
        raise ConfigurationError(
            f"{option} {text!r} is no time", hint="write seconds, such as 5, or 500ms, 2min"
        ) from None


def _time(text: str) -> float:
    """Seconds; a bare number is of seconds."""
    units = {"ms": 0.001, "min": 60.0, "s": 1.0, "h": 3600.0}
    for unit, factor in units.items():
        if text.endswith(unit):
            return float(text[: -len(unit)]) * factor
    return float(text)


def _apply_to_tenants(chosen: Global, asked: TenantOptions, rollout: dict[str, Any], values: dict[str, Any]) -> int:
    """Show what would be done to which tenants, or do it where ``--yes`` says so; the exit code."""
    from pytest_schemadrift.commands.tenants.apply import Rollout, apply_tenants
    from pytest_schemadrift.commands.tenants.check import check_tenants
    from pytest_schemadrift.report.formats import Look
    from pytest_schemadrift.report.tenants import results_text
    from pytest_schemadrift.report.text import report_text

    if values["guided"] or values["continue_on_error"]:
        raise click.UsageError("tenants are not asked about one by one: use --yes, and --stop-after N")
    project = chosen.project()
    assert project is not None
    checking = chosen.options(renames=values["renames"], ignore_pending=values["ignore_pending"])
    fixing = apply_options(project.settings, values)
    tell = ProgressLine(quiet=chosen.quiet)
    if values["dry_run"] or not (values["yes"] or values["guided"] is False):
        drifts = run(check_tenants(project, checking, asked, tell))
        say(report_text(drifts, Look(chosen.colored(to_file=False), chosen.quiet, chosen.verbose)), nl=False)
        say(_not_run(drifts, dry_run=values["dry_run"]))
        return exit_code(drifts)
    given = {name: value for name, value in rollout.items() if value is not None}
    results = run(apply_tenants(project, checking, fixing, asked, rollout=Rollout(**given), on_result=tell.result))
    say(results_text(results), nl=False)
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
    why = "this was a dry run" if dry_run else "there is nobody to ask about tenants: add --yes"
    return f"nothing was run on the {counted(drifted, 'tenant')} with drift: {why}"


class _UndoFile:
    """The SQL that leads back, of all connections, on disk before the first statement is run."""

    def __init__(self, path: str) -> None:
        self.path, self.texts = path, list[str]()

    def add(self, proposal: Proposal) -> None:
        """Write what undoes this proposal, too. Raises ``ConfigurationError`` where the file cannot be written."""
        from pytest_schemadrift.report.applying import undo_text

        self.texts.append(undo_text(proposal.drift, proposal.plan, proposal.undo, proposal.undo_session))
        write("\n".join(self.texts), self.path)


class _Dialog:
    """One connection: from the proposal to the verdict."""

    def __init__(self, chosen: Global, applying: Applying, name: str) -> None:
        self.chosen, self.applying, self.name = chosen, applying, name
        self.color = chosen.colored(to_file=False)

    def run(self, *, asks: bool, runs: bool, dry_run: bool, undo: _UndoFile | None = None) -> int:
        """Propose, show, ask, carry out; the exit code of this connection."""
        proposal: Proposal = run(self.applying.propose(self.name))
        self._show_head(proposal)  # nobody answers a question without knowing about which database
        if asks and not dry_run:
            answered = self._ask_renames(proposal)
            if answered is None:
                return self._stopped()
            if answered is not proposal:
                proposal = answered
                self._show_head(proposal)
        if not proposal.drift.plan:
            return exit_code([proposal.drift])
        if asks and not dry_run and proposal.may_run:
            self._say(self._refusals(proposal))
            chosen = self._ask_steps(proposal)
            if chosen is None:
                return self._stopped()
            proposal = chosen
        else:
            self._show_steps(proposal)
            self._say(self._refusals(proposal))
        self._say(["", *self._notes(proposal)])
        if not proposal.may_run:
            return DRIFT
        if dry_run or not runs:
            why = "this was a dry run" if dry_run else "there is nobody to ask here: add --yes or --no-guided"
            self._say([f"  nothing was run: {why}"])
            return DRIFT
        if undo is not None:
            undo.add(proposal)
        return self.carry_out(proposal)

    # --- asking -----------------------------------------------------------------------------------------------------

    def _ask_renames(self, proposal: Proposal) -> Proposal | None:
        """Ask about everything that looks renamed, and propose again with the answers."""
        from pytest_schemadrift.report.words import rename_answer

        options = self.applying.options
        questions = () if options.no_renames else proposal.drift.proposals
        renamed: list[RenameProposal] = []
        kept: list[RenameProposal] = []
        for item in questions:
            answer = rename_answer(item.change)
            said = ask(
                f"{answer.replace('=', ' looks renamed to ')} ({item.similarity:.0%} alike): was it?", default=None
            )
            if said is Answer.QUIT:
                return None
            (renamed if said is Answer.YES else kept).append(item)
        if not questions:
            return proposal
        self._change(not_renamed=(*options.not_renamed, *(item.change for item in kept)))
        checking = self.applying.checking
        answers = (*checking.renames, *(rename_answer(item.change) for item in renamed))
        self.applying = replace(self.applying, checking=replace(checking, renames=answers))
        found: Proposal = run(self.applying.propose(self.name))
        return found

    def _ask_steps(self, proposal: Proposal) -> Proposal | None:
        """Show the steps one by one and ask; propose again without what was declined, until nothing more is."""
        from pytest_schemadrift.report.words import is_destructive

        while True:
            declined: list[int] = []
            all_harmless = False
            for place, step in enumerate(proposal.plan.steps):
                self._say(["", f"{place + 1} of {len(proposal.plan.steps)}", *self._step(proposal, place)])
                grave = is_destructive(step)
                if all_harmless and not grave:
                    continue
                said = ask("run it?", default=Answer.NO if grave else Answer.YES, offer_all=not grave)
                if said is Answer.QUIT:
                    return None
                all_harmless = all_harmless or said is Answer.ALL
                if said is Answer.NO:
                    declined.append(place)
            if not declined:
                return proposal
            from pytest_schemadrift.commands.apply import parts_declined

            left = len(proposal.plan.steps) - len(declined)
            self._change(declined=(*self.applying.options.declined, *parts_declined(proposal.plan, declined)))
            again: Proposal = run(self.applying.propose(self.name))
            if len(again.plan.steps) == left:
                return again
            # Without what was declined, others fell away or are made in another way: what will run is shown again.
            self._say(["", "without that, the plan is another one:"])
            self._show_steps(again)
            if not again.plan or not again.may_run:
                return again
            said = ask("run this?", default=None)
            return again if said is Answer.YES else None

    def _change(self, **changes: Any) -> None:
        self.applying = replace(self.applying, options=replace(self.applying.options, **changes))

    # --- showing ----------------------------------------------------------------------------------------------------

    def _show_head(self, proposal: Proposal) -> None:
        self._say(_head(proposal, self.chosen))

    def _show_steps(self, proposal: Proposal) -> None:
        self._say(_steps(proposal, self.chosen))

    def _step(self, proposal: Proposal, place: int) -> list[str]:
        return _step(proposal, place, self.chosen)

    def _refusals(self, proposal: Proposal) -> list[str]:
        return _refusals(proposal, self.chosen)

    def _notes(self, proposal: Proposal) -> list[str]:
        return _notes(proposal)

    def _say(self, lines: Sequence[str]) -> None:
        if not self.chosen.quiet:
            for line in lines:
                say(line)

    # --- running ----------------------------------------------------------------------------------------------------

    def carry_out(self, proposal: Proposal) -> int:
        from pytest_schemadrift.report.applying import left_lines, outcome_lines

        self._say([""])
        tell = _Progress(proposal.plan, self._say, verbose=self.chosen.verbose)
        result: Applied = run(self.applying.carry_out(proposal, tell))
        self._say(outcome_lines(result.outcomes, color=self.color))
        for line in left_lines(result.left, result.blind, color=self.color):
            say(line)
        if result.interrupted:
            return INTERRUPTED
        if result.error is not None or result.left is None:
            if self.chosen.quiet and result.error is not None:
                say(f"schemadrift: {self.name}: {result.error}", err=True)
            return COULD_NOT_TELL
        return exit_code([result.left])

    def _stopped(self) -> int:
        say("  stopped: nothing was run, nothing was changed")
        return DRIFT


def proposal_lines(proposal: Proposal, chosen: Global) -> list[str]:
    """A whole proposal: the database, each step, what is not done and why, and the proof."""
    lines = _head(proposal, chosen)
    if not proposal.drift.plan:
        return lines
    return [*lines, *_steps(proposal, chosen), *_refusals(proposal, chosen), "", *_notes(proposal)]


def _head(proposal: Proposal, chosen: Global) -> list[str]:
    from pytest_schemadrift.report.text import head_line, unreadable_lines

    color = chosen.colored(to_file=False)
    return [head_line(proposal.drift, color=color), *unreadable_lines(proposal.drift, color=color)]


MANY = 30
"""So many steps are still read one by one."""
_FIRST = 5


def _steps(proposal: Proposal, chosen: Global) -> list[str]:
    """Every step; of many, the first ones and all that have a hazard or touch rows, unless everything is asked for."""
    from pytest_schemadrift.report.applying import more_steps

    steps = proposal.plan.steps
    is_brief = len(steps) > MANY and not chosen.verbose
    lines: list[str] = []
    left: list[Step] = []
    for place, step in enumerate(steps):
        if is_brief and place >= _FIRST and not step.hazards and not proposal.facts_of(step.change):
            left.append(step)
        else:
            lines += ["", *_step(proposal, place, chosen)]
    return [*lines, *more_steps(left)]


def _step(proposal: Proposal, place: int, chosen: Global) -> list[str]:
    from pytest_schemadrift.report.applying import step_with_facts, table_size

    step = proposal.plan.steps[place]
    facts, size = proposal.facts_of(step.change), table_size(step, proposal.sizes)
    color = chosen.colored(to_file=False)
    return step_with_facts(proposal.drift, step, facts, size, color=color, verbose=chosen.verbose)


def _refusals(proposal: Proposal, chosen: Global) -> list[str]:
    from pytest_schemadrift.report.applying import refusal_lines

    return refusal_lines(proposal.drift, proposal.refused, color=chosen.colored(to_file=False))


def _notes(proposal: Proposal) -> list[str]:
    from pytest_schemadrift.report.applying import parts_line, proof_lines

    if not proposal.plan:
        return ["  nothing is left to run"]
    proof = proposal.proof
    lines = ["not proven: --no-prove", *proposal.drift.notes]
    if proof is not None:
        lines = proof_lines(proof.proven, proof.note, proof.rows, proof.failed, proof.without)
    return [f"  {line}" for line in [*lines, *parts_line(proposal.parts)]]


class _Progress:
    """Says each step when its last statement was run; of many, each tenth part and the last."""

    def __init__(self, plan: Plan, say: Callable[[Sequence[str]], None], *, verbose: bool) -> None:
        self.steps, self.say = plan.steps, say
        self.every = max(1, len(self.steps) // 10) if len(self.steps) > MANY and not verbose else 1
        self.step = self.statement = 0

    def __call__(self, statement: Statement) -> None:
        from pytest_schemadrift.planning.deeds import did

        self.statement += 1
        if self.step < len(self.steps) and self.statement == len(self.steps[self.step].sql):
            self.step, self.statement = self.step + 1, 0
            if self.step % self.every and self.step < len(self.steps):
                return
            self.say([f"  {self.step} of {len(self.steps)}: {did(statement.change)}"])


class _SavedDialog(_Dialog):
    """One connection of a saved plan."""

    def run_saved(self, saved: SavedPlan, *, asks: bool, dry_run: bool, yes: bool) -> int:
        """Look whether the plan still fits, show it, ask once for all of it, and carry it out."""
        from pytest_schemadrift.commands.apply import proposal_of

        proposal = proposal_of(saved)
        if not saved.plan:
            self._say([f"{saved.connection}: the plan has nothing to do"])
            return IN_SYNC
        run(self.applying.assert_made_for(saved))
        self._show_head(proposal)
        self._show_steps(proposal)
        if saved.proven is not True:
            self._say([f"  {'NOT proven' if saved.proven is False else 'not proven'}: {saved.proof_note}".rstrip(": ")])
        if saved.proven is False:
            self._say(["  nothing was run: a plan that failed on the scratch copy is not run"])
            return DRIFT
        if dry_run or not (asks or yes):
            why = "this was a dry run" if dry_run else "there is nobody to ask here: add --yes"
            self._say([f"  nothing was run: {why}"])
            return DRIFT
        if asks and ask("run this plan?", default=None) is not Answer.YES:
            return self._stopped()
        return self.carry_out(proposal)
