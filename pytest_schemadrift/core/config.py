"""The project's configuration: ``[tool.schemadrift]`` as ``Settings``, and Tortoise's own as ``TortoiseConfig``.

Nothing here imports Tortoise or a driver: a settings module is imported as it is, and its values are read by shape.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import tomllib
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, cast
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pytest_schemadrift.errors import ConfigurationError, ModelsUnavailable, Unsupported, mask

PYPROJECT = "pyproject.toml"
POLICIES = ("ignore", "warn", "fail")
PROVIDERS = ("auto", "url", "sqlite", "postgres", "mysql", "docker")
SOURCES = ("auto", "models", "live", "migrations", "snapshot")

# ---------------------------------------------------------------------------------------------------------------------
# [tool.schemadrift]
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """``[tool.schemadrift.databases.<connection>]``: how tests get a server for one connection.

    ``url`` is ``""`` where none is given; its ``${VARIABLE}`` references are already replaced.
    """

    provider: str = "auto"
    """Where the server comes from: ``auto``, ``url``, ``sqlite``, ``postgres``, ``mysql`` or ``docker``."""
    url: str = field(default="", repr=False)
    """A server to use: ``postgres://user:${PASSWORD}@host/name``; ``${NAME}`` is taken from the environment."""
    version: str = ""
    """The version of the server to start, such as ``16``."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``[tool.schemadrift]``, complete with its defaults; ``place`` says where it was read (for messages)."""

    project_dir: Path
    place: str = PYPROJECT
    tortoise_orm: str = ""
    """``module.VARIABLE`` of Tortoise's configuration, such as ``app.settings.TORTOISE_ORM``."""
    source: str = "auto"
    """What the models are compared with: ``auto``, ``live``, ``migrations``, ``snapshot``, ``*.sql`` or a URL."""
    snapshot: str = "schema/{connection}.sql"
    """Where the snapshot of a connection is kept."""
    exclude: tuple[str, ...] = ()
    """Tables never looked at, as shell patterns; those of migration tools and of PostGIS always are."""
    unmanaged: str = "warn"
    """Tables that no model has: ``ignore``, ``warn`` or ``fail``."""
    names: str = "shape"
    """Names of constraints and indexes: ``shape`` = equal if they do the same, ``strict`` = the name counts too."""
    column_order: bool = False
    """Whether the order of columns counts."""
    comments: bool = True
    """Whether comments count."""
    extra_defaults: str = "warn"
    """A database default that the model does not declare: ``ignore``, ``warn`` or ``fail``."""
    rename_threshold: float = 0.6
    """How alike two names must be before a rename is proposed, from 0 to 1."""
    renames: tuple[str, ...] = ()
    """Answered renames: ``table.old=new`` (a column), ``old=new`` (a table), ``enum.old=new`` (a value)."""
    safe: bool = True
    """Whether ``apply`` refuses what can lose data or fail on it."""
    python: str = ""
    """The interpreter that the pre-commit hook runs, where it cannot find it."""
    statement_timeout: str = "0"
    """How long one statement of ``apply`` may run, such as ``30s``; ``0`` is for ever."""
    lock_timeout: str = "0"
    """How long ``apply`` waits for a lock, such as ``500ms``; ``0`` leaves it to ``--lock-timeout``."""
    databases: Mapping[str, DatabaseSettings] = field(default_factory=lambda: MappingProxyType({}))
    """How tests get a server, by connection."""

    def database(self, connection: str) -> DatabaseSettings:
        """The section of that connection, or the defaults."""
        return self.databases.get(connection, DatabaseSettings())


Reader = Callable[[str, object, str], Any]
"""(key, value as read, place) -> the typed value. Raises ``ConfigurationError``."""


def load_settings(project_dir: Path | str, overrides: Mapping[str, object] | None = None) -> Settings:
    """``[tool.schemadrift]`` of the project's ``pyproject.toml``, with ``overrides`` (options, ini keys) on top.

    An override of ``None`` was not given. Works without a ``pyproject.toml``. Raises ``ConfigurationError`` for an
    unknown key (naming the nearest known one), a wrong type or value, and an unset ``${VARIABLE}``.
    """
    project_dir = Path(project_dir).resolve()
    table = tool_table(project_dir, "schemadrift")
    values = _read_keys(table, _SETTINGS, f"{PYPROJECT} [tool.schemadrift]")
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    values |= _read_keys(given, _SETTINGS, "the options of this run")
    return Settings(project_dir=project_dir, **values)


