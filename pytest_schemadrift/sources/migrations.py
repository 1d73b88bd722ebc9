"""The project's own migrations as a source: found without importing them, run by the tool that wrote them.

Tortoise's native migrations are run by its ``MigrationExecutor``, Aerich's by its ``Command.upgrade``: what a
deployment would do, the tools' defects included, in a database that nobody else uses.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from pathlib import Path
from types import MappingProxyType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Literal

from pytest_schemadrift.core.aside import printed_aside
from pytest_schemadrift.core.config.settings import tool_table
from pytest_schemadrift.core.config.tortoise import AppSettings, TortoiseConfig, one_line
from pytest_schemadrift.core.config.urls import ConnectionSettings
from pytest_schemadrift.core.progress import doing
from pytest_schemadrift.errors import ConfigurationError, MigrationFailed
from pytest_schemadrift.sources import orm
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

AERICH_MODELS = "aerich.models"
_AERICH_FILE = re.compile(r"\d+_.*\.(py|sql)")
_NATIVE_MIGRATION = re.compile(r"^class Migration\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migrations:
    """The migrations of one connection: ``apps`` maps an app to its module (native) or its folder (Aerich).

    ``files`` are their files in order; ``without`` are the apps of the connection that have none. ``unnamed`` are the
    apps whose ``migrations`` setting is missing: ``tortoise makemigrations`` finds their package by itself, ``tortoise
    migrate`` passes over it and says nothing (1.1.9).
    """

    tool: Literal["Tortoise", "Aerich"]
    apps: Mapping[str, str]
    files: tuple[Path, ...]
    without: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    record: str = ""
    """The connection whose database has the tool's record of all of them."""
    location: str = ""
    """Aerich's own setting."""
    first: str = ""
    """The app that Aerich's command is about where it is told of none: the first one of the configuration."""
    option: str = ""
    """What names the configuration to Tortoise's command, where that would not find it."""

    def __str__(self) -> str:
        return f"{len(self.files)} of {self.tool}"

    def upgrade(self, apps: Iterable[str] = (), option: str = "") -> str:
        """What a person types to apply them, those of some apps or of all."""
        if self.tool == "Tortoise":
            return f"{self._tortoise} migrate{option}"
        return " && ".join(f"{self._aerich(app)} upgrade{option}" for app in [*apps] or self.apps)

    def passed_over(self, app: str) -> str:
        """What a report says of an unnamed app."""
        return (
            f"app {app!r} has no migrations setting: tortoise makemigrations finds {self.apps[app]} by itself, "
            "but tortoise migrate applies nothing of it and ends well"
        )

    def setting(self, app: str) -> str:
        """The setting that an unnamed app lacks, and where it belongs."""
        return f'"migrations": "{self.apps[app]}" into the app {app!r} of the configuration'

    def makes_next(self) -> str:
        """What a person types to have the tool write the next one."""
        if self.tool == "Tortoise":
            return f"{self._tortoise} makemigrations"
        apps = [*self.apps]
        return f"{self._aerich(apps[0]) if len(apps) == 1 else 'aerich --app NAME'} migrate"

    @property
    def _tortoise(self) -> str:
        return f"tortoise {self.option}".rstrip()

    def _aerich(self, app: str) -> str:
        return "aerich" if app == self.first else f"aerich --app {app}"


def find_migrations(config: TortoiseConfig, connection: str) -> Migrations | None:
    """The migrations of the apps on a connection, or ``None`` where no app has any.

    Native ones are looked for where Tortoise's own command does: in the app's ``migrations`` setting, else in the
    package ``migrations`` beside its models; Aerich's in the ``location`` of ``[tool.aerich]`` or ``[tool.tortoise]``.
    Raises ``ConfigurationError`` for an app whose ``migrations`` setting names no package.
    """
    apps = {label: app for label, app in config.apps.items() if app.default_connection == connection}
    native = {label: _native_module(app, config) for label, app in apps.items()} if orm.has_contexts() else {}
    files = {label: _native_files(module) for label, module in native.items() if module}
    if any(files.values()):
        found = _found("Tortoise", apps, {label: native[label] for label, names in files.items() if names}, files)
        unnamed = tuple(label for label in found.apps if not apps[label].migrations)
        return replace(found, unnamed=unnamed, record=connection, option=config.option)
    location = _aerich_location(config.project_dir)
    if not location:
        return None
    folders = {label: config.project_dir / _aerich_folder(location, label) for label in apps}
    files = {label: _aerich_files(folder) for label, folder in folders.items()}
    if not any(files.values()):
        return None
    found = _found("Aerich", apps, {label: str(folders[label]) for label, names in files.items() if names}, files)
    record = _aerich_record(config) or connection
    return replace(found, location=location, first=next(iter(config.apps)), record=record)


