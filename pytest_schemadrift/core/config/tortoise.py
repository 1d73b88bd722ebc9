"""Tortoise's own configuration, found, imported and read by shape; nothing here imports Tortoise or a driver."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from pytest_schemadrift.core import ended
from pytest_schemadrift.core.aside import printed_aside
from pytest_schemadrift.core.class_sources import read_once
from pytest_schemadrift.core.config.settings import PYPROJECT, TOOLS, Settings, nearest, tool_table
from pytest_schemadrift.core.config.urls import ConnectionSettings, connection_from_url
from pytest_schemadrift.core.plain import read_json
from pytest_schemadrift.errors import ConfigurationError, ModelsUnavailable
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.shown import reason

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class AppSettings:
    """One entry of Tortoise's ``apps``: ``modules`` are names of modules, or modules themselves."""

    label: str
    modules: tuple[Any, ...]
    default_connection: str = "default"
    migrations: str = ""


@dataclass(frozen=True, slots=True)
class TortoiseConfig:
    """Tortoise's configuration, and ``origin``: where it came from, such as ``"pyproject.toml [tool.tortoise]"``."""

    connections: Mapping[str, ConnectionSettings]
    apps: Mapping[str, AppSettings]
    origin: str
    project_dir: Path
    use_tz: bool | None = None
    """``None`` leaves it to Tortoise, whose default is ``True`` from 1.0 on and was ``False`` before."""
    timezone: str = "UTC"
    option: str = ""
    """What names it to another command, for a shell, where it was named on the command line."""

    def connection(self, name: str) -> ConnectionSettings:
        """The connection of that name. Raises ``ConfigurationError`` naming the nearest one."""
        try:
            return self.connections[name]
        except KeyError:
            raise ConfigurationError(
                f"there is no connection {name!r}", where=self.origin, hint=nearest(name, self.connections)
            ) from None

    @property
    def tortoise(self) -> dict[str, Any]:
        """The whole in the form that ``Tortoise.init(config=…)`` takes; routers are left out, they shape no schema."""
        return {
            "connections": {name: connection.tortoise for name, connection in self.connections.items()},
            "apps": {
                label: {"models": list(app.modules), "default_connection": app.default_connection}
                for label, app in self.apps.items()
            },
            **({} if self.use_tz is None else {"use_tz": self.use_tz}),
            "timezone": self.timezone,
        }


def find_tortoise_config(
    settings: Settings, *, config: str | None = None, config_file: Path | str | None = None
) -> TortoiseConfig:
    """Tortoise's configuration from the first of: ``config_file``, ``config`` (``module.VARIABLE``), ``$TORTOISE_ORM``,
    ``[tool.schemadrift]``, ``[tool.tortoise]`` and ``[tool.aerich]`` of ``pyproject.toml``.

    The project directory goes to the front of ``sys.path``, as Tortoise's own command does, its ``src`` to the end.
    Raises ``ConfigurationError`` where there is none or it has a wrong shape, ``ModelsUnavailable`` where its module
    cannot be imported.
    """
    if config and config_file:
        raise ConfigurationError("--config and --config-file exclude each other", hint="give only one of them")
    if config_file:
        put_on_path(settings.project_dir)
        path = settings.project_dir / config_file
        value = _read_config_file(path)
        found = parse_tortoise_config(value, origin=str(config_file), project_dir=settings.project_dir)
        return replace(found, option=f"--config-file {shlex.quote(str(config_file))}")
    dotted, origin = _locate(settings, config)
    put_on_path(settings.project_dir)
    value = _import_variable(dotted, origin)
    found = parse_tortoise_config(value, origin=f"{origin} = {dotted}", project_dir=settings.project_dir)
    return replace(found, option=f"--config {shlex.quote(config)}") if config else found


def _locate(settings: Settings, config: str | None) -> tuple[str, str]:
    """The dotted path of the configuration and the place that names it."""
    if config:
        return config, "--config"
    if dotted := os.environ.get("TORTOISE_ORM", ""):
        return dotted, "$TORTOISE_ORM"
    if settings.tortoise_orm:
        return settings.tortoise_orm, f"{PYPROJECT} [tool.schemadrift]"
    for tool in TOOLS[1:]:
        table = tool_table(settings.project_dir, tool)
        if dotted := str(table.get("tortoise_orm") or ""):
            if source_folder := str(table.get("src_folder") or ""):  # aerich's way to find the module
                put_on_path(settings.project_dir / source_folder)
            return dotted, f"{PYPROJECT} [tool.{tool}]"
    raise ConfigurationError(
        "no Tortoise configuration was found",
        where=f"--config, --config-file, $TORTOISE_ORM, {settings.project_dir / PYPROJECT} and the folders above it",
        hint='schemadrift init, or in pyproject.toml: [tool.schemadrift] tortoise_orm = "app.settings.TORTOISE_ORM"',
    )