def expand_environment(text: str, place: str) -> str:
    """``text`` with ``${NAME}`` replaced from the environment. Raises ``ConfigurationError`` where one is unset."""

    def value(match: re.Match[str]) -> str:
        try:
            return os.environ[match[1]]
        except KeyError:
            raise ConfigurationError(
                f"the environment variable {match[1]} is not set",
                where=place,
                hint=f"export {match[1]}=… or write the value in the file",
            ) from None

    return _VARIABLE.sub(value, text)


_VARIABLE = re.compile(r"\$\{(\w+)\}")


def _read_keys(table: Mapping[str, object], readers: Mapping[str, Reader], place: str) -> dict[str, Any]:
    values = {}
    for key, value in table.items():
        reader = readers.get(key)
        if reader is None:
            raise ConfigurationError(f"unknown key {key!r}", where=place, hint=nearest(key, readers))
        values[key] = reader(key, value, place)
    return values


def nearest(wrong: str, known: Iterable[str]) -> str:
    """ "did you mean …?", or all that could be meant."""
    known = sorted(known)
    close = get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else "known are: " + (", ".join(known) or "none")


def _wrong(key: str, value: object, wanted: str, place: str) -> ConfigurationError:
    return ConfigurationError(f"{key} must be {wanted}, not {value!r}", where=place, hint=f"correct {key} there")


def _text(key: str, value: object, place: str) -> str:
    if not isinstance(value, str):
        raise _wrong(key, value, "a string", place)
    return value