def _found(
    tool: Literal["Tortoise", "Aerich"],
    apps: Mapping[str, AppSettings],
    places: Mapping[str, str],
    files: Mapping[str, list[Path]],
) -> Migrations:
    without = (label for label, app in apps.items() if label not in places and not _only_aerich(app))
    return Migrations(tool, places, tuple(path for label in files for path in files[label]), tuple(without))


def _only_aerich(app: AppSettings) -> bool:
    return all(_module_name(module) == AERICH_MODELS for module in app.modules)


def _aerich_record(config: TortoiseConfig) -> str:
    """The connection of the first app with Aerich's own model, which is that app's, whatever others name it, too.

    So Tortoise discovers models; seen with Aerich 0.6.3, 0.7.2, 0.8.2, 0.9.2 and 0.10.1. With a single app Aerich adds
    its model by itself where it is named nowhere.
    """
    owners = (app for app in config.apps.values() if AERICH_MODELS in map(_module_name, app.modules))
    return next((app.default_connection for app in owners), "")


def _module_name(module: object) -> str:
    return module.__name__ if isinstance(module, ModuleType) else str(module)


def _native_module(app: AppSettings, config: TortoiseConfig) -> str:
    """The module of an app's native migrations, or ``""``; by Tortoise's rule (``tortoise.cli.utils``)."""
    if app.migrations:
        if package_folder(app.migrations) is None:
            raise ConfigurationError(
                f"app {app.label!r} has no package {app.migrations!r} of migrations",
                where=config.origin,
                hint="correct its migrations setting, or make them with: tortoise makemigrations",
            )
        return app.migrations
    name = _beside_models(app)
    return name if package_folder(name) is not None else ""


def _beside_models(app: AppSettings) -> str:
    first = _module_name(app.modules[0])
    base = first.removesuffix(".models") if first.endswith(".models") else first.rpartition(".")[0] or first
    return f"{base}.migrations"


def package_folder(name: str) -> Path | None:
    """The folder of a package, whose parents are imported for it."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, AttributeError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _native_files(module: str) -> list[Path]:
    folder = package_folder(module)
    names = sorted(folder.glob("*.py")) if folder is not None else []
    names = [path for path in names if path.name[0] not in "_~"]
    return [path for path in names if _NATIVE_MIGRATION.search(_text(path)) and not _tool_of(path)]


OTHER_TOOLS = {"tortoise_pathway": "tortoise-pathway", "tortoisemarch": "tortoise-march"}
"""Other tools for migrations, by the package that their files import: their classes are called ``Migration`` too."""
_IMPORTS_OTHER = re.compile(rf"^\s*(?:from|import)\s+({'|'.join(OTHER_TOOLS)})\b", re.MULTILINE)


def _tool_of(path: Path) -> str:
    found = _IMPORTS_OTHER.search(_text(path))
    return OTHER_TOOLS[found[1]] if found else ""


def other_tools(config: TortoiseConfig, connection: str) -> dict[str, Path]:
    """The tools that we do not run and whose migrations lie where Tortoise's would, with a file of each."""
    found: dict[str, Path] = {}
    marching = config.project_dir / str(tool_table(config.project_dir, "tortoisemarch").get("location") or "migrations")
    for app in config.apps.values():
        folders = [package_folder(name) for name in {app.migrations, _beside_models(app)} if name]
        folders += [config.project_dir / "migrations" / app.label, marching]  # tortoise-march has one for all apps
        for folder in folders if app.default_connection == connection else ():
            for path in sorted(folder.glob("*.py")) if folder is not None else ():
                if tool := _tool_of(path):
                    found.setdefault(tool, path)
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def migration_names(migrations: Migrations) -> dict[str, tuple[str, ...]]:
    """The migrations of each app in their order, as their tool writes them down: modules (native), files (Aerich)."""
    if migrations.tool == "Tortoise":
        return {app: tuple(path.stem for path in _native_files(module)) for app, module in migrations.apps.items()}
    return {
        app: tuple(path.name for path in sorted(_aerich_files(Path(folder)), key=_aerich_place))
        for app, folder in migrations.apps.items()
    }


