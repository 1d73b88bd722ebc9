"""Which Aerich works with which Tortoise, and what the two leave open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.sources.orm.version import DISTRIBUTION, numbers, tortoise_version

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from tortoise.backends.base.client import BaseDBAsyncClient

    from pytest_schemadrift.sources.models import LoadedModels

_BEFORE_BOUNDS = "<1.0"
"""Until 0.7 Aerich asks for any Tortoise. With 1.0 it looks for its table in another context, and finds none."""


def aerich_version() -> str:
    """The installed version of Aerich, ``""`` where there is none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("aerich")
    except PackageNotFoundError:
        return ""


def assert_aerich_fits(where: str) -> None:
    """See that the installed Aerich can work with the installed Tortoise, by what it asks for itself.

    Raises ``ConfigurationError`` naming both versions: a pair that does not fit fails in ways that nobody understands,
    and may leave a thread that keeps the process alive.
    """
    aerich, tortoise = aerich_version(), tortoise_version()
    if not aerich or not tortoise:
        return
    wanted = _wanted()
    if not wanted.contains(tortoise, prereleases=True):
        raise ConfigurationError(
            f"Aerich {aerich} does not work with Tortoise ORM {tortoise}: it needs {DISTRIBUTION}{wanted}",
            where=where,
            hint="install versions that fit each other, or choose source = live",
        )


def _wanted() -> SpecifierSet:
    from importlib.metadata import requires

    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.specifiers import SpecifierSet

    for text in requires("aerich") or ():
        with suppress(InvalidRequirement):
            needed = Requirement(text)
            if needed.name == DISTRIBUTION and needed.specifier:
                return needed.specifier
    return SpecifierSet(_BEFORE_BOUNDS if numbers(aerich_version()) < (0, 8) else "")


async def make_own_books(books: BaseDBAsyncClient, applied: Mapping[str, Sequence[str]]) -> None:
    """Make Aerich's table in an empty SQLite database, with the files of each app that count as run."""
    from tortoise.utils import generate_schema_for_client

    await generate_schema_for_client(books, safe=True)
    for app, names in applied.items():
        for name in names:
            await books.execute_insert("INSERT INTO aerich (version, app, content) VALUES (?, ?, ?)", [name, app, "{}"])


async def close_everything(loaded: LoadedModels) -> None:
    """Close what the models and Aerich have opened: the thread of an open SQLite connection outlives its program."""
    from tortoise import Tortoise

    with suppress(Exception):  # what failed before is what people should see
        await loaded.close_connections()
    with suppress(Exception):
        await Tortoise.close_connections()