def _texts(key: str, value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise _wrong(key, value, "a list of strings", place)
    return tuple(cast("Iterable[str]", value))


def _truth(key: str, value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(key, value, "true or false", place)
    return value


def _one_of(*allowed: str) -> Reader:
    def read(key: str, value: object, place: str) -> str:
        if value not in allowed:
            hint = nearest(value, allowed) if isinstance(value, str) else f"choose one of {', '.join(allowed)}"
            raise ConfigurationError(
                f"{key} must be one of {', '.join(allowed)}, not {value!r}", where=place, hint=hint
            )
        return value

    return read


def _source(key: str, value: object, place: str) -> str:
    text = _text(key, value, place)
    if text in SOURCES or text.endswith(".sql") or "://" in text:
        return text
    raise ConfigurationError(
        f"{key} must be one of {', '.join(SOURCES)}, a .sql file or a database URL, not {text!r}",
        where=place,
        hint=nearest(text, SOURCES),
    )


def _threshold(key: str, value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _wrong(key, value, "a number from 0 to 1", place)
    return float(value)


def _timeout(key: str, value: object, place: str) -> str:
    """Milliseconds, or a number with PostgreSQL's unit (ms, s, min, h): ``"0"`` waits for ever."""
    if isinstance(value, bool) or not re.fullmatch(r"\d+\s*(ms|s|min|h)?", str(value)):
        raise _wrong(key, value, 'a time such as "500ms", "5s", "2min" (or "0" for none)', place)
    return str(value)


def _renames(key: str, value: object, place: str) -> tuple[str, ...]:
    texts = _texts(key, value, place)
    for text in texts:
        if not all(text.partition("=")[::2]):
            raise _wrong(key, text, "written as table.column=column or table=table", place)
    return texts


def _databases(key: str, value: object, place: str) -> Mapping[str, DatabaseSettings]:
    if not isinstance(value, Mapping):
        raise _wrong(key, value, "a table of connections", place)
    sections = {}
    for name, table in value.items():
        section = f"{PYPROJECT} [tool.schemadrift.databases.{name}]"
        if not isinstance(table, Mapping):
            raise _wrong(f"databases.{name}", table, "a table", place)
        values = _read_keys(table, _DATABASE, section)
        values["url"] = _url(values.get("url", ""), values.get("provider", "auto"), section)
        sections[str(name)] = DatabaseSettings(**values)
    return MappingProxyType(sections)


def _url(url: str, provider: str, place: str) -> str:
    """A url that is nothing but one unset variable is no url: ``auto`` then looks elsewhere for a server."""
    whole = _VARIABLE.fullmatch(url)
    if provider != "url" and whole and not os.environ.get(whole[1]):
        return ""
    expanded = expand_environment(url, place)
    if provider == "url" and not expanded:
        raise ConfigurationError(
            'provider = "url" needs a url', where=place, hint='add url = "…", or provider = "auto"'
        )
    return expanded


_DATABASE: Mapping[str, Reader] = {"provider": _one_of(*PROVIDERS), "url": _text, "version": _text}

_SETTINGS: Mapping[str, Reader] = {
    "tortoise_orm": _text,
    "source": _source,
    "snapshot": _text,
    "exclude": _texts,
    "unmanaged": _one_of(*POLICIES),
    "names": _one_of("shape", "strict"),
    "column_order": _truth,
    "comments": _truth,
    "extra_defaults": _one_of(*POLICIES),
    "rename_threshold": _threshold,
    "renames": _renames,
    "safe": _truth,
    "python": _text,
    "statement_timeout": _timeout,
    "lock_timeout": _timeout,
    "databases": _databases,
}
assert set(_SETTINGS) == {item.name for item in fields(Settings)} - {"project_dir", "place"}


def tool_table(project_dir: Path, tool: str) -> Mapping[str, object]:
    """``[tool.<tool>]`` of the project's ``pyproject.toml``; empty where the file or the table is missing."""
    path = project_dir / PYPROJECT
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(
            f"{PYPROJECT} cannot be read: {error}", where=str(path), hint="correct the file"
        ) from None
    table = document.get("tool", {}).get(tool, {})
    if not isinstance(table, Mapping):
        raise _wrong(f"tool.{tool}", table, "a table", str(path))
    return table


# ---------------------------------------------------------------------------------------------------------------------
# Tortoise's configuration
# ---------------------------------------------------------------------------------------------------------------------

ENGINES: Mapping[str, str] = {
    "tortoise.backends.asyncpg": "postgres",
    "tortoise.backends.psycopg": "postgres",
    "tortoise.backends.mysql": "mysql",
    "tortoise.backends.sqlite": "sqlite",
}
SCHEMES: Mapping[str, str] = {
    "postgres": "tortoise.backends.asyncpg",
    "postgresql": "tortoise.backends.asyncpg",
    "asyncpg": "tortoise.backends.asyncpg",
    "psycopg": "tortoise.backends.psycopg",
    "mysql": "tortoise.backends.mysql",
    "sqlite": "tortoise.backends.sqlite",
    "mssql": "tortoise.backends.mssql",
    "oracle": "tortoise.backends.oracle",
}
"""As in ``tortoise/backends/base/config_generator.py`` (1.1)."""


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One entry of Tortoise's ``connections``: a ``url``, or an ``engine`` with ``credentials``."""

    name: str
    engine: str
    url: str = field(default="", repr=False)
    credentials: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def dialect(self) -> str:
        """``postgres``, ``mysql`` (MariaDB too: only the server can tell) or ``sqlite``. Raises ``Unsupported``."""
        if self.engine in ENGINES:
            return ENGINES[self.engine]
        raise Unsupported(
            f"connection {self.name!r} uses {self.engine}, which is no PostgreSQL, MySQL, MariaDB or SQLite",
            hint="leave this connection out with --connection, naming the others",
        )

    @property
    def tortoise(self) -> str | dict[str, Any]:
        """The entry in the form that ``Tortoise.init(config=…)`` takes."""
        return self.url or {"engine": self.engine, "credentials": dict(self.credentials)}


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
    use_tz: bool = True
    timezone: str = "UTC"

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
            "use_tz": self.use_tz,
            "timezone": self.timezone,
        }


def find_tortoise_config(
    settings: Settings, *, config: str | None = None, config_file: Path | str | None = None
) -> TortoiseConfig:
    """Tortoise's configuration from the first of: ``config_file``, ``config`` (``module.VARIABLE``), ``$TORTOISE_ORM``,
    ``[tool.schemadrift]``, ``[tool.tortoise]`` and ``[tool.aerich]`` of ``pyproject.toml``.

    The project directory goes to the front of ``sys.path``, as Tortoise's own command does. Raises
    ``ConfigurationError`` where there is none or it has a wrong shape, ``ModelsUnavailable`` where its module cannot be
    imported.
    """
    if config and config_file:
        raise ConfigurationError("--config and --config-file exclude each other", hint="give only one of them")
    if config_file:
        put_on_path(settings.project_dir)
        path = settings.project_dir / config_file
        return parse_tortoise_config(_read_config_file(path), origin=str(config_file), project_dir=settings.project_dir)
    dotted, origin = _locate(settings, config)
    put_on_path(settings.project_dir)
    value = _import_variable(dotted, origin)
    return parse_tortoise_config(value, origin=f"{origin} = {dotted}", project_dir=settings.project_dir)


def _locate(settings: Settings, config: str | None) -> tuple[str, str]:
    """The dotted path of the configuration and the place that names it."""
    if config:
        return config, "--config"
    if dotted := os.environ.get("TORTOISE_ORM", ""):
        return dotted, "$TORTOISE_ORM"
    if settings.tortoise_orm:
        return settings.tortoise_orm, f"{PYPROJECT} [tool.schemadrift]"
    for tool in ("tortoise", "aerich"):
        table = tool_table(settings.project_dir, tool)
        if dotted := str(table.get("tortoise_orm") or ""):
            if source_folder := str(table.get("src_folder") or ""):  # aerich's way to find the module
                put_on_path(settings.project_dir / source_folder)
            return dotted, f"{PYPROJECT} [tool.{tool}]"
    raise ConfigurationError(
        "no Tortoise configuration was found",
        where=f"--config, --config-file, $TORTOISE_ORM, {settings.project_dir / PYPROJECT}",
        hint='add to pyproject.toml: [tool.schemadrift] tortoise_orm = "app.settings.TORTOISE_ORM"',
    )


def put_on_path(directory: Path) -> None:
    """Put ``directory`` in front of ``sys.path``, once."""
    text = str(directory.resolve())
    if text not in sys.path:
        sys.path.insert(0, text)


def _import_variable(dotted: str, origin: str) -> object:
    module_name, _, variable = dotted.rpartition(".")
    if not module_name or not all(part.isidentifier() for part in dotted.split(".")):
        raise ConfigurationError(
            f"{dotted!r} is not of the form module.VARIABLE",
            where=origin,
            hint="write for example app.settings.TORTOISE_ORM",
        )
    module = import_module(module_name, origin)
    try:
        return getattr(module, variable)
    except AttributeError:
        public = [name for name in vars(module) if not name.startswith("_") and name.isupper()]
        raise ConfigurationError(
            f"{module_name} has no {variable}", where=origin, hint=nearest(variable, public)
        ) from None


def import_module(name: str, origin: str) -> ModuleType:
    """The module of that name. Raises ``ModelsUnavailable`` with the original error in one line and its place."""
    importlib.invalidate_caches()
    try:
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
    except (Exception, SystemExit) as error:  # whatever a project does when it is imported
        raise _broken_import(name, error, origin, "correct the module: python must be able to import it") from None


def _broken_import(name: str, error: BaseException, origin: str, hint: str) -> ModelsUnavailable:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_import_machinery(frame.filename)]
    own = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else origin
    if isinstance(error, SyntaxError) and error.filename:
        place = f"{error.filename}:{error.lineno}"
    return ModelsUnavailable(f"{name} cannot be imported: {one_line(error)}", where=place, hint=hint)


def _is_import_machinery(filename: str) -> bool:
    return filename == __file__ or filename.startswith("<frozen ") or filename == importlib.__file__


def one_line(error: BaseException) -> str:
    """``Type: message`` in one line of at most 300 characters."""
    text = " ".join(str(error).split())
    name = type(error).__name__
    return f"{name}: {text}"[:300] if text else name


def _read_config_file(path: Path) -> object:
    """JSON or YAML, by the file's extension, as Tortoise reads it. Raises ``ConfigurationError``."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the configuration file cannot be read: {error}", where=str(path), hint="correct --config-file"
        ) from None
    try:
        if path.suffix == ".json":
            return json.loads(text)
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
        use_tz=True if use_tz is None else bool(use_tz),
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
    if not isinstance(entry, Mapping) or not isinstance(entry.get("engine"), str):
        raise _shape(f"must give connection {name!r} as a URL, or with 'engine' and 'credentials'", origin)
    credentials = entry.get("credentials", {})
    if not isinstance(credentials, Mapping):
        raise _shape(f"must give the 'credentials' of connection {name!r} as a dictionary", origin)
    return ConnectionSettings(name=name, engine=entry["engine"], credentials=MappingProxyType(dict(credentials)))


def connection_from_url(name: str, url: str, origin: str = "") -> ConnectionSettings:
    """A connection from one of Tortoise's database URLs. Raises ``ConfigurationError`` for an unknown scheme."""
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in SCHEMES:
        shown = f"{scheme}://" if separator else "a text without ://"
        raise ConfigurationError(
            f"connection {name!r}: {shown} is no database URL",
            where=origin,
            hint=f"{nearest(scheme, SCHEMES) if separator else 'write for example sqlite://db.sqlite3'}",
        )
    return ConnectionSettings(name=name, engine=SCHEMES[scheme], url=url)


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


def database_url(connection: ConnectionSettings) -> str:
    """The connection as one of Tortoise's URLs, user and password percent-encoded; never show it without ``mask``.

    Credentials that a URL cannot hold (an ``ssl.SSLContext``, a function) are left out: a driver that needs them takes
    ``connection.credentials``. Raises ``Unsupported`` for an engine that is no PostgreSQL, MySQL or SQLite.
    """
    if connection.url:
        return connection.url
    scheme = {"postgres": "asyncpg", "mysql": "mysql", "sqlite": "sqlite"}[connection.dialect]
    if connection.engine == "tortoise.backends.psycopg":
        scheme = "psycopg"
    rest = dict(connection.credentials)
    address = str(rest.pop("file_path", "")) if scheme == "sqlite" else _address(rest)
    query = urlencode({key: _plain(value) for key, value in rest.items() if isinstance(value, str | int | float)})
    return f"{scheme}://{address}" + (f"?{query}" if query else "")


def _plain(value: str | float) -> str:
    """Tortoise casts ``ssl=…`` with ``bool()``, to which every text but the empty one is true."""
    return ("true" if value else "") if isinstance(value, bool) else str(value)


def _address(credentials: dict[str, Any]) -> str:
    """``user:password@host:port/database``, taken out of ``credentials``.

    Left behind for the query are the folder of a unix socket, and a user name with special characters: Tortoise (1.1)
    decodes percent signs in the password and in the query, but not in the user name.
    """
    user, password = str(credentials.pop("user", None) or ""), credentials.pop("password", None)
    host, port = str(credentials.pop("host", None) or ""), credentials.pop("port", None)
    database = credentials.pop("database", None) or ""
    if quote(user, safe="") != user:
        credentials["user"], user = user, ""
    if host.startswith("/"):
        credentials["host"], host = host, ""
    if port and not host:
        credentials["port"] = port
    account = user + (":" + quote(password, safe="") if isinstance(password, str) and password else "")
    place = f"[{host}]" if ":" in host else host
    if port and host:
        place += f":{port}"
    return (f"{account}@" if account else "") + f"{place}/{database}"


def shown_url(url: str) -> str:
    """``url`` as it may be printed: the password masked."""
    return mask(url)


def database_name(connection: ConnectionSettings) -> str:
    """The database's own name, for people: the name after the last slash, or SQLite's file."""
    if not connection.url:
        return str(connection.credentials.get("database") or connection.credentials.get("file_path") or "")
    parts = urlsplit(connection.url)
    if connection.engine == "tortoise.backends.sqlite":
        return parts.netloc + parts.path
    return parts.path.lstrip("/")


def default_schema(connection: ConnectionSettings) -> str:
    """The schema that a PostgreSQL connection asks for, ``""`` where it leaves that to the server."""
    if not connection.url:
        return str(connection.credentials.get("schema") or "")
    return parse_qs(urlsplit(connection.url).query).get("schema", [""])[-1]
