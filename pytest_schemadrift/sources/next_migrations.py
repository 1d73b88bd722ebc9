"""The next migrations of a project: what they are called, what they stand on, and a run of them before they exist."""

from __future__ import annotations

import ast
import importlib
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_schemadrift.core.config.tortoise import TortoiseConfig, one_line
from pytest_schemadrift.errors import ConfigurationError, MigrationFailed
from pytest_schemadrift.sources.migrations import Migrations, migration_names, package_folder
from pytest_schemadrift.sources.models import load_models
from pytest_schemadrift.sources.orm.undeclared import undeclared
from pytest_schemadrift.sources.run_migrations import close_client, own_bookkeeping, unheard

_SLUG = re.compile(r"[^a-z0-9_]+")


def folder_of(migrations: Migrations, app: str) -> Path:
    """Where an app's migrations lie."""
    if migrations.tool == "Aerich":
        return Path(migrations.apps[app])
    folder = package_folder(migrations.apps[app])
    assert folder is not None  # it was found there
    return folder


def next_name(migrations: Migrations, app: str, label: str, now: datetime, after: int = 0) -> str:
    """The file of an app's next migration, or the one ``after`` that, numbered as its tool does; without ending.

    Tortoise: ``0003_label``. Aerich: ``3_20270101120000_label``. Raises ``ConfigurationError`` for a label that has no
    letter or digit.
    """
    slug = re.sub("_+", "_", _SLUG.sub("_", label.lower())).strip("_")
    if not slug:
        raise ConfigurationError(f"a migration cannot be called {label!r}", hint="use letters, digits and _")
    found = (re.match(r"(\d+)_", name) for name in migration_names(migrations).get(app, ()))
    number = max((int(match[1]) for match in found if match), default=-1) + 1 + after
    if migrations.tool == "Tortoise":
        return f"{number:04d}_{slug}"
    return f"{number}_{now:%Y%m%d%H%M%S}_{slug}"


def last_state(migrations: Migrations, app: str) -> str | None:
    """The ``MODELS_STATE`` of an app's last Aerich migration, ``None`` where it has none."""
    names = migration_names(migrations)[app]
    tree = ast.parse(Path(migrations.apps[app], names[-1]).read_bytes())
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(getattr(item, "id", "") == "MODELS_STATE" for item in node.targets):
            return str(ast.literal_eval(node.value))
    return None


@contextmanager
def with_more_files(migrations: Migrations, more: Mapping[Path, str]) -> Iterator[Migrations]:
    """The migrations with some more files, as copies: nothing is written to the project."""
    with tempfile.TemporaryDirectory(prefix="schemadrift-") as root:
        places = {}
        package = f"schemadrift_{secrets.token_hex(6)}"
        for number, app in enumerate(migrations.apps):
            home = folder_of(migrations, app)
            target = Path(root, app) if migrations.tool == "Aerich" else Path(root, f"{package}_{number}")
            shutil.copytree(home, target, ignore=shutil.ignore_patterns("__pycache__"))
            for path, text in more.items():
                if path.parent == home:
                    (target / path.name).write_text(text, encoding="utf-8")
            places[app] = str(target) if migrations.tool == "Aerich" else target.name
        sys.path.insert(0, root)
        importlib.invalidate_caches()
        try:
            files = tuple(
                path for place in places.values() for path in sorted(Path(root, Path(place).name).glob("*.py"))
            )
            yield replace(migrations, apps=places, files=files, location=root)
        finally:
            sys.path.remove(root)
            for name in [name for name in sys.modules if name.startswith(package)]:
                del sys.modules[name]


async def unapply_migrations(
    config: TortoiseConfig, connection: str, migrations: Migrations, back: Mapping[str, Sequence[str]]
) -> None:
    """Take back the last migrations of each app, in a database where all of them were run.

    ``back`` names them by app, in their order. Raises ``MigrationFailed``.
    """
    run = _unapply_native if migrations.tool == "Tortoise" else _unapply_aerich
    with unheard():
        await run(config, connection, migrations, back)


async def _unapply_native(
    config: TortoiseConfig, connection: str, migrations: Migrations, back: Mapping[str, Sequence[str]]
) -> None:
    from pytest_schemadrift.sources.orm.native import unapply

    current: list[str] = []

    def remember(event: str, app: str, name: str) -> None:
        current[:] = [app, name] if event == "rollback_start" else []

    with load_models(config) as loaded:
        loaded.make_queryable()
        client = loaded.client(connection)
        apps: dict[str, dict[str, Any]] = {
            label: {**config.tortoise["apps"][label], "migrations": module} for label, module in migrations.apps.items()
        }
        try:
            await unapply(client, apps, back, remember)
        except Exception as error:
            lacks = None if current else await undeclared(apps)  # the state of all the files is made first
            name = ".".join(current or (lacks.migration if lacks else ("migration",)))
            remedy = lacks.remedy if lacks else ""
            raise MigrationFailed(name, one_line(error), where="on its way back", remedy=remedy) from error
        finally:
            await close_client(client)


async def _unapply_aerich(
    config: TortoiseConfig, connection: str, migrations: Migrations, back: Mapping[str, Sequence[str]]
) -> None:
    from aerich import Command

    async with own_bookkeeping(config, connection, migration_names(migrations)) as own:
        for app, gone in reversed([*back.items()]):
            command = Command(own.tortoise, app=app, location=migrations.location)
            for name in reversed(gone):
                try:
                    await command.init()
                    await command.downgrade(version=-1, delete=False)
                except Exception as error:
                    raise MigrationFailed(f"{app}/{name}", one_line(error), where="on its way back") from error
