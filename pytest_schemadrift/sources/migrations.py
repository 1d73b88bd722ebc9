"""The project's own migrations as a source: found without importing them; ``run_migrations`` runs them."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from pytest_schemadrift.core.config.settings import tool_table
from pytest_schemadrift.core.config.tortoise import AppSettings, TortoiseConfig
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.sources import orm

if TYPE_CHECKING:
    pass

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
    files = {label: native_files(module) for label, module in native.items() if module}
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
    return all(module_name(module) == AERICH_MODELS for module in app.modules)


def _aerich_record(config: TortoiseConfig) -> str:
    """The connection of the first app with Aerich's own model, which is that app's, whatever others name it, too.

    So Tortoise discovers models; seen with Aerich 0.6.3, 0.7.2, 0.8.2, 0.9.2 and 0.10.1. With a single app Aerich adds
    its model by itself where it is named nowhere.
    """
    owners = (app for app in config.apps.values() if AERICH_MODELS in map(module_name, app.modules))
    return next((app.default_connection for app in owners), "")


def module_name(module: object) -> str:
    """The name of a module, which configurations give as itself or by name."""
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
    first = module_name(app.modules[0])
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


def native_files(module: str) -> list[Path]:
    """The migrations in a package of ``tortoise makemigrations``, in order."""
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
        folders = [package_folder(name) for name in (app.migrations, _beside_models(app)) if name]
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
        return {app: tuple(path.stem for path in native_files(module)) for app, module in migrations.apps.items()}
    return {
        app: tuple(path.name for path in sorted(_aerich_files(Path(folder)), key=_aerich_place))
        for app, folder in migrations.apps.items()
    }


def without_ending(name: str) -> str:
    """One form of a name: Tortoise writes a module's down, Aerich a file's with or without its ending, by version."""
    return Path(name).stem if name.endswith(".py") else name


def absent_numbers(names: Iterable[str], failed: str) -> str:
    """The numbers before that of ``failed`` that none of the other ``names`` has; Aerich counts from 0."""
    last = _number(failed)
    known = sorted({-1, last, *(number for number in map(_number, names) if number < last)})
    gaps = [(low + 1, high - 1) for low, high in pairwise(known) if high - low > 1]
    return ", ".join(f"{low} to {high}" if low < high else str(low) for low, high in gaps)


def _aerich_place(path: Path) -> tuple[int, str]:
    return (_number(path.name), path.name)


def _number(name: str) -> int:
    number = name.partition("_")[0]
    return int(number) if number.isdigit() else -1


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
