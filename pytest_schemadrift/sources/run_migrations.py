"""The project's own migrations run by the tool that wrote them, in a database that nobody else uses.

Tortoise's native migrations are run by its ``MigrationExecutor``, Aerich's by its ``Command.upgrade``: what a
deployment would do, the tools' defects included.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import logging
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.core.aside import printed_aside
from pytest_schemadrift.core.config.tortoise import AppSettings, TortoiseConfig, one_line
from pytest_schemadrift.core.config.urls import ConnectionSettings
from pytest_schemadrift.core.progress import doing
from pytest_schemadrift.errors import ConfigurationError, MigrationFailed
from pytest_schemadrift.sources.migrations import (
    AERICH_MODELS,
    Migrations,
    absent_numbers,
    migration_names,
    module_name,
    native_files,
    without_ending,
)
from pytest_schemadrift.sources.models import load_models
from pytest_schemadrift.sources.orm.aerich import (
    aerich_version,
    assert_aerich_fits,
    close_everything,
    make_own_books,
)
from pytest_schemadrift.sources.orm.native import Operation, migrate, own_statements, running_operation
from pytest_schemadrift.sources.orm.undeclared import assert_none_passed_over, replaced_beside, undeclared

if TYPE_CHECKING:
    from aerich import Command
    from tortoise.backends.base.client import BaseDBAsyncClient


async def run_migrations(
    config: TortoiseConfig,
    connection: str,
    migrations: Migrations,
    applied: Mapping[str, Sequence[str]] = MappingProxyType({}),
    *,
    only: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Run the migrations of a connection in its database, which should be empty, or have those that are ``applied``.

    All of them, or ``only`` these of each app.

    What is applied Tortoise reads in the database itself; of Aerich's, which keeps its table anywhere, it is told here.

    Raises ``MigrationFailed`` for one that fails (the database stays as it was left), ``ConfigurationError`` where they
    cannot be read or their tool is not installed.
    """
    run = _run_native if migrations.tool == "Tortoise" else _run_aerich
    others = sorted(config.connections.keys() - {connection})
    with unheard(), own_statements(), printed_aside():
        try:
            await run(_alone(config, connection), connection, migrations, applied, only)
        except MigrationFailed as error:
            if others and _cannot_connect(error.__cause__):
                why = f"{error.reason}; of the other connections ({', '.join(others)}) none is open meanwhile"
                raise MigrationFailed(**{**error.facts, "reason": why}) from error.__cause__
            raise


@contextlib.contextmanager
def unheard() -> Iterator[None]:
    """Without the warnings of drivers ("table exists already") and tools, which are not under test.

    asyncmy (0.2) logs those of the server, and a logger that nobody has set up writes to the terminal.
    """
    logger = logging.getLogger("asyncmy")
    before = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before


_NOWHERE = "closed-while-migrations-are-run.invalid"
"""A host that no name server knows (RFC 2606)."""


def _alone(config: TortoiseConfig, connection: str) -> TortoiseConfig:
    """The configuration in which the other connections lead nowhere: only this one has a database of our own."""
    connections = {
        name: settings if name == connection else replace(settings, url="", credentials=_closed(settings))
        for name, settings in config.connections.items()
    }
    return replace(config, connections=MappingProxyType(connections))


def _closed(settings: ConnectionSettings) -> dict[str, Any]:
    if settings.engine == "tortoise.backends.sqlite":
        return {"file_path": f"/dev/null/{_NOWHERE}"}
    return {"host": _NOWHERE, "port": 1, "user": "nobody", "password": "", "database": "nothing"}


def _cannot_connect(error: BaseException | None) -> bool:
    """Whether a connection could not be opened; drivers and Tortoise have each their own errors for that.

    Words decide where a migration has put the driver's error into one of its own.
    """
    from tortoise.exceptions import DBConnectionError

    words = str(error)
    return isinstance(error, OSError | DBConnectionError) or _NOWHERE in words or "unable to open" in words