def put_on_path(directory: Path) -> None:
    """Put ``directory`` in front of ``sys.path``, once, and its ``src`` at the end.

    A project that keeps its packages below ``src`` is found without being installed; where it is, that one counts.
    """
    text = str(directory.resolve())
    if text not in sys.path:
        sys.path.insert(0, text)
    source = directory.resolve() / "src"
    if source.is_dir() and not (source / "__init__.py").exists() and str(source) not in sys.path:
        sys.path.append(str(source))


def _import_variable(dotted: str, origin: str) -> object:
    """What a dotted name stands for, in a module or in a class or an object of one; of a function, what it returns."""
    owner_name, _, variable = dotted.rpartition(".")
    if not owner_name or not all(part.isidentifier() for part in dotted.split(".")):
        raise ConfigurationError(
            f"{dotted!r} is not of the form module.VARIABLE",
            where=origin,
            hint="write for example app.settings.TORTOISE_ORM",
        )
    owner = _module_or_object(owner_name, origin)
    value = getattr(owner, variable, _ABSENT)
    if value is _ABSENT:
        public = [name for name in dir(owner) if not name.startswith("_") and name.isupper()]
        raise ConfigurationError(f"{owner_name} has no {variable}", where=origin, hint=nearest(variable, public))
    return _called(value, dotted, origin) if callable(value) and not isinstance(value, type) else value


def _module_or_object(name: str, origin: str) -> object:
    """The module of that name, or the class or object of that name in one. Raises as ``import_module``."""
    try:
        return import_module(name, origin)
    except ModelsUnavailable:
        above, _, last = name.rpartition(".")
        found = getattr(_module_or_object(above, origin), last, _ABSENT) if above else _ABSENT
        if found is _ABSENT:
            raise
        return found


def _called(function: Callable[[], object], dotted: str, origin: str) -> object:
    """What a function of the project returns. Raises ``ModelsUnavailable`` where it fails, or needs an argument."""
    try:
        with printed_aside(), ended.staying(), read_once():
            return function()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a project does, as where it is imported
        hint = "it is called without arguments: correct it, or name the dictionary"
        raise _broken_import(dotted, error, origin, hint, "called") from None


def import_module(name: str, origin: str) -> ModuleType:
    """The module of that name. Raises ``ModelsUnavailable`` with the original error in one line and its place."""
    importlib.invalidate_caches()
    try:
        with printed_aside(), ended.staying(), read_once():
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name == missing or name.startswith(missing + "."):
            raise ModelsUnavailable(
                f"there is no module {missing!r}",
                where=f"{origin} = {name}",
                hint="correct the name, or run from the folder that holds it",
            ) from None
        raise _broken_import(name, error, origin, "install it in this environment") from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a project does when it is imported, pytest.skip() included
        raise _broken_import(name, error, origin, "correct the module: python must be able to import it") from None


def _broken_import(
    name: str, error: BaseException, origin: str, hint: str, done: str = "imported"
) -> ModelsUnavailable:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_import_machinery(frame.filename)]
    own = [frame for frame in frames if not _is_installed(frame.filename)] or frames
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else origin
    if isinstance(error, SyntaxError) and error.filename:
        place = f"{error.filename}:{error.lineno}"
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "tortoise":
        hint = "the package tortoise must be that of tortoise-orm, in a version that has what is imported"
    if variable := _missing_variable(error):
        return ModelsUnavailable(
            f"{name} needs the environment variable {variable}, which is not set",
            where=place,
            hint=_to_set(variable),
        )
    if missing := _missing_settings(error):
        return ModelsUnavailable(
            f"{name} needs settings that are not set: {missing}",
            where=place,
            hint="set them in the environment or the .env that they are read from (where no database is asked, "
            "as in commit hooks, a URL of its kind will do)",
        )
    return ModelsUnavailable(f"{name} cannot be {done}: {one_line(error)}", where=place, hint=hint)


def _is_installed(filename: str) -> bool:
    """Whether a file is of Python itself, or of an installed package: there is nothing to correct in it."""
    return "site-packages" in filename or Path(os.__file__).parent in Path(filename).parents


def _to_set(variable: str) -> str:
    """What to do about a variable that is not set; a ``.env`` that has it is read by nobody but the project itself."""
    file = Path.cwd() / ".env"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if re.search(rf"^\s*(?:export\s+)?{re.escape(variable)}\s*=", file.read_text("utf-8"), re.MULTILINE):
            return f"{file.name} has it, and nothing loads that file: let the settings load it, or export {variable}"
    return f"export {variable}=… (where no database is asked, as in commit hooks, a URL of its kind will do)"


def _missing_variable(error: BaseException) -> str:
    """The variable that was asked for as ``os.environ["NAME"]``; ``""`` where it was something else."""
    frames = traceback.extract_tb(error.__traceback__)
    if not isinstance(error, KeyError) or not frames or len(error.args) != 1:
        return ""
    last = frames[-1]
    is_environment = last.name == "__getitem__" and last.filename in ("<frozen os>", os.__file__)
    return str(error.args[0]) if is_environment else ""


