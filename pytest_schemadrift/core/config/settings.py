"""``[tool.schemadrift]`` of ``pyproject.toml`` as ``Settings``."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, fields
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.shown import reason

PYPROJECT = "pyproject.toml"
TOOLS = ("schemadrift", "tortoise", "aerich")
"""The tables ``[tool.…]`` that name Tortoise's configuration, in the order in which they are asked."""
POLICIES = ("ignore", "warn", "fail")
PROVIDERS = ("auto", "url", "sqlite", "postgres", "mysql", "mariadb", "docker")
ScratchChoice = Literal["auto", "server", "own"]
SCRATCH: tuple[ScratchChoice, ...] = get_args(ScratchChoice)
TIMEOUT = 10.0
"""Seconds to wait for a connection, and for a lock to read, where nobody says another number."""
SOURCES = ("auto", "live", "migrations", "snapshot")


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """``[tool.schemadrift.databases.<connection>]``: how tests get a server for one connection.

    ``url`` is ``""`` where none is given; its ``${VARIABLE}`` references are already replaced.
    """

    provider: str = "auto"
    """Where the server is from: ``auto``, ``url``, ``sqlite``, ``postgres``, ``mysql``, ``mariadb`` or ``docker``."""
    url: str = field(default="", repr=False)
    """A server to use: ``postgres://user:${PASSWORD}@host/name``; ``${NAME}`` is taken from the environment."""
    version: str = ""
    """The version of the server to start, such as ``16``, or ``11.8`` (a MariaDB: MySQL's end with 9)."""
    dialects: tuple[str, ...] = ()
    """All kinds of server that run these migrations, such as ``["sqlite", "postgres:16"]``: ``make-migration`` writes
    statements for each and proves them there."""


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """``[tool.schemadrift.tenants.<connection>]``: who has the tables of that connection; exactly one key is given."""

    schemas: str = ""
    """PostgreSQL: the schemas of the configured database that match this shell pattern, such as ``tenant_*``."""
    query: str = ""
    """Asked on the configured database: a column of names or URLs, or two columns, name and URL."""
    urls: str = ""
    """A file of lines ``name = url`` or ``url``; ``${NAME}`` is taken from the environment, ``#`` begins a comment."""
    python: str = ""
    """``module:function``, a callable (sync or async) that gives names, URLs, or pairs of name and URL."""


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """``[tool.schemadrift.history]``: a table to which an event trigger of the user's writes who changes what."""

    ddl_log: str = ""
    """PostgreSQL: the table, such as ``audit.ddl_log``; a watch and ``check --record`` look there for who and when."""
    object: str = "object_identity"
    """Its column of objects, as ``object_identity`` of PostgreSQL's event triggers: ``public.users``."""
    at: str = "at"
    """Its column of times, a ``timestamptz``."""
    by: str = "by"
    """Its column of who did it."""


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """One ``[[tool.schemadrift.ignore]]``: drift that a project accepts, for a ``reason`` and until a day.

    ``code``, ``table``, ``name`` and ``connection`` are shell patterns; what is not given matches everything.
    ``table`` is matched with and without its schema, ``name`` is that of a column, index, constraint or type.
    """

    reason: str
    """Why this is accepted; it stands in every report."""
    code: str = "*"
    """A code such as ``SD302``, or a pattern such as ``SD3*``."""
    table: str = "*"
    """A table, such as ``users`` or ``audit.*``; a rule that names one does not apply to what belongs to no table."""
    name: str = "*"
    """A column, index, constraint or type."""
    connection: str = "*"
    """A connection of the Tortoise configuration."""
    until: date | None = None
    """The last day on which the rule counts, such as ``2027-01-31``; afterwards the drift is drift again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``[tool.schemadrift]``, complete with its defaults; ``place`` says where it was read (for messages)."""

    project_dir: Path
    place: str = PYPROJECT
    tortoise_orm: str = ""
    """Dotted name of Tortoise's configuration, or of a function that returns it: ``app.settings.TORTOISE_ORM``."""
    source: str = "auto"
    """What the models are compared with: ``auto``, ``live``, ``migrations``, ``snapshot``, ``*.sql`` or a URL."""
    snapshot: str = "schema/{connection}.sql"
    """Where the snapshot of a connection is kept."""
    exclude: tuple[str, ...] = ()
    """Tables never looked at, as shell patterns. Those of migration tools and of PostGIS never are."""
    unmanaged: str = "warn"
    """Tables that no model has: ``ignore``, ``warn`` or ``fail``."""
    names: str = "shape"
    """Names of constraints and indexes: ``shape`` = equal if they do the same, ``strict`` = the name counts too."""
    column_order: bool = False
    """Whether the order of columns counts."""
    column_storage: bool = False
    """Whether STORAGE and COMPRESSION of columns count, between databases and files (PostgreSQL)."""
    comments: bool = True
    """Whether comments count."""
    extra_defaults: str = "warn"
    """A database default that the model does not declare: ``ignore``, ``warn`` or ``fail``. It is dropped only with
    ``fail``; with the other two it also stays when its column gets a wider type."""
    rename_threshold: float = 0.6
    """How alike two names must be before a rename is proposed, from 0 to 1."""
    renames: tuple[str, ...] = ()
    """Answered renames: ``table.old=new`` (a column), ``old=new`` (a table), ``enum.old=new`` (a value)."""
    safe: bool = True
    """Whether ``apply`` refuses what can lose data or fail on it."""
    python: str = ""
    """The interpreter that the pre-commit hook runs, where it cannot find it."""
    statement_timeout: str = "0"
    """How long one statement of ``apply`` may run, such as ``30s``; ``0`` is without limit."""
    lock_timeout: str = "10s"
    """How long ``apply`` waits for a lock, such as ``500ms``; ``0`` is without limit."""
    scratch: ScratchChoice = "auto"
    """Where doubts are settled and fixes proven: ``server`` = in a database of its own on the server, ``own`` = on a
    server of the same version that is started here, ``auto`` = there where the role may create no database."""
    baseline: str = "schema/baseline.txt"
    """The file of the drift that is accepted for now, which ``schemadrift baseline`` writes."""
    ignore: tuple[IgnoreRule, ...] = ()
    """Drift that is accepted, rule by rule: ``[[tool.schemadrift.ignore]]``."""
    history: HistorySettings = HistorySettings()
    """Who changed what, where a log of the user's knows."""
    databases: Mapping[str, DatabaseSettings] = field(default_factory=lambda: MappingProxyType({}))
    """How tests get a server, by connection."""
    tenants: Mapping[str, TenantSettings] = field(default_factory=lambda: MappingProxyType({}))
    """Who has the same tables, by connection."""

    def database(self, connection: str) -> DatabaseSettings:
        """The section of that connection, or the defaults."""
        return self.databases.get(connection, DatabaseSettings())


