"""What each of the migrations that fix a plan does: of one app, in one transaction, for one dialect or for several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_schemadrift.applying.executor import parts_of
from pytest_schemadrift.codegen.migration import NOTHING, ByDialect, Content
from pytest_schemadrift.commands.apply import Proposal
from pytest_schemadrift.commands.one_by_one import touches
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.undo import plans_back
from pytest_schemadrift.report.words import lost_values
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.sources.next_migrations import folder_of

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.base import Dialect
    from pytest_schemadrift.planning.plan import Plan, Step
    from pytest_schemadrift.schema.capabilities import ServerInfo
    from pytest_schemadrift.schema.model import Name
    from pytest_schemadrift.sources.migrations import Migrations


@dataclass(frozen=True, slots=True)
class Writing:
    """What it takes to write: which ``label``, whose table each is, and whether the models are ``reached`` then."""

    label: str
    server: tuple[Dialect, ServerInfo]
    apps: dict[Name, str]
    reached: bool
    session: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What one migration does: of one app, in one transaction."""

    app: str
    steps: tuple[Step, ...]


Planned = Sequence[tuple[str, Content]]
"""The migrations that one dialect needs, in order: the app, and what is done."""


def planned_of(proposal: Proposal, writing: Writing, migrations: Migrations) -> Planned:
    """What has to be written for a proposal."""
    parts = _divided(proposal.plan, writing, migrations) if proposal.plan else []
    contents = _contents(proposal, parts, writing) if parts else []
    return [(part.app, content) for part, content in zip(parts, contents, strict=True)]


def together(planned: Sequence[tuple[str, Planned]]) -> list[tuple[str, ByDialect]]:
    """Migrations that hold those of every dialect, each dialect's in its own order: the app, and what is done.

    A dialect for which there is nothing to do in one of them has an empty content there. Of two servers that a
    migration cannot tell apart, the first one's statements count: the proof on the other says whether they do there.
    """
    slots: list[tuple[str, dict[str, Content]]] = []
    taken: set[str] = set()
    for dialect, migrations in planned:
        if dialect in taken or not migrations:
            continue
        taken.add(dialect)
        first = 0
        for app, content in migrations:
            place = next((n for n in range(first, len(slots)) if slots[n][0] == app), len(slots))
            if place == len(slots):
                slots.append((app, {}))
            slots[place][1][dialect] = content
            first = place + 1
    names = list(dict.fromkeys(dialect for dialect, _ in planned))
    return [(app, {name: found.get(name, NOTHING) for name in names}) for app, found in slots]


def _divided(plan: Plan, writing: Writing, migrations: Migrations) -> list[Part]:
    """The steps of a plan by what commits them and by app, in an order that can be run.

    A step joins an earlier migration of its app where nothing between the two has to do with its tables.
    """
    dialect, info = writing.server
    homes: list[Part] = []
    first = 0  # of the transaction
    for together in _transactions(plan, dialect, info):
        for step in together:
            app = _app_of(step, writing.apps, migrations)
            place = _joinable(homes[first:], step, app)
            if place is None:
                homes.append(Part(app, (step,)))
            else:
                homes[first + place] = Part(app, (*homes[first + place].steps, step))
        first = len(homes)
    return homes


def _transactions(plan: Plan, dialect: Dialect, info: ServerInfo) -> Iterator[list[Step]]:
    """The steps that are committed together; where the server commits each statement anyway, all of them."""
    if not dialect.capabilities(info).transactional_ddl:
        yield list(plan.steps)
        return
    waiting = list(plan.steps)
    for part in parts_of(plan, dialect, info):
        mine = {id(statement.change) for statement in part.statements}
        together = [step for step in waiting if id(step.change) in mine]
        waiting = [step for step in waiting if id(step.change) not in mine]
        if together:
            yield together


def _joinable(parts: Sequence[Part], step: Step, app: str) -> int | None:
    tables = _tables(step)
    for place in reversed(range(len(parts))):
        if parts[place].app == app:
            return place
        if not tables or any(not _tables(other) or _tables(other) & tables for other in parts[place].steps):
            return None
    return None


def _tables(step: Step) -> set[Name]:
    return {name for part in c.simple_changes(step.change) for name in touches(part)}


def _app_of(step: Step, apps: dict[Name, str], migrations: Migrations) -> str:
    """The app whose table a step changes; else the one whose migrations name it; else the first."""
    found = next((apps[name] for name in _names(step) if name in apps), "")
    if found and found not in migrations.apps:
        raise ConfigurationError(
            f"app {found!r} has no migrations to continue from",
            where=describe(step.change) if isinstance(step.change, c.SimpleChange) else str(found),
            hint="make its first one with the tool: tortoise makemigrations, or aerich init-db",
        )
    if found:
        return found
    for name in _names(step):
        for app in migrations.apps:
            texts = (
                path.read_text("utf-8", errors="replace") for path in sorted(folder_of(migrations, app).glob("*.py"))
            )
            if any(name.name in text for text in texts):
                return app
    return next(iter(migrations.apps))


def _names(step: Step) -> list[Name]:
    """The table of a step, under its old name and its new one."""
    found: list[Name] = []
    for part in c.simple_changes(step.change):
        if isinstance(part, c.RenameTable):
            found += [part.new, part.old]
        elif (table := c.table_of(part)) is not None:
            found.append(table)
    return found


def _contents(proposal: Proposal, parts: Sequence[Part], writing: Writing) -> list[Content]:
    """What each migration does and takes back."""
    dialect, info = writing.server
    assert proposal.drift.old is not None and proposal.selection is not None
    ways = [(proposal.plan, proposal.undo)]
    if len(parts) > 1:
        ways = []
        state = proposal.drift.old
        for part in parts:
            changes = [simple for step in part.steps for simple in c.simple_changes(step.change)]
            renames = [change for change in changes if isinstance(change, c.Rename)]
            others = [change for change in changes if not isinstance(change, c.Rename)]
            after = evolve(evolve(state, renames), others)
            ways.append(
                (
                    build_plan(state, after, dialect, info, renames=renames),
                    plans_back(state, after, dialect, info, renames),
                )
            )
            state = after
    is_one_by_one = not dialect.capabilities(info).transactional_ddl
    return [
        Content(
            f"Lead the migrations to the {'models' if proposal.drift.target == 'models' else 'live database'}: "
            f"SQL for {proposal.drift.dialect}.",
            (*writing.session, *forward.sql()),
            None if backward is None else (*writing.session, *(sql for way in backward for sql in way.sql())),
            tuple(f"{part.code} {describe(part)}" for step in forward.steps for part in c.simple_changes(step.change)),
            _lost(forward, backward),
            as_script=bool(forward.prologue),
            one_by_one=is_one_by_one,
        )
        for forward, backward in ways
    ]


def _lost(forward: Plan, backward: tuple[Plan, ...] | None) -> tuple[str, ...]:
    lines = [f"{line[:1].upper()}{line[1:]}." for line in lost_values(forward.steps)]
    return (*lines, *(("No SQL takes this back.",) if backward is None else ()))
