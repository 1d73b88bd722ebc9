"""What differs between kinds of database, one package each, behind one value: ``Dialect``."""

from __future__ import annotations

from importlib import import_module

from pytest_schemadrift.dialects.base import Dialect
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.schema.capabilities import ServerInfo

_BUILT_IN = {
    "postgres": ("pytest_schemadrift.dialects.postgres", "POSTGRES"),
    "mysql": ("pytest_schemadrift.dialects.mysql", "MYSQL"),
    "mariadb": ("pytest_schemadrift.dialects.mysql", "MARIADB"),
    "sqlite": ("pytest_schemadrift.dialects.sqlite", "SQLITE"),
}
_ALIASES = {"postgresql": "postgres", "asyncpg": "postgres", "psycopg": "postgres", "sqlite3": "sqlite"}
_registered: dict[str, Dialect] = {}


def register_dialect(dialect: Dialect) -> None:
    """Add a third party's dialect, or replace one of ours, for this process."""
    _registered[dialect.name] = dialect


def get_dialect(name: str) -> Dialect:
    """Return the dialect of that name (``postgresql`` and ``sqlite3`` are understood too).

    Raises ``ConfigurationError`` for an unknown one.
    """
    key = _ALIASES.get(name.lower(), name.lower())
    if key not in _registered:
        if key not in _BUILT_IN:
            known = ", ".join(sorted({*_BUILT_IN, *_registered}))
            raise ConfigurationError(f"there is no dialect {name!r}", hint=f"choose one of: {known}")
        module, attribute = _BUILT_IN[key]
        _registered[key] = getattr(import_module(module), attribute)
    return _registered[key]


def split_script(text: str, dialect: str, info: ServerInfo | None = None) -> list[str]:
    """The statements of a script, without semicolons. Raises ``DDLSyntaxError``."""
    chosen = get_dialect(dialect)
    return chosen.split(text, info or chosen.default_info)
