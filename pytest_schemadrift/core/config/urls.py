"""A connection of the project: one of Tortoise's URLs, or an engine with credentials, and one as the other."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pytest_schemadrift.core.config.settings import nearest
from pytest_schemadrift.errors import ConfigurationError, Unsupported, mask
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.shown import mask_error

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
    "dsql+asyncpg": "aurora_dsql_tortoise.asyncpg",
    "dsql+psycopg": "aurora_dsql_tortoise.psycopg",
    "duckdb": "tortoise.backends.duckdb",
    "sqlcipher": "tortoise.backends.sqlcipher",
}
"""As in ``tortoise/backends/base/config_generator.py`` (1.1), and those that packages add."""
_DSQL = "Aurora DSQL, which is spoken to like PostgreSQL, but has no foreign keys and makes its indexes otherwise"
_SQLCIPHER = "an SQLite database that SQLCipher encrypts, which Python's own SQLite cannot open"
_REFUSED: Mapping[str, str] = {
    "tortoise.backends.mssql": "Microsoft SQL Server",
    "tortoise.backends.oracle": "Oracle",
    "tortoise.backends.duckdb": "DuckDB",
    "aurora_dsql_tortoise.asyncpg": _DSQL,
    "aurora_dsql_tortoise.psycopg": _DSQL,
    "tortoise_sqlcipher.sqlite_sqlcipher": _SQLCIPHER,
    "tortoise.backends.sqlcipher": _SQLCIPHER,
}
"""Engines of Tortoise and of packages beside it (aurora-dsql-tortoise-orm 0.2, tortoise-orm-extra-duckdb 2025.9,
tortoise-sqlcipher 0.5, tortoise-plus 0.2) that are no dialect here, and what they are."""


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One entry of Tortoise's ``connections``: a ``url``, or an ``engine`` with ``credentials``."""

    name: str
    engine: str
    url: str = field(default="", repr=False)
    credentials: Mapping[str, Any] = field(default_factory=dict, repr=False)
    schemas: tuple[str, ...] = ()
    """The only schemas of a PostgreSQL database to look at, where the others are those of other tenants."""
    option: str = ""
    """What names this database to another command, where it was named in place of the configured one; no password."""
    variable: str = ""
    """The variable of the environment that names it, where that was read in place of the configured one: ``$NAME``."""
    given: bool = False
    """Whether it stands in the place of the configured one."""

    @property
    def dialect(self) -> str:
        """``postgres``, ``mysql`` (MariaDB too: only the server can tell) or ``sqlite``. Raises ``Unsupported``."""
        if self.engine in ENGINES:
            return ENGINES[self.engine]
        known = _REFUSED.get(self.engine)
        what = f"is {known}" if known else f"uses {self.engine}"
        raise Unsupported(
            f"connection {self.name!r} {what}: only PostgreSQL, MySQL, MariaDB and SQLite are supported",
            hint="leave it out: name the other connections with --connection",
        )

    @property
    def tortoise(self) -> str | dict[str, Any]:
        """The entry in the form that ``Tortoise.init(config=…)`` takes."""
        return self.url or {"engine": self.engine, "credentials": dict(self.credentials)}


DATABASE_URL = "SCHEMADRIFT_DATABASE_URL"
"""The variable that holds what ``--database-url`` would say; behind it, ``_NAME`` names a connection."""


def variable_of(name: str, url: str) -> str:
    """The variable of the environment that a database URL was read from; empty where it was typed."""
    variable = f"{DATABASE_URL}_{name}" if name else DATABASE_URL
    return variable if os.environ.get(variable) == url else ""


def spoken(kind: str) -> str:
    """The dialect of a kind of server, such as ``mariadb:11.8``, as Tortoise names it."""
    kind = kind.partition(":")[0]
    return "mysql" if kind == "mariadb" else kind


def connection_from_url(name: str, url: str, origin: str = "") -> ConnectionSettings:
    """A connection from one of Tortoise's database URLs. Raises ``ConfigurationError`` for an unknown scheme."""
    scheme, separator, _ = url.partition("://")
    if not url.strip():
        raise ConfigurationError(
            f"the URL of connection {name!r} is empty",
            where=origin,
            hint="set the environment variable that it is read from, or give --database-url",
        )
    if not separator or scheme not in SCHEMES:
        shown = f"{scheme}://" if separator else "a text without ://"
        raise ConfigurationError(
            f"connection {name!r}: {shown} is not a database URL",
            where=origin,
            hint=f"{nearest(scheme, SCHEMES) if separator else 'write for example sqlite://db.sqlite3'}",
        )
    assert_readable(url, origin or f"connection {name!r}")
    return ConnectionSettings(name=name, engine=SCHEMES[scheme], url=url)