def _missing_settings(error: BaseException) -> str:
    """The fields that pydantic, which many settings are read with, found no value for; ``""`` if that is not all."""
    if type(error).__module__.partition(".")[0] not in ("pydantic", "pydantic_core"):
        return ""
    with contextlib.suppress(Exception):  # whatever another release has instead: the error is told as it is then
        wrong = error.errors()  # type: ignore[attr-defined]
        if all(item["type"].endswith("missing") for item in wrong):  # "value_error.missing" before pydantic 2
            return ", ".join(".".join(map(str, item["loc"])) for item in wrong)
    return ""


def _is_import_machinery(filename: str) -> bool:
    return filename in (__file__, ended.__file__) or filename.startswith("<frozen ") or filename == importlib.__file__


def one_line(error: BaseException) -> str:
    """``Type: message`` in one line of at most 300 characters."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # an error of the project's own, which cannot say what it is
        text = ""
    name = type(error).__name__
    return f"{name}: {text}"[:300] if text else name


def _read_config_file(path: Path) -> object:
    """JSON or YAML, by the file's extension, as Tortoise reads it. Raises ``ConfigurationError``."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the configuration file cannot be read: {reason(error)}", where=str(path), hint="correct --config-file"
        ) from None
    try:
        if path.suffix == ".json":
            return read_json(text)
        if path.suffix in (".yml", ".yaml"):
            return _yaml(text, path)
    except ValueError as error:
        raise ConfigurationError(
            f"the configuration file is broken: {one_line(error)}", where=str(path), hint="correct the file"
        ) from None
    raise ConfigurationError(
        f"a configuration file ends in .json, .yml or .yaml, not {path.suffix!r}",
        where=str(path),
        hint="name the file by its format",
    )


def _yaml(text: str, path: Path) -> object:
    try:
        yaml: Any = importlib.import_module("yaml")
    except ModuleNotFoundError:
        raise ConfigurationError(
            "reading a YAML configuration needs PyYAML", where=str(path), hint="pip install pyyaml, or use JSON"
        ) from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def parse_tortoise_config(value: object, *, origin: str, project_dir: Path) -> TortoiseConfig:
    """A ``TORTOISE_ORM`` dictionary (or a ``tortoise.config.TortoiseConfig``) as a value.

    Raises ``ConfigurationError`` for a wrong shape and for an app on a connection that does not exist.
    """
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    if not isinstance(value, Mapping):
        raise _shape(f"must be a dictionary, not {type(value).__name__}", origin)
    for key in ("connections", "apps"):
        if not isinstance(value.get(key), Mapping) or not value[key]:
            raise _shape(f"needs a non-empty dictionary under {key!r}", origin)
    connections = {str(name): _connection(str(name), entry, origin) for name, entry in value["connections"].items()}
    apps = {str(label): _app(str(label), entry, connections, origin) for label, entry in value["apps"].items()}
    use_tz, timezone = value.get("use_tz"), value.get("timezone")
    return TortoiseConfig(
        connections=MappingProxyType(connections),
        apps=MappingProxyType(apps),
        origin=origin,
        project_dir=project_dir,
        use_tz=None if use_tz is None else bool(use_tz),
        timezone=str(timezone or "UTC"),
    )


def _shape(what: str, origin: str) -> ConfigurationError:
    return ConfigurationError(
        f"the Tortoise configuration {what}",
        where=origin,
        hint='it looks like {"connections": {"default": URL}, "apps": {"shop": {"models": ["shop.models"]}}}',
    )


def _connection(name: str, entry: object, origin: str) -> ConnectionSettings:
    if isinstance(entry, Mapping) and isinstance(entry.get("db_url"), str):
        entry = entry["db_url"]
    if isinstance(entry, str):
        return connection_from_url(name, entry, origin)
    if entry is None:
        raise ConfigurationError(
            f"the URL of connection {name!r} is None",
            where=origin,
            hint="set the environment variable that it is read from, or give --database-url",
        )
    if not isinstance(entry, Mapping) or not isinstance(entry.get("engine"), str):
        raise _shape(f"must give connection {name!r} as a URL, or with 'engine' and 'credentials'", origin)
    credentials = entry.get("credentials", {})
    if not isinstance(credentials, Mapping):
        raise _shape(f"must give the 'credentials' of connection {name!r} as a dictionary", origin)
    return ConnectionSettings(name=name, engine=entry["engine"], credentials=MappingProxyType(dict(credentials)))


def _app(label: str, entry: object, connections: Mapping[str, ConnectionSettings], origin: str) -> AppSettings:
    models = entry.get("models") if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or isinstance(models, str) or not isinstance(models, Iterable):
        raise _shape(f"must give app {label!r} a list of modules under 'models'", origin)
    modules = tuple(models)
    if not modules:
        raise _shape(f"must give app {label!r} at least one module under 'models'", origin)
    connection = str(entry.get("default_connection") or "default")
    if connection not in connections:
        raise ConfigurationError(
            f"app {label!r} uses the unknown connection {connection!r}",
            where=origin,
            hint=nearest(connection, connections),
        )
    return AppSettings(label, modules, connection, str(entry.get("migrations") or ""))