async def _run_native(
    config: TortoiseConfig,
    connection: str,
    migrations: Migrations,
    applied: Mapping[str, Sequence[str]],
    only: Mapping[str, Sequence[str]] | None,
) -> None:
    current: list[tuple[str, str]] = []
    done = {(app, name) for app, names in applied.items() for name in names}

    def remember(event: str, app: str, name: str) -> None:
        current[:] = [(app, name)] if event == "apply_start" else []
        if current:
            doing(f"running the migration {app}.{name}")
        done.update([(app, name)] if event == "apply_done" else [])

    with load_models(config) as loaded:
        doing("reading the migrations")
        loaded.make_queryable()
        client = loaded.client(connection)
        apps: dict[str, dict[str, Any]] = {
            label: {**config.tortoise["apps"][label], "migrations": module}
            for label, module in migrations.apps.items()
            if label not in migrations.unnamed  # which Tortoise's own command passes over
        }
        try:
            # All of them and not the last: of branches side by side none depends on the other.
            targets = {label: ("__latest__",) if only is None else only.get(label, ()) for label in apps}
            await migrate(client, apps, targets, remember)
        except (Exception, SystemExit) as error:
            lacks = await undeclared(apps, current[0] if current else None, done)
            if not current and lacks is None:
                raise _unreadable(error, migrations, config) from error
            app, name = lacks.migration if lacks else current[0]
            failure = _native_failure(error, app, name, f"{apps[app]['migrations']}.{name}")
            remedy = lacks.remedy if lacks else await replaced_beside(apps, (app, name), done)
            raise MigrationFailed(**{**failure.facts, "remedy": remedy}) from error
        finally:
            await close_client(client)
        if only is None:
            files = {(app, path.stem): path for app in apps for path in native_files(migrations.apps[app])}
            await assert_none_passed_over(apps, {key: path for key, path in files.items() if key not in done})


async def close_client(client: BaseDBAsyncClient) -> None:
    """Close a client that may be broken."""
    with contextlib.suppress(Exception):  # a failed migration may have broken it
        await client.close()


def _unreadable(error: BaseException, migrations: Migrations, config: TortoiseConfig) -> ConfigurationError:
    place = _own_line(error.__traceback__, config.project_dir)
    if isinstance(error, SyntaxError) and error.filename:
        place = f"{error.filename}:{error.lineno}"
    return ConfigurationError(
        f"the migrations cannot be loaded: {one_line(error)}",
        where=place or ", ".join(migrations.apps.values()),
        hint=f"correct them: {migrations.tool} itself fails with them too, or choose source = live",
    )


def _native_failure(error: BaseException, app: str, name: str, module: str) -> MigrationFailed:
    operation = running_operation(error.__traceback__)
    model, field = _subject(operation)
    return MigrationFailed(
        f"{app}.{name}",
        one_line(error),
        where=_operation_place(module, operation),
        model=f"{app}.{model}" if model else "",
        field=field,
    )


def _own_line(trace: TracebackType | None, project_dir: Path) -> str:
    """``path:line`` of the last of the project's own lines that an error came through."""
    found = ""
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        if project_dir in path.parents and "site-packages" not in path.parts:
            found = f"{path}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def _subject(operation: Operation | None) -> tuple[str, str]:
    """The model and the field that an operation is about, ``""`` where there is none."""
    if operation is None:
        return "", ""
    value = operation.value
    model = getattr(value, "model_name", "")
    if model:
        return str(model), str(getattr(value, "name", "") if hasattr(value, "field") else "")
    name = getattr(value, "name", "") or getattr(value, "new_name", "")
    return str(name or ""), ""