def without_ending(name: str) -> str:
    """One form of a name: Tortoise writes a module's down, Aerich a file's with or without its ending, by version."""
    return Path(name).stem if name.endswith(".py") else name


def _aerich_place(path: Path) -> tuple[int, str]:
    number = path.name.partition("_")[0]
    return (int(number) if number.isdigit() else -1, path.name)


def _aerich_location(project_dir: Path) -> str:
    return next(
        (text for tool in ("aerich", "tortoise") if (text := str(tool_table(project_dir, tool).get("location") or ""))),
        "",
    )


def _aerich_files(folder: Path) -> list[Path]:
    """Python since Aerich 0.7, before that SQL, which what comes later passes over."""
    files = [path for path in sorted(folder.glob("*"), key=_aerich_place) if _AERICH_FILE.fullmatch(path.name)]
    return [path for path in files if path.suffix == ".py"] or files


def _aerich_folder(location: str, app: str) -> Path:
    """As ``aerich.migrate.Migrate.get_migration_dir`` (0.10)."""
    return Path(location.format(app=app)) if "{app}" in location else Path(location, app)


# ---------------------------------------------------------------------------------------------------------------------
# Running
# ---------------------------------------------------------------------------------------------------------------------


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
    doing("running the migrations")
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
        done.update([(app, name)] if event == "apply_done" else [])

    with load_models(config) as loaded:
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
            files = {(app, path.stem): path for app in apps for path in _native_files(migrations.apps[app])}
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
    with own_bookkeeping(config) as own, load_models(own) as loaded:
        loaded.make_queryable()
        client, books = loaded.client(connection), loaded.client(BOOKS)
        try:
            await make_own_books(books, applied)
            for app in migrations.apps:
                names = migration_names(migrations)[app] if only is None else only.get(app, ())
                done = {without_ending(name) for name in applied.get(app, ())}
                if all(without_ending(name) in done for name in names):
                    continue
                with _files_of(migrations, app, config, only) as location:
                    command = Command(own.tortoise, app=app, location=location)
                    await _upgrade(command, app, migrations, config)
        finally:
            await close_client(client)
            await close_client(books)
            await close_everything(loaded)


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


BOOKS = "schemadrift_aerich"


@contextlib.contextmanager
def own_bookkeeping(config: TortoiseConfig) -> Iterator[TortoiseConfig]:
    """The configuration with Aerich's own model on a connection of its own, to a file that is there for as long.

    A project has it in any app, on any connection, or (with a single app) nowhere, and its table is there only after
    that app's first migration. What is in memory would be lost: for every app Aerich opens Tortoise anew, which until
    0.25 closes the connections that there are.
    """
    apps = {}
    for label, app in config.apps.items():
        modules = tuple(module for module in app.modules if _module_name(module) != AERICH_MODELS)
        if modules:
            apps[label] = replace(app, modules=modules)
    apps[BOOKS] = AppSettings(BOOKS, (AERICH_MODELS,), BOOKS)
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="schemadrift-") as folder:
        file = {"file_path": str(Path(folder, "books.sqlite3"))}
        books = ConnectionSettings(BOOKS, "tortoise.backends.sqlite", credentials=file)
        connections = {**config.connections, BOOKS: books}
        yield replace(config, apps=MappingProxyType(apps), connections=MappingProxyType(connections))


async def _upgrade(command: Command, app: str, migrations: Migrations, config: TortoiseConfig) -> None:
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
        raise MigrationFailed(f"{app}/{failed}", one_line(error), where=where) from error
    if not waiting:
        raise ConfigurationError(
            f"Aerich {aerich_version()} passes over the migrations in {folder}: it reads files in another form",
            where=str(folder),
            hint="install the Aerich that wrote them, or bring them to its form",
        )