Reader = Callable[[str, object, str], Any]
"""(key, value as read, place) -> the typed value. Raises ``ConfigurationError``."""


def find_project(start: Path) -> Path:
    """The folder of the project that ``start`` belongs to; ``start`` itself where there is none.

    That is the nearest one, upwards, whose ``pyproject.toml`` has ``[tool.schemadrift]``, ``[tool.tortoise]`` or
    ``[tool.aerich]``.

    A file that cannot be read is taken for the project's: whoever reads it then says what is wrong with it.
    """
    for folder in (start, *start.parents):
        try:
            tools = tomllib.loads((folder / PYPROJECT).read_text("utf-8")).get("tool", {})
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            return folder
        if any(name in tools for name in TOOLS):
            return folder
    return start


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
    from difflib import get_close_matches

    known = sorted(known)
    close = get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else "known are: " + (", ".join(known) or "none")


def _wrong(key: str, value: object, wanted: str, place: str) -> ConfigurationError:
    return ConfigurationError(f"{key} must be {wanted}, not {value!r}", where=place, hint=f"correct {key} there")


def _no_section(kind: str, name: object, table: object, place: str) -> ConfigurationError:
    return ConfigurationError(
        f"{kind}.{name} must be a table, not {table!r}",
        where=place,
        hint=f"write [tool.schemadrift.{kind}.CONNECTION], with the name of a connection such as default",
    )


