"""What differs between kinds of database, one package each, behind one value: ``Dialect``."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from pytest_schemadrift.errors import ConfigurationError

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.at_once import AskAtOnce
    from pytest_schemadrift.dialects.base import Dialect
    from pytest_schemadrift.schema.capabilities import ServerInfo

_BUILT_IN = {
    "postgres": ("pytest_schemadrift.dialects.postgres", "POSTGRES"),
    "mysql": ("pytest_schemadrift.dialects.mysql", "MYSQL"),
    "mariadb": ("pytest_schemadrift.dialects.mysql", "MARIADB"),
    "sqlite": ("pytest_schemadrift.dialects.sqlite", "SQLITE"),
}
_ALIASES = {"postgresql": "postgres", "asyncpg": "postgres", "psycopg": "postgres", "sqlite3": "sqlite"}


@cache
def _built_in(name: str) -> Dialect:
    module, attribute = _BUILT_IN[name]
    dialect: Dialect = getattr(import_module(module), attribute)
    return dialect


def get_dialect(name: str) -> Dialect:
    """Return the dialect of that name (``postgresql`` and ``sqlite3`` are understood too).

    Raises ``ConfigurationError`` for an unknown one.
    """
    key = _ALIASES.get(name.lower(), name.lower())
    if key not in _BUILT_IN:
        raise ConfigurationError(f"there is no dialect {name!r}", hint=f"choose one of: {', '.join(sorted(_BUILT_IN))}")
    return _built_in(key)


_AT_ONCE = {
    "postgres": "pytest_schemadrift.dialects.postgres.catalog.at_once",
    "mysql": "pytest_schemadrift.dialects.mysql.catalog.ask",
    "mariadb": "pytest_schemadrift.dialects.mysql.catalog.ask",
    "sqlite": "pytest_schemadrift.dialects.sqlite.catalog.ask",
}


def ask_at_once(name: str) -> AskAtOnce | None:
    """What asks a database of this dialect for all that tells whether it is as it was.

    ``None`` where no one question does. It is imported without the rest of the dialect.
    """
    found: AskAtOnce | None = import_module(_AT_ONCE[name]).ask_at_once if name in _AT_ONCE else None
    return found


def split_script(text: str, dialect: str, info: ServerInfo | None = None) -> list[str]:
    """The statements of a script, without semicolons. Raises ``DDLSyntaxError``."""
    chosen = get_dialect(dialect)
    return chosen.split(text, info or chosen.default_info)