def _operation_place(module: str, operation: Operation | None) -> str:
    """``path:line`` of the operation in the migration's source, else the path alone."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return module
    if operation is None:
        return spec.origin
    line = _line_of_operation(Path(spec.origin), operation.place)
    return f"{spec.origin}:{line}" if line else spec.origin


def _line_of_operation(path: Path, place: int) -> int:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.List):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            if isinstance(target, ast.Name) and target.id == "operations" and place < len(node.value.elts):
                return node.value.elts[place].lineno
    return 0


async def _run_aerich(
    config: TortoiseConfig,
    connection: str,
    migrations: Migrations,
    applied: Mapping[str, Sequence[str]],
    only: Mapping[str, Sequence[str]] | None,
) -> None:
    try:
        from aerich import Command
    except ImportError as error:
        raise ConfigurationError(
            f"the migrations of this project are Aerich's, which cannot be imported: {one_line(error)}",
            where=", ".join(migrations.apps.values()),
            hint="pip install aerich, or choose source = live",
        ) from None
    assert_aerich_fits(", ".join(migrations.apps.values()))
    async with own_bookkeeping(config, connection, applied) as own:
        for app in migrations.apps:
            names = migration_names(migrations)[app] if only is None else only.get(app, ())
            done = {without_ending(name) for name in applied.get(app, ())}
            if all(without_ending(name) in done for name in names):
                continue
            with _files_of(migrations, app, config, only) as location:
                command = Command(own.tortoise, app=app, location=location)
                doing(f"running the migrations of {app}")
                await _upgrade(command, app, migrations, config, applied.get(app, ()))


@contextlib.contextmanager
def _files_of(
    migrations: Migrations, app: str, config: TortoiseConfig, only: Mapping[str, Sequence[str]] | None
) -> Iterator[str]:
    """The location for Aerich: the project's own, or one with copies of the files that are to be run."""
    if only is None:
        yield str(config.project_dir / migrations.location)
        return
    from shutil import copy
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="schemadrift-") as folder:
        target = Path(folder, app)
        target.mkdir()
        for name in only.get(app, ()):
            copy(Path(migrations.apps[app], name), target)
        yield folder


_BOOKS = "schemadrift_aerich"


@contextlib.asynccontextmanager
async def own_bookkeeping(
    config: TortoiseConfig, connection: str, applied: Mapping[str, Sequence[str]]
) -> AsyncIterator[TortoiseConfig]:
    """The configuration for Aerich's commands, with a record of our own in which the migrations ``applied`` stand.

    Its models are loaded for as long, and what was opened is closed on leaving.
    """
    with _with_own_books(config) as own, load_models(own) as loaded:
        loaded.make_queryable()
        client, books = loaded.client(connection), loaded.client(_BOOKS)
        try:
            await make_own_books(books, applied)
            yield own
        finally:
            await close_client(client)
            await close_client(books)
            await close_everything(loaded)


@contextlib.contextmanager
def _with_own_books(config: TortoiseConfig) -> Iterator[TortoiseConfig]:
    """The configuration with Aerich's own model on a connection of its own, to a file that is there for as long.

    A project has it in any app, on any connection, or (with a single app) nowhere, and its table is there only after
    that app's first migration. What is in memory would be lost: for every app Aerich opens Tortoise again, which until
    0.25 closes the connections that there are.
    """
    apps = {}
    for label, app in config.apps.items():
        modules = tuple(module for module in app.modules if module_name(module) != AERICH_MODELS)
        if modules:
            apps[label] = replace(app, modules=modules)
    apps[_BOOKS] = AppSettings(_BOOKS, (AERICH_MODELS,), _BOOKS)
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="schemadrift-") as folder:
        file = {"file_path": str(Path(folder, "books.sqlite3"))}
        books = ConnectionSettings(_BOOKS, "tortoise.backends.sqlite", credentials=file)
        connections = {**config.connections, _BOOKS: books}
        yield replace(config, apps=MappingProxyType(apps), connections=MappingProxyType(connections))


async def _upgrade(
    command: Command, app: str, migrations: Migrations, config: TortoiseConfig, applied: Sequence[str]
) -> None:
    folder = Path(migrations.apps[app])
    waiting: list[str] = []
    try:
        await command.init()
        waiting = await command.heads()
        needs = "run_in_transaction" in signature(command.upgrade).parameters  # in 0.7 without a default
        await (command.upgrade(run_in_transaction=True) if needs else command.upgrade())
    except (Exception, SystemExit) as error:
        if not waiting:
            raise _unreadable(error, migrations, config) from error
        failed = (await command.heads())[0]
        where = _own_line(error.__traceback__, folder) or str(folder / failed)
        absent = absent_numbers((*migration_names(migrations)[app], *applied), failed)
        remedy = (
            f"restore the migrations that are missing in {folder} ({absent}), or correct this one" if absent else ""
        )
        raise MigrationFailed(f"{app}/{failed}", one_line(error), where=where, remedy=remedy) from error
    if not waiting:
        raise ConfigurationError(
            f"Aerich {aerich_version()} passes over the migrations in {folder}: it reads files in another form",
            where=str(folder),
            hint="install the Aerich that wrote them, or bring them to its form",
        )
