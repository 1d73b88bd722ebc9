"""Migrations that take the place of others which are gone: ``replaces``.

Tortoise (1.1.9) writes that down and does not read it: to a database that has had what is replaced it applies the new
one as well, which fails on the tables that are there, unless it is recorded with ``tortoise migrate --fake`` first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_schemadrift.sources.migrations import Migrations, migration_names, without_ending
from pytest_schemadrift.sources.orm.undeclared import replacing

if TYPE_CHECKING:
    from pytest_schemadrift.core.config.tortoise import TortoiseConfig

Record = Mapping[str, Sequence[str]]
"""Migrations by app, as the tool has written them down."""


@dataclass(frozen=True, slots=True)
class Squashed:
    """A migration that takes the place of ``gone`` ones, which a database has had; each is app and name.

    ``lacks`` are those of what it replaces that the database has not had: nobody has the files for them any more.
    ``needs`` are other migrations that have to be applied first.
    """

    migration: tuple[str, str]
    gone: tuple[tuple[str, str], ...]
    lacks: tuple[tuple[str, str], ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    is_recorded: bool = False

    @property
    def is_done(self) -> bool:
        """Whether the database has had all that it does, and only its own row is missing."""
        return not (self.is_recorded or self.lacks or self.needs)

    def record(self, migrations: Migrations) -> str:
        """What a person types to have it written down as applied."""
        return migrations.upgrade(option=f" --fake {' '.join(self.migration)}")

    @property
    def sentence(self) -> str:
        """What it replaces, and that the record does not have it."""
        gone = ", ".join(map(".".join, self.gone))
        return f"{'.'.join(self.migration)} replaces {gone}, which were applied, and is not recorded itself"

    def remedy(self, migrations: Migrations) -> str:
        """What to do where it is not recorded."""
        if self.is_done:
            return self.record(migrations)
        first = ", ".join(map(".".join, (*self.lacks, *self.needs)))
        where = " with an earlier revision" if self.lacks else ""
        return f"apply {first}{where}, then {self.record(migrations)}"


def not_on_disk(migrations: Migrations, applied: Record) -> dict[str, tuple[str, ...]]:
    """The applied migrations that have no file any more, by app; apps without any are left out."""
    found = {}
    for app, names in migration_names(migrations).items():
        there = set(map(without_ending, names))
        if lost := tuple(name for name in map(without_ending, applied.get(app, ())) if name not in there):
            found[app] = lost
    return found


async def squashed_migrations(config: TortoiseConfig, migrations: Migrations, applied: Record) -> list[Squashed]:
    """The migrations that take the place of applied ones without a file; files are read only where there are such."""
    lost = {(app, name) for app, names in not_on_disk(migrations, applied).items() for name in names}
    if not lost or migrations.tool != "Tortoise":
        return []
    apps = {
        app: {**config.tortoise["apps"][app], "migrations": module}
        for app, module in migrations.apps.items()
        if app not in migrations.unnamed
    }
    done = {(app, name) for app, names in applied.items() for name in names}
    found = []
    for new, (replaced, before) in (await replacing(apps)).items():
        if gone := tuple(item for item in replaced if item in lost):
            lacks = tuple(item for item in replaced if item not in done)
            needs = tuple(item for item in before if item not in done)
            found.append(Squashed(new, gone, lacks, needs, new in done))
    return found
