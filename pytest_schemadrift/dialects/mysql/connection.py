"""Connecting through asyncmy, in the ways in which Tortoise's URLs and credentials say it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from functools import cache
from ssl import SSLError
from typing import TYPE_CHECKING, Any

from pytest_schemadrift.dialects.lending import Lent
from pytest_schemadrift.dialects.mysql.names import literal
from pytest_schemadrift.errors import (
    SPELL_URL,
    TLS_REFUSED,
    Condition,
    ConfigurationError,
    ConnectionFailed,
    DriverMissing,
    FormRefused,
    StatementFailed,
    Unreachable,
)

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.base import Connection
    from pytest_schemadrift.schema.capabilities import ServerInfo

SQL_MODE = "NO_AUTO_VALUE_ON_ZERO,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"
"""Strict, so that a value which does not fit refuses an ALTER instead of being cut; with NO_AUTO_VALUE_ON_ZERO, so
that a column which becomes AUTO_INCREMENT keeps its zeros; without ANSI_QUOTES,
NO_BACKSLASH_ESCAPES and PIPES_AS_CONCAT, so that text means what our reader and renderer think it means; without
NO_ZERO_DATE, so that old zero defaults can be made again."""

READ_OTHERWISE = frozenset(
    ("ANSI_QUOTES", "HIGH_NOT_PRECEDENCE", "IGNORE_SPACE", "NO_BACKSLASH_ESCAPES", "ORACLE", "PIPES_AS_CONCAT")
)
"""Modes under which a text is another one; what has a body keeps that of the session that made it."""

_READING = {
    "sql_mode": f"'{SQL_MODE}'",
    "sql_quote_show_create": "1",
    "sql_select_limit": "18446744073709551615",
    "sql_auto_is_null": "0",
    "sql_big_selects": "1",  # else ``max_join_size`` refuses joins of the catalog's tables
}
_READING_MYSQL = {
    "max_execution_time": "0",
    "show_gipk_in_create_table_and_information_schema": "1",  # since 8.0.30
    "information_schema_stats_expiry": "0",
}
_READING_MARIADB = {"max_statement_time": "0"}
"""What the catalog's answers depend on; a server's limits are for the queries of an application."""
_READING_ANY = {**_READING, **_READING_MYSQL, **_READING_MARIADB}
_RUNNING = {"sql_safe_updates": "0", "foreign_key_checks": "1", "unique_checks": "1"}
_RUNNING_MARIADB = {"check_constraint_checks": "1"}
"""What a statement of ours, or the server's checks of the rows, depend on.