def _text(key: str, value: object, place: str) -> str:
    if not isinstance(value, str):
        raise _wrong(key, value, "a string", place)
    return value


def _file_of_tenants(key: str, value: object, place: str) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(
            f"{key} must be the path of a file, not {value!r}",
            where=place,
            hint=f'put the URLs in a file, one per line (name = url), and write {key} = "tenants.txt"',
        )
    return value


def _version(key: str, value: object, place: str) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):  # TOML's 8.10 is the number 8.1
        raise ConfigurationError(
            f"{key} must be a string, not the number {value}", where=place, hint=f'put it in quotes: {key} = "{value}"'
        )
    return _text(key, value, place)


def _texts(key: str, value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        if isinstance(value, str):
            raise ConfigurationError(f"{key} must be a list", where=place, hint=f'write {key} = ["{value}"]')
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
    """A number with a unit (ms, s, min, h), or of seconds; ``"0"`` is without limit. As ``--lock-timeout`` takes it."""
    if isinstance(value, bool) or not re.fullmatch(r"\d+\s*(ms|s|min|h)?", str(value)):
        raise _wrong(key, value, 'a time such as "500ms", "5s", "2min" (or "0" for none)', place)
    return str(value)


def _renames(key: str, value: object, place: str) -> tuple[str, ...]:
    texts = _texts(key, value, place)
    for text in texts:
        if not all(text.partition("=")[::2]):
            raise _wrong(key, text, "written as table.column=column or table=table", place)
    return texts


def _sections(
    key: str, value: object, place: str, readers: Mapping[str, Reader]
) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Of each connection in a table of them: its name, what its section says, and where that stands."""
    if not isinstance(value, Mapping):
        raise _wrong(key, value, "a table of connections", place)
    for name, table in value.items():
        if not isinstance(table, Mapping):
            raise _no_section(key, name, table, place)
        section = f"{PYPROJECT} [tool.schemadrift.{key}.{name}]"
        yield str(name), _read_keys(table, readers, section), section


def _databases(key: str, value: object, place: str) -> Mapping[str, DatabaseSettings]:
    sections = {}
    for name, values, section in _sections(key, value, place, _DATABASE):
        values["url"] = _url(values.get("url", ""), values.get("provider", "auto"), section)
        version = values.get("version", "")
        if version and not version[0].isdigit() and values.get("provider") != "docker":  # whose tags have words, too
            wanted = 'the beginning of a version number, such as "16", "11.8" or "9"'
            raise _wrong("version", version, wanted, section)
        sections[name] = DatabaseSettings(**values)
    return MappingProxyType(sections)


def _tenants(key: str, value: object, place: str) -> Mapping[str, TenantSettings]:
    sections = {}
    for name, values, section in _sections(key, value, place, _TENANTS):
        given = [each for each, text in values.items() if text.strip()]
        if len(given) != 1:
            what = f"{' and '.join(given)} exclude each other" if given else "nothing says where the tenants are"
            raise ConfigurationError(what, where=section, hint=f"give exactly one of {', '.join(_TENANTS)}")
        sections[name] = TenantSettings(**values)
    return MappingProxyType(sections)


def _history(key: str, value: object, place: str) -> HistorySettings:
    if not isinstance(value, Mapping):
        raise _wrong(key, value, "a table: [tool.schemadrift.history]", place)
    section = f"{PYPROJECT} [tool.schemadrift.history]"
    values = _read_keys(value, _HISTORY, section)
    if not values.get("ddl_log"):
        raise ConfigurationError("the place of the log is not set", where=section, hint='add ddl_log = "schema.table"')
    return HistorySettings(**values)


def _ignore(key: str, value: object, place: str) -> tuple[IgnoreRule, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, Mapping) for item in value):
        raise _wrong(key, value, "a list of tables: [[tool.schemadrift.ignore]]", place)
    return tuple(_ignore_rule(number, item) for number, item in enumerate(value, 1))


def _ignore_rule(number: int, table: Mapping[str, object]) -> IgnoreRule:
    section = f"{PYPROJECT} [[tool.schemadrift.ignore]] number {number}"
    values = _read_keys(table, _IGNORE_RULE, section)
    if not values.get("reason", "").strip():
        raise ConfigurationError("an ignore rule needs a reason", where=section, hint='add reason = "…": who reads it?')
    if not {"code", "table", "name"} & values.keys():
        raise ConfigurationError(
            "an ignore rule without code, table and name would ignore every drift",
            where=section,
            hint='add for example code = "SD302" or table = "legacy_*"',
        )
    return IgnoreRule(**values)


def _day(key: str, value: object, place: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise _wrong(key, value, "a day such as 2027-01-31", place) from None


def _dialects(key: str, value: object, place: str) -> tuple[str, ...]:
    texts = _texts(key, value, place)
    for text in texts:
        if not re.fullmatch(r"(sqlite|(postgres|mysql|mariadb)(:\d[\d.]*)?)", text):
            raise _wrong(key, text, 'sqlite, postgres, mysql or mariadb, or with a version: "postgres:16"', place)
    return texts


def _url(url: str, provider: str, place: str) -> str:
    """A url that is nothing but one unset variable is no url: ``auto`` then looks elsewhere for a server."""
    whole = _VARIABLE.fullmatch(url)
    if provider != "url" and whole and not os.environ.get(whole[1]):
        return ""
    expanded = expand_environment(url, place)
    if whole and not expanded:
        raise ConfigurationError(
            f"the environment variable {whole[1]} is empty",
            where=place,
            hint=f'export {whole[1]}=…, or set provider = "auto"',
        )
    if provider == "url" and not expanded:
        raise ConfigurationError(
            'provider = "url" needs a url', where=place, hint='add url = "…", or provider = "auto"'
        )
    return expanded


_DATABASE: Mapping[str, Reader] = {
    "provider": _one_of(*PROVIDERS),
    "url": _text,
    "version": _version,
    "dialects": _dialects,
}

_TENANTS: Mapping[str, Reader] = {"schemas": _text, "query": _text, "urls": _file_of_tenants, "python": _text}

_HISTORY: Mapping[str, Reader] = {"ddl_log": _text, "object": _text, "at": _text, "by": _text}

_IGNORE_RULE: Mapping[str, Reader] = {
    "reason": _text,
    "code": _text,
    "table": _text,
    "name": _text,
    "connection": _text,
    "until": _day,
}

_SETTINGS: Mapping[str, Reader] = {
    "tortoise_orm": _text,
    "source": _source,
    "snapshot": _text,
    "exclude": _texts,
    "unmanaged": _one_of(*POLICIES),
    "names": _one_of("shape", "strict"),
    "column_order": _truth,
    "column_storage": _truth,
    "comments": _truth,
    "extra_defaults": _one_of(*POLICIES),
    "rename_threshold": _threshold,
    "renames": _renames,
    "safe": _truth,
    "python": _text,
    "statement_timeout": _timeout,
    "lock_timeout": _timeout,
    "scratch": _one_of(*SCRATCH),
    "baseline": _text,
    "history": _history,
    "ignore": _ignore,
    "databases": _databases,
    "tenants": _tenants,
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
            f"{PYPROJECT} cannot be read: {reason(error)}", where=str(path), hint="correct the file"
        ) from None
    table = document.get("tool", {}).get(tool, {})
    if not isinstance(table, Mapping):
        raise _wrong(f"tool.{tool}", table, "a table", str(path))
    return table