def assert_readable(url: str, place: str) -> None:
    """Raise ``ConfigurationError`` for a URL whose user or password holds characters that end them too early.

    Tortoise reads another host, port or database out of it, and drivers then print a part of the password as such.
    """
    if url.startswith("sqlite:"):
        try:
            urlsplit(url)
        except ValueError:  # Tortoise reads it in the same way
            raise ConfigurationError(
                "this SQLite URL cannot be read: its path begins with a name that has [ or ]",
                where=f"{place}: {mask(url)}",
                hint="write the whole path, sqlite:///folder/[name].db, or sqlite://./[name].db",
            ) from None
        return
    try:
        parts = urlsplit(url)
        looks_right = parts.port is None or parts.port >= 0
    except ValueError:  # a port that is no number, brackets that are no IPv6 address
        looks_right = False
    if looks_right:
        rest = parts.path + parts.query.partition("=")[0] + parts.fragment
        ends_early = ":" in parts.netloc and "@" not in parts.netloc and "@" in rest
        # With an @ before the character that ends it, a piece of the password seems to be the host.
        beyond_host = "@" in parts.query.partition("=")[0] + parts.fragment or re.search(r"@.*/", parts.path)
        if not ends_early and not beyond_host:
            return
    raise ConfigurationError(
        "this database URL cannot be read",
        where=f"{place}: {mask(url)}",
        hint="percent-encode user and password (@ is %40, / is %2F, # is %23, ? is %3F, [ is %5B), and name a host",
    )


SERVER_SETTING = "server_settings."
"""What begins the keys of our URLs that hold one of asyncpg's ``server_settings``."""


ENDS_URL = "in its URL, a ? or # is the end of a name, and a tab or line break is dropped"
"""Why a name is none in a URL."""


def database_url(connection: ConnectionSettings) -> str:
    """The connection as one of Tortoise's URLs, user and password percent-encoded; never show it without ``mask``.

    Credentials that a URL cannot hold (an ``ssl.SSLContext``, a function) are left out: a driver that needs them takes
    ``connection.credentials``. Raises ``Unsupported`` for an engine that is no PostgreSQL, MySQL or SQLite, and for a
    database whose name a URL cannot hold: what is left of it there may be another one.
    """
    if connection.url:
        return connection.url
    scheme = {"postgres": "asyncpg", "mysql": "mysql", "sqlite": "sqlite"}[connection.dialect]
    if connection.engine == "tortoise.backends.psycopg":
        scheme = "psycopg"
    rest = dict(connection.credentials)
    database = str(rest.get("file_path" if scheme == "sqlite" else "database") or "")
    if {*"?#\t\r\n"} & set(database):
        raise Unsupported(
            f"connection {connection.name!r}: the database {database!r} cannot be opened: {ENDS_URL}",
            hint="give the database, or its file, another name",
        )
    address = str(rest.pop("file_path", "")) if scheme == "sqlite" else _address(rest)
    session = rest.pop("server_settings", None)
    if isinstance(session, Mapping):  # asyncpg's, such as search_path; our own connections read them back
        rest |= {f"{SERVER_SETTING}{name}": value for name, value in session.items()}
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


def database_name(connection: ConnectionSettings) -> str:
    """The database's own name, for people: the name after the last slash, or SQLite's file."""
    if not connection.url:
        return str(connection.credentials.get("database") or connection.credentials.get("file_path") or "")
    parts = urlsplit(connection.url)
    if connection.engine == "tortoise.backends.sqlite":
        return mask_error(parts.netloc) + parts.path  # the URL of a server with the scheme of a file has a password
    return parts.path.lstrip("/")


def database_in(url: str) -> str:
    """The database's name, or SQLite's file, that Tortoise reads in a URL: it decodes nothing, and ``urlsplit`` drops
    tabs and line breaks (``tortoise/backends/base/config_generator.py``, ``expand_db_url``)."""
    parts = urlsplit(url)
    return parts.netloc + parts.path if parts.scheme == "sqlite" else parts.path[1:]


def same_kind_of_server(one: ConnectionSettings, other: ConnectionSettings) -> bool:
    """Whether two connections are to one of PostgreSQL, MySQL (or MariaDB) and SQLite."""
    return ENGINES.get(one.engine) == ENGINES.get(other.engine)


def may_be_one_database(one: ConnectionSettings, other: ConnectionSettings) -> bool:
    """Whether two connections name one database, as far as their settings tell: a file, whatever the way to it.

    Of a server it is the name that counts here; whether a name is an alias, or the servers are one, these know.
    """
    if not same_kind_of_server(one, other):
        return False
    names = [database_name(connection) for connection in (one, other)]
    if names[0] == names[1]:
        return True
    if ENGINES.get(one.engine) != "sqlite":
        return False
    try:
        return Path(names[0]).samefile(names[1])
    except OSError:  # one of them is not there
        return Path(names[0]).resolve() == Path(names[1]).resolve()


def server_address(connection: ConnectionSettings) -> tuple[str, str]:
    """Host (or the folder of a socket) and port, empty where left to the driver; equal ones are one server."""
    parts = urlsplit(connection.url)
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    given |= {name: str(value) for name, value in connection.credentials.items() if value}
    host = given.get("unix_socket") or given.get("host") or parts.hostname or ""
    return ("localhost" if host in ("127.0.0.1", "::1") else host, str(parts.port or given.get("port") or ""))


def default_schema(connection: ConnectionSettings) -> str:
    """The schema that a PostgreSQL connection asks for, ``""`` where it leaves that to the server."""
    if not connection.url:
        return str(connection.credentials.get("schema") or "")
    return parse_qs(urlsplit(connection.url).query).get("schema", [""])[-1]