``time_zone`` is not among them: what models and scripts say of a TIMESTAMP is read as the session of who runs them
reads it (``open_server`` gives a project's session the zone that Tortoise gives its own)."""

_ENGINE = "default_storage_engine"
CARRIED = (
    "time_zone",
    _ENGINE,
    "explicit_defaults_for_timestamp",
    "innodb_strict_mode",
    "old_mode",
    "sql_require_primary_key",
    "sql_generate_invisible_primary_key",
)
"""Settings that decide what a text makes: the scratch session has those of the live one."""
INNODB = "InnoDB"
RESTRICTS_KEYS = "restrict_fk_on_non_standard_key"
"""Whether a foreign key must refer to a whole unique key (MySQL 8.4)."""

_POOL_ONLY = ("minsize", "maxsize", "pool_recycle", "echo", "storage_engine", "connection_name", "fetch_inserted")
_LOST = (2003, 2006, 2013, 2055)
_CONDITIONS: Mapping[int, Condition] = {
    **dict.fromkeys((1205, 3572), "lock_not_available"),
    **dict.fromkeys((1044, 1045, 1142, 1143, 1227, 1370, 1419, 1698), "insufficient_privilege"),
    **dict.fromkeys((1036, 1290, 1792, 1836), "read_only_sql_transaction"),
}
"""By the numbers of MySQL's and MariaDB's error references: ER_LOCK_WAIT_TIMEOUT, ER_LOCK_NOWAIT; access denied to the
database, the account, a table, a column, what takes a special right, a routine, a routine or trigger where there is a
binary log (without ``log_bin_trust_function_creators``), an account without a password; a table (MariaDB with
innodb_read_only), an option of the server (read_only), a transaction, an engine that only reads."""
_NOT_CREATED = 1005
_SAME_TYPE = (
    "give both sides of the foreign key one type, with the same UNSIGNED, character set and collation; only the length "
    "of a text may be another"
)
_WHOLE_KEY = "make the columns that the foreign key refers to the primary key, or a unique key, of their table"
_PARENT = "create the table that the foreign key refers to (ENGINE=InnoDB, no partitions) before, or correct its name"
_ANY_OF_THEM = (
    "the table that the foreign key refers to must be there, with one type, UNSIGNED, character set and collation on "
    "both sides, and a key over those columns; SET NULL needs columns that take NULL"
)
_OF_A_KEY = "take off the foreign key that uses it first, and add it again afterwards"
_KEYS = {
    **dict.fromkeys((_NOT_CREATED, 1215), _ANY_OF_THEM),
    **dict.fromkeys((1553, 1829, 1832, 1833, 1834, 3730, 3776), _OF_A_KEY),
    1822: _WHOLE_KEY,
    1824: _PARENT,
    1830: "let the column take NULL, or write another action than SET NULL",
    3733: "make the generated column STORED: a foreign key takes no virtual one",
    3734: "correct the name of the column that the foreign key refers to",
    3780: _SAME_TYPE,
    6125: _WHOLE_KEY,
}
"""What to do about a foreign key that the servers refuse (ER_CANNOT_ADD_FOREIGN, ER_FK_NO_INDEX_PARENT,
ER_FK_INCOMPATIBLE_COLUMNS …); MariaDB has 1005 with InnoDB's 150 for most of it."""
_NOT_IN_THIS_FORM = (1221, 1845, 1846)
"""Incorrect usage of ALGORITHM and LOCK; ALGORITHM or LOCK is not supported (for a reason)."""


@cache
def _quiet_cursor() -> type[Any]:
    """A cursor that does not fetch and log every note of the server ("Integer display width is deprecated")."""
    from asyncmy.cursors import Cursor

    class QuietCursor(Cursor):
        async def _show_warnings(self, conn: Any) -> None:
            """Say nothing."""

    return QuietCursor


class MySQLConnection:
    """One asyncmy connection behind the project's ``Connection`` face.

    Cancelled while the server owes an answer, it is given up: the answer would be read as that to the next statement.
    asyncmy 0.2.18 does that by itself; with 0.2.11 and before it went back to the pool as it was.
    """

    dialect = "mysql"

    def __init__(self, raw: Any, *, owned: bool = True) -> None:
        self.raw = raw
        self.owned = owned

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Run one query; ``%s`` in it stand for ``arguments``."""
        async with self.raw.cursor(_quiet_cursor()) as cursor:
            try:
                await cursor.execute(sql, arguments or None)
                return list(await cursor.fetchall())
            except asyncio.CancelledError:
                self.give_up()
                raise
            except Exception as error:
                raise _failed(error, sql) from error

    async def execute(self, sql: str) -> None:
        """Run one statement."""
        async with self.raw.cursor(_quiet_cursor()) as cursor:
            try:
                await cursor.execute(sql)
            except asyncio.CancelledError:
                self.give_up()
                raise
            except Exception as error:
                raise _failed(error, sql) from error

    def give_up(self) -> None:
        """Close it at once, without a word to the server; its pool opens another."""
        self.raw.close()
        if self.raw.connected:  # what the pool goes by, and up to 0.2.11 asyncmy's ``close`` leaves as it is
            self.raw._connected = False

    async def close(self) -> None:
        """Say goodbye to the server, if the connection is ours."""
        if self.owned:
            try:
                await self.raw.ensure_closed()
            except Exception:  # the server may be gone already, which is as good as closed
                self.raw.close()


@asynccontextmanager
async def reading(connection: Connection) -> AsyncIterator[Connection]:
    """A connection whose settings the catalog can be read with; those of the user's own are put back afterwards."""
    if isinstance(connection, TortoiseConnection):
        async with (
            connection.lent() as raw,  # of a pool: settings belong to one connection
            reading(MySQLConnection(raw, owned=False)) as session,
        ):
            yield session
        return
    if not isinstance(connection, MySQLConnection) or connection.owned:
        yield connection
        return
    before = {}
    for name in _READING_ANY:
        with suppress(StatementFailed):  # of the other kind of server, or of a newer one
            ((before[name],),) = await connection.fetch(f"SELECT @@SESSION.{name} AS value")
    await connection.execute(_set({name: _READING_ANY[name] for name in before}))
    back = _set({name: _value(value) for name, value in before.items()})
    try:
        yield connection
    except asyncio.CancelledError:  # nobody waits for a server who has run out of time
        connection.give_up()
        raise
    except BaseException:  # which is what to tell
        with suppress(StatementFailed, ConnectionFailed):
            await connection.execute(back)
        raise
    await connection.execute(back)


async def pin(connection: MySQLConnection) -> None:
    """Give a session of ours the settings that our text depends on, whatever the server, the role or the URL says."""
    await connection.execute("SET NAMES utf8mb4")
    is_mariadb = "mariadb" in str(connection.raw.get_server_info()).lower()
    own = {**_READING_MARIADB, **_RUNNING_MARIADB} if is_mariadb else _READING_MYSQL
    with suppress(StatementFailed):  # of a release without one of them, or of a proxy that gives another version
        await connection.execute(_set({**_READING, **_RUNNING, **own}))
        return
    await connection.execute(_set({**_READING, **_RUNNING}))
    for name, value in {**_READING_MYSQL, **_READING_MARIADB, **_RUNNING_MARIADB}.items():
        with suppress(StatementFailed):  # of the other kind of server, or of a newer one
            await connection.execute(_set({name: value}))


async def keep_engine(connection: Connection, engine: str) -> str:
    """The engine of a table that names none, on a server where that is not InnoDB: InnoDB where the database has it.

    A server's default may change after the tables were made, and that is no drift of theirs. A database without a
    table of InnoDB has what its server gives. Only a session of ours is set so.
    """
    if not isinstance(connection, MySQLConnection) or not connection.owned:
        return engine
    if not await connection.fetch(
        "SELECT 1 AS found FROM information_schema.tables"
        f" WHERE table_schema = database() AND table_type = 'BASE TABLE' AND engine = '{INNODB}' LIMIT 1"
    ):
        return engine
    await connection.execute(_set({_ENGINE: INNODB}))
    return INNODB


async def carry_over(connection: Connection, info: ServerInfo) -> None:
    """Give a scratch session the live session's settings that decide what a text makes."""
    live: dict[str, str] = json.loads(info.setting("session", "{}"))
    there = dict(await connection.fetch(settings_query()))
    for name, value in live.items():
        if name in CARRIED and there.get(name) != value:
            with suppress(StatementFailed):  # what only an administrator may set: it is as the server has it
                await connection.execute(_set({name: _value(value)}))
    # What is there must be made again, whatever the setting was then; new keys are judged by the plan.
    with suppress(StatementFailed):
        await connection.execute(_set({RESTRICTS_KEYS: "OFF"}))


def needs_whole_key(info: ServerInfo) -> bool:
    """``restrict_fk_on_non_standard_key`` came with MySQL 8.4, and is on unless an administrator says otherwise."""
    if info.dialect != "mysql" or info.version < (8, 4):
        return False
    session: dict[str, str] = json.loads(info.setting("session", "{}"))
    return session.get(RESTRICTS_KEYS, "ON") != "OFF"


def settings_query(*more: str) -> str:
    """The query for the settings that decide what a text makes, and for ``more``: name and value."""
    names = ", ".join(f"'{name}'" for name in (*CARRIED, RESTRICTS_KEYS, "system_time_zone", *more))
    return f"SHOW SESSION VARIABLES WHERE Variable_name IN ({names})"


def _set(values: Mapping[str, str]) -> str:
    return "SET SESSION " + ", ".join(f"{name} = {value}" for name, value in values.items())


def _value(value: object) -> str:
    return str(value) if isinstance(value, int | float) else literal(str(value))


class TortoiseConnection:
    """A Tortoise client of MySQL or MariaDB behind our face; never closed by us."""

    dialect = "mysql"

    def __init__(self, client: Any) -> None:
        self.client = client

    async def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Run one query on a connection of the client's pool."""
        async with self.lent() as raw:
            return await MySQLConnection(raw, owned=False).fetch(sql, *arguments)

    async def execute(self, sql: str) -> None:
        """Run one statement on a connection of the client's pool."""
        async with self.lent() as raw:
            await MySQLConnection(raw, owned=False).execute(sql)

    def lent(self) -> AbstractAsyncContextManager[Any]:
        """A connection of the client's pool. Raises ``ConnectionFailed``."""
        place = {name: getattr(self.client, name, None) for name in ("host", "port", "user", "database")}
        place["unix_socket"] = getattr(self.client, "extra", {}).get("unix_socket")
        return Lent(self.client.acquire_connection(), lambda: _reaching(place))

    async def close(self) -> None:
        """Leave the client to its owner."""


def wrap(raw: object) -> MySQLConnection | TortoiseConnection:
    """Our face for a raw asyncmy connection or a Tortoise client; closing it leaves ``raw`` open."""
    if isinstance(raw, MySQLConnection | TortoiseConnection):
        return raw
    if hasattr(raw, "execute_query"):
        return TortoiseConnection(raw)
    return MySQLConnection(raw, owned=False)


async def connect(url: str, timeout: float) -> MySQLConnection:  # noqa: ASYNC109
    """Open the database of a Tortoise URL (``mysql://user:password@host:port/database?unix_socket=…``)."""
    from tortoise.backends.base.config_generator import expand_db_url
    from tortoise.exceptions import ConfigurationError as TortoiseConfigurationError

    scheme, separator, rest = url.partition("://")
    if scheme == "mariadb":  # Tortoise knows one name for both
        url = "mysql" + separator + rest
    try:
        credentials = expand_db_url(url)["credentials"]
    except (TortoiseConfigurationError, ValueError) as error:
        raise ConfigurationError(f"cannot read the database URL: {error}", where=url, hint=SPELL_URL) from None
    return await connect_credentials(credentials, timeout)


async def connect_credentials(credentials: Mapping[str, Any], timeout: float) -> MySQLConnection:  # noqa: ASYNC109
    """Open the database of Tortoise's ``credentials``, within ``timeout`` seconds.

    Raises ``ConnectionFailed`` with the server's answer and ``DriverMissing`` without asyncmy.
    """
    try:
        from asyncmy import connect as open_connection
    except ImportError:
        raise DriverMissing(
            "the driver for MySQL and MariaDB is not installed",
            hint="pip install 'pytest-schemadrift[mysql]'",
        ) from None
    options = {name: value for name, value in credentials.items() if name not in _POOL_ONLY}
    options["host"] = options.get("host") or "localhost"
    options["password"] = options.get("password") or ""
    options["charset"] = "utf8mb4"  # names and comments may hold any character
    options["port"] = int(options.get("port") or 3306)
    options["connect_timeout"] = timeout
    options.update(autocommit=True, sql_mode=None, db=None)
    with _reaching(options, f"within {timeout:g} seconds"):
        async with asyncio.timeout(timeout):
            connection = MySQLConnection(await open_connection(**options))
            await pin(connection)
            if credentials.get("storage_engine"):  # as Tortoise does for the tables that it makes
                await connection.execute(_set({_ENGINE: literal(str(credentials["storage_engine"]))}))
    return connection


@contextmanager
def _reaching(options: Mapping[str, Any], in_time: str = "in time") -> Iterator[None]:
    """Say of a server that lets nobody in, or does not answer, what and where it is, and what to do.

    Raises ``ConnectionFailed``.
    """
    where = _place(options)
    try:
        yield
    except TimeoutError:
        raise Unreachable(
            f"the server did not answer {in_time}",
            where=where,
            hint="check host and port, and whether the server is up",
        ) from None
    except Exception as error:
        if _is_about_tls(error, options):
            raise ConnectionFailed(f"cannot connect: {_answer(error)}", where=where, hint=TLS_REFUSED) from None
        failed = Unreachable if _is_unanswered(error) else ConnectionFailed
        raise failed(f"cannot connect: {_answer(error)}", where=where, hint=_advice(error)) from None


_TO_DO = {
    1044: "give the account a right on the database, or correct its name",
    1045: "correct user and password",
    1049: "create the database, or correct its name",
    1184: "correct init_connect of the server, which it runs for every account without the right CONNECTION ADMIN",
    1698: "correct user and password, or how the server knows the account",
}
"""ER_DBACCESS_DENIED_ERROR, ER_ACCESS_DENIED_ERROR, ER_BAD_DB_ERROR, ER_NEW_ABORTING_CONNECTION,
ER_ACCESS_DENIED_NO_PASSWORD_ERROR."""


def _advice(error: BaseException) -> str:
    if _is_unanswered(error):
        return "start the server, or correct host and port"
    # What init_connect does wrong is told to the first statement of ours, which is wrapped.
    number = _number(error.__cause__ or error)
    return _TO_DO.get(number, "check host, port, user, password and database")


_UNANSWERED = frozenset((2002, 2003, 2005))
"""CR_CONNECTION_ERROR, CR_CONN_HOST_ERROR, CR_UNKNOWN_HOST (MySQL's client errors)."""


def _is_unanswered(error: BaseException) -> bool:
    arguments: tuple[object, ...] = getattr(error, "args", ())
    if len(arguments) == 1 and isinstance(arguments[0], BaseException):
        return _is_unanswered(arguments[0])
    return isinstance(error, OSError) or bool(arguments and arguments[0] in _UNANSWERED)


def _is_about_tls(error: BaseException, options: Mapping[str, Any]) -> bool:
    """Whether a server answered, and the two found no encryption.

    asyncmy (0.2) begins with it even where the server says that it has none, and such a server hangs up.
    """
    reason = error.__cause__ or error.__context__
    hung_up = isinstance(reason, BrokenPipeError | ConnectionResetError) and bool(options.get("ssl"))
    return hung_up or isinstance(reason, SSLError)


def _place(options: Mapping[str, Any]) -> str:
    """Where we tried to connect to, without the password."""
    address = options.get("unix_socket") or f"{options['host']}:{options['port']}"
    return f"{options.get('user') or ''}@{address}/{options.get('database') or ''}"


def _answer(error: BaseException) -> str:
    arguments: tuple[object, ...] = getattr(error, "args", ())
    if len(arguments) == 1 and isinstance(arguments[0], BaseException):  # Tortoise wraps the driver's error
        return _answer(arguments[0])
    if len(arguments) >= 2 and isinstance(arguments[0], int):
        return f"{arguments[1]} ({arguments[0]})"
    return str(error) or type(error).__name__


def _number(error: BaseException) -> int:
    """The server's number of an error; Tortoise wraps the driver's own."""
    arguments: tuple[object, ...] = getattr(error, "args", ())
    if len(arguments) == 1 and isinstance(arguments[0], BaseException):
        return _number(arguments[0])
    return next((item for item in arguments if isinstance(item, int)), 0)


def _failed(error: BaseException, sql: str) -> StatementFailed | ConnectionFailed:
    number = _number(error)
    if number in _LOST:
        return ConnectionFailed(f"the connection was lost: {_answer(error)}", hint="check the server's log")
    refused = FormRefused if number in _NOT_IN_THIS_FORM else StatementFailed
    answer = _answer(error)
    hint = _KEYS.get(number, "") if number != _NOT_CREATED or "errno: 150" in answer else ""
    return refused(answer, sql=sql, hint=hint, condition=_CONDITIONS.get(number, ""))
