"""``schemadrift apply`` and ``auto-migrate``: show, ask, run, and say what is left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pytest_schemadrift.cli.group import COULD_NOT_TELL, DRIFT, IN_SYNC, INTERRUPTED, Global, cli, exit_code, run
from pytest_schemadrift.cli.questions import Answer, ask, is_terminal
from pytest_schemadrift.errors import ConfigurationError, SchemaDriftError

if TYPE_CHECKING:
    from pytest_schemadrift.commands.apply import Applied, Applying, ApplyOptions, Proposal
    from pytest_schemadrift.planning.plan import Plan, Statement
    from pytest_schemadrift.planning.renames import RenameProposal


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--guided/--no-guided", default=None, help="Ask before each change (default: on a terminal)."),
            click.option("-y", "--yes", is_flag=True, help="Say yes to everything harmless; allows no hazard."),
            click.option("--safe/--no-safe", default=None, help="Refuse what could lose or trip over data (default)."),
            click.option("--allow-hazard", "allowed", multiple=True, metavar="HAZARD", help="Allow one (repeatable)."),
            click.option(
                "--rename", "renames", multiple=True, metavar="T.OLD=NEW", help="Answer a rename (repeatable)."
            ),
            click.option("--no-renames", is_flag=True, help="Nothing was renamed: drop and add are meant."),
            click.option("--dry-run", is_flag=True, help="Print the plan and change nothing."),
            click.option("--online", is_flag=True, help="Prefer forms that block others for a short time only."),
            click.option("--prove/--no-prove", default=True, help="Try the plan on a scratch copy first."),
            click.option("--continue-on-error", is_flag=True, help="Go on with what does not depend on a failure."),
            click.option("--lock-timeout", metavar="S", help="Seconds to wait for a lock; 0 for ever.  [default: 10]"),
            click.option("--statement-timeout", metavar="S", help="Seconds for one statement; 0 for ever (default)."),
            click.pass_obj,
        )
    ):
        command = option(command)
    return command


@cli.command()
@_options
def apply(chosen: Global, /, **values: Any) -> None:
    """Fix the drift: show each change, ask, run it, and look again. 0 in sync, 1 drift left, 2 error."""
    sys.exit(_apply(chosen, **values))


@cli.command("auto-migrate")
@_options
def auto_migrate(chosen: Global, /, **values: Any) -> None:
    """Fix the drift, as ``apply`` does."""
    sys.exit(_apply(chosen, **values))


cli.add_command(
    click.Command(
        "auto_migrate", callback=auto_migrate.callback, params=auto_migrate.params, help=auto_migrate.help, hidden=True
    )
)


def _apply(chosen: Global, /, *, guided: bool | None, yes: bool, dry_run: bool, **values: Any) -> int:
    from pytest_schemadrift.commands import chosen_connections, loaded_models, with_urls
    from pytest_schemadrift.commands.apply import Applying

    project = chosen.project()
    assert project is not None
    checking = chosen.options(renames=values["renames"])
    project = with_urls(project, checking.database_urls)
    checking = replace(checking, database_urls=())
    names = chosen_connections(project, checking)
    asks = guided if guided is not None else not yes and is_terminal()
    runs = asks or yes or guided is False
    codes = []
    with loaded_models(project) as models:
        applying = Applying(project, models, checking, _apply_options(project.settings, values))
        for name in names:
            try:
                codes.append(_Dialog(chosen, applying, name).run(asks=asks, runs=runs, dry_run=dry_run))
            except SchemaDriftError as error:
                if not values["continue_on_error"]:
                    raise
                click.echo(f"schemadrift: {name}: {error}", err=True)
                codes.append(COULD_NOT_TELL)
            if codes[-1] == INTERRUPTED or (codes[-1] == COULD_NOT_TELL and not values["continue_on_error"]):
                break
    return max(codes, default=IN_SYNC)


def _apply_options(settings: Any, values: dict[str, Any]) -> ApplyOptions:
    from pytest_schemadrift.commands.apply import ApplyOptions
    from pytest_schemadrift.dialects.base import Patience
    from pytest_schemadrift.planning.hazards import Hazard

    default = Patience()
    lock, statement = values["lock_timeout"], values["statement_timeout"]
    patience = Patience(
        _seconds("--lock-timeout", lock) if lock else _configured(settings.lock_timeout) or default.lock,
        _seconds("--statement-timeout", statement) if statement else _configured(settings.statement_timeout),
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
        no_renames=values["no_renames"],
        online=values["online"],
        prove=values["prove"],
        continue_on_error=values["continue_on_error"],
        patience=patience,
    )


def _seconds(option: str, text: str) -> float:
    try:
        return _time(text, 1.0)
    except ValueError:
        raise ConfigurationError(
            f"{option} {text!r} is no time", hint="write seconds, such as 5, or 500ms, 2min"
        ) from None


def _configured(text: str) -> float:
    """A time of the configuration, where a bare number means milliseconds, as in PostgreSQL."""
    return _time(text, 0.001)


def _time(text: str, bare: float) -> float:
    units = {"ms": 0.001, "min": 60.0, "s": 1.0, "h": 3600.0}
    for unit, factor in units.items():
        if text.endswith(unit):
            return float(text[: -len(unit)]) * factor
    return float(text) * bare


class _Dialog:
    """One connection: from the proposal to the verdict."""

    def __init__(self, chosen: Global, applying: Applying, name: str) -> None:
        self.chosen, self.applying, self.name = chosen, applying, name
        self.color = chosen.colored(to_file=False)

    def run(self, *, asks: bool, runs: bool, dry_run: bool) -> int:
        """Propose, show, ask, carry out; the exit code of this connection."""
        proposal: Proposal | None = run(self.applying.propose(self.name))
        assert proposal is not None
        if asks and not dry_run:
            proposal = self._ask_renames(proposal)
            if proposal is None:
                return self._stopped()
        self._show_head(proposal)
        if not proposal.drift.plan:
            return exit_code([proposal.drift])
        if asks and not dry_run and proposal.may_run:
            self._say(self._refusals(proposal))
            proposal = self._ask_steps(proposal)
            if proposal is None:
                return self._stopped()
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
        return self._carry_out(proposal)

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
        from pytest_schemadrift.report.text import head_line, unreadable_lines

        self._say([head_line(proposal.drift, color=self.color), *unreadable_lines(proposal.drift, color=self.color)])

    def _show_steps(self, proposal: Proposal) -> None:
        for place in range(len(proposal.plan.steps)):
            self._say(["", *self._step(proposal, place)])

    def _step(self, proposal: Proposal, place: int) -> list[str]:
        from pytest_schemadrift.report.applying import step_with_facts, table_size

        step = proposal.plan.steps[place]
        facts, size = proposal.facts_of(step.change), table_size(step, proposal.sizes)
        return step_with_facts(proposal.drift, step, facts, size, color=self.color, verbose=self.chosen.verbose)

    def _refusals(self, proposal: Proposal) -> list[str]:
        from pytest_schemadrift.report.applying import refusal_lines

        return refusal_lines(proposal.drift, proposal.refused, color=self.color)

    def _notes(self, proposal: Proposal) -> list[str]:
        from pytest_schemadrift.report.applying import parts_line, proof_lines

        if not proposal.plan:
            return ["  nothing is left to run"]
        proof = proposal.proof
        lines = ["not proven: --no-prove"]
        if proof is not None:
            lines = proof_lines(proof.proven, proof.note, proof.rows, proof.failed, proof.without)
        return [f"  {line}" for line in [*lines, *parts_line(proposal.parts)]]

    def _say(self, lines: Sequence[str]) -> None:
        if not self.chosen.quiet:
            for line in lines:
                click.echo(line, color=True)

    # --- running ----------------------------------------------------------------------------------------------------

    def _carry_out(self, proposal: Proposal) -> int:
        from pytest_schemadrift.report.applying import left_lines, outcome_lines

        self._say([""])
        tell = _Progress(proposal.plan, self._say)
        result: Applied = run(self.applying.carry_out(proposal, tell))
        self._say(outcome_lines(result.outcomes, color=self.color))
        for line in left_lines(result.left, result.blind, color=self.color):
            click.echo(line, color=True)
        if result.interrupted:
            return INTERRUPTED
        if result.error is not None or result.left is None:
            if self.chosen.quiet and result.error is not None:
                click.echo(f"schemadrift: {self.name}: {result.error}", err=True)
            return COULD_NOT_TELL
        return exit_code([result.left])

    def _stopped(self) -> int:
        click.echo("  stopped: nothing was run, nothing was changed")
        return DRIFT


class _Progress:
    """Says each step when its last statement was run."""

    def __init__(self, plan: Plan, say: Callable[[Sequence[str]], None]) -> None:
        self.steps, self.say = plan.steps, say
        self.step = self.statement = 0

    def __call__(self, statement: Statement) -> None:
        from pytest_schemadrift.report.applying import step_words

        self.statement += 1
        if self.step < len(self.steps) and self.statement == len(self.steps[self.step].sql):
            self.step, self.statement = self.step + 1, 0
            self.say([f"  ran {self.step} of {len(self.steps)}: {step_words(statement.change)}"])
