r"""What the session's account may not do, and the GRANT for it.

``information_schema`` shows only what an account has a right on: without SHOW VIEW a view has no definition, without
TRIGGER a table has no triggers (documentation of MySQL, "INFORMATION_SCHEMA Introduction"; the same in MariaDB).

Of the grants to an account whose pattern matches a database, the server reads the most specific one alone (measured on
MySQL 9.7 and MariaDB 11.8): after GRANT SELECT ON `a_b`.*, one of INSERT ON `a\_b`.* takes SELECT away. A statement
from here therefore spells the database as the grant that counts does, or repeats its rights.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pytest_schemadrift.dialects.mysql.names import literal, quote
from pytest_schemadrift.errors import StatementFailed

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.base import Connection, MissingRight
    from pytest_schemadrift.schema.capabilities import ServerInfo
    from pytest_schemadrift.schema.name import Name

_CHECK = ("SELECT", "SHOW VIEW", "TRIGGER")
_APPLY = ("ALTER", "CREATE", "CREATE VIEW", "DROP", "INDEX", "INSERT", "REFERENCES", "UPDATE")
"""RENAME TABLE needs ALTER, DROP, CREATE and INSERT (documentation of MySQL, "RENAME TABLE Statement")."""
_WORDS = {
    "SELECT": "the tables",
    "SHOW VIEW": "the definitions of views",
    "TRIGGER": "the triggers",
}
_NAME = r"\*|`(?:[^`]|``)+`"
_OF_COLUMNS = re.compile(r"[A-Z ]+ \((?:`(?:[^`]|``)+`(?:, )?)+\)")
"""A right on single columns, as SHOW GRANTS writes it."""
_SHOWS = frozenset({"SELECT", "INSERT", "UPDATE", "REFERENCES"})
"""With one of these on a table, the server shows all its columns; with one on a column, that column."""
_RIGHTS = r"(?P<rights>(?:[^`]|`(?:[^`]|``)+`)+?)"
_GRANT = re.compile(rf"GRANT {_RIGHTS} ON (?P<db>{_NAME})\.(?P<table>{_NAME}) TO (?P<to>\S+)")
_SHOWS_TABLES = _SHOWS | {"DELETE", "CREATE", "DROP", "INDEX", "ALTER", "CREATE VIEW", "SHOW VIEW", "TRIGGER"}
"""With one of these on a database, the server lists all its tables."""
_READ_ONLY = ("innodb_read_only", "super_read_only", "read_only")
"""What keeps a server from writing; the first two whoever it is, the last all but those with a right of these."""
_MAY_STILL_WRITE = {
    "mysql": frozenset({"CONNECTION_ADMIN", "SUPER", "ALL PRIVILEGES"}),
    "mariadb": frozenset({"READ ONLY ADMIN", "ALL PRIVILEGES"}),
}
_REVOKED = re.compile(rf"REVOKE (?P<rights>.+?) ON (?P<db>{_NAME})\.(?P<table>\*) FROM (?P<to>\S+)")


class _Grant(NamedTuple):
    """A line of SHOW GRANTS; ``database`` is a pattern as of LIKE, or ``*``."""

    rights: frozenset[str]
    database: str
    table: str
    to: str


class _Allowed(NamedTuple):
    """The rights on a database, and the grant of the account's own that counts there, where it has one."""

    rights: frozenset[str]
    own: _Grant | None


async def missing_rights(
    connection: Connection, info: ServerInfo, tables: Collection[Name]
) -> tuple[MissingRight, ...]:
    """The rights that a check, or a change of this database's tables, needs and the account does not have."""
    lines = await grants_of_session(connection)
    user, host = await _account(connection)
    is_literal = await _names_are_literal(connection)
    found: list[MissingRight] = [*await _read_only(connection, info, lines)]
    for database in sorted({info.database, *(table.schema for table in tables if table.schema)}):
        names = {table.name for table in tables if (table.schema or info.database) == database}
        allowed = _allowed(lines, f"{quote(user)}@{quote(host)}", database, names, is_literal=is_literal)
        escaped = database if is_literal else _escaped(database)
        found += _missing(allowed, database, escaped, f"{literal(user)}@{literal(host)}")
    return tuple(found)


async def _read_only(connection: Connection, info: ServerInfo, lines: Collection[str]) -> list[MissingRight]:
    """Why this account cannot write at all, as to a replica."""
    from pytest_schemadrift.dialects.base import MissingRight

    names = ", ".join(map(literal, _READ_ONLY))
    answer = await connection.fetch(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})")
    values = {str(name): str(value) for name, value in answer if value not in ("OFF", "0")}
    on_all = [grant for line in lines if (grant := _read(_GRANT, line)) and (grant.database, grant.table) == ("*", "*")]
    may_still = any(_MAY_STILL_WRITE[info.dialect] & grant.rights for grant in on_all)
    if may_still and values.get("read_only") in ("ON", "1", "NO_LOCK"):
        del values["read_only"]
    name = next((name for name in _READ_ONLY if name in values), None)
    if name is None:
        return []
    to_do = "give the URL of the primary, or have the server write again"
    return [MissingRight("apply", f"may not write: the server has {name} = {values[name]}", "", to_do)]


async def missing_on(connection: Connection, info: ServerInfo, right: str, tables: Collection[Name]) -> dict[Name, str]:
    """The GRANT for each of these tables on which the account does not have this right."""
    lines = await grants_of_session(connection) if tables else []
    if not lines:  # a server without grants lets everybody do everything
        return {}
    user, host = await _account(connection)
    is_literal = await _names_are_literal(connection)
    found = {}
    for table in sorted(tables):
        database = table.schema or info.database
        allowed = _allowed(lines, f"{quote(user)}@{quote(host)}", database, {table.name}, is_literal=is_literal)
        if right not in allowed.rights:
            place = f"{quote(database)}.{quote(table.name)}"
            found[table] = f"GRANT {right} ON {place} TO {literal(user)}@{literal(host)}"
    return found


async def grants_of_session(connection: Connection) -> list[str]:
    """The lines of SHOW GRANTS, which has the rights of active roles and of PUBLIC, too."""
    try:
        return [str(line) for (line,) in await connection.fetch("SHOW GRANTS")]
    except StatementFailed as error:
        # Error 1290, an option of the server is in the way: of a statement that reads, that is --skip-grant-tables.
        if error.condition == "read_only_sql_transaction":
            return []
        raise


class Hidden(NamedTuple):
    """What of a database the account perhaps does not see, each with the GRANT that would show it."""

    columns: Mapping[str, str]
    """The tables of which it may see single columns."""
    tables: str = ""
    """Where it may see single tables only."""
    triggers: str = ""
    """Where it sees no triggers, or not those of every table."""


async def hidden(connection: Connection, lines: Collection[str], database: str, tables: Collection[str]) -> Hidden:
    """What the account may not see of a database; ``lines`` are those of SHOW GRANTS.

    Only these tell: ``information_schema`` leaves tables and columns out without a trace.
    """
    grants = [grant for line in lines if (grant := _read(_GRANT, line))]
    of_columns = [grant for line in lines if _OF_COLUMNS.search(line) and (grant := _read(_GRANT, line))]
    found = {grant.table for grant in of_columns if grant.database == database}.intersection(tables)
    is_revoked = any((revoked := _read(_REVOKED, line)) and revoked.database == database for line in lines)
    on_all = frozenset[str]().union(*(grant.rights for grant in grants if grant.database == "*"))
    if not (found or is_revoked) and (not grants or (on_all & _SHOWS_TABLES and "TRIGGER" in on_all)):
        return Hidden({})
    user, host = await _account(connection)
    is_literal = await _names_are_literal(connection)
    escaped = database if is_literal else _escaped(database)

    def allowed(*names: str) -> _Allowed:
        return _allowed(lines, f"{quote(user)}@{quote(host)}", database, names, is_literal=is_literal)

    def rights(*names: str) -> frozenset[str]:
        return allowed(*names).rights

    whose = f"TO {literal(user)}@{literal(host)}"
    columns = {
        name: f"GRANT SELECT ON {quote(database)}.{quote(name)} {whose}"
        for name in sorted(found)
        if not _SHOWS & rights(name)
    }
    every = "" if _SHOWS_TABLES & rights() else f"GRANT SELECT ON {quote(escaped)}.* {whose}"
    if "TRIGGER" in rights(*tables):
        return Hidden(columns, every)
    missing = _missing(allowed(*tables), database, escaped, f"{literal(user)}@{literal(host)}")
    return Hidden(columns, every, next(right.statement for right in missing if right.command == "check"))


def unseen_triggers(found: Hidden) -> str:
    """Why triggers may be there that the account does not see."""
    return f"the role may not see them ({found.triggers} would show them)"


def _escaped(database: str) -> str:
    """A database as a GRANT names it alone, where that is a pattern."""
    return re.sub(r"([%_\\])", r"\\\1", database)


async def _account(connection: Connection) -> tuple[str, str]:
    [(account,)] = await connection.fetch("SELECT current_user() AS account")
    user, _, host = str(account).rpartition("@")
    return user, host


async def _names_are_literal(connection: Connection) -> bool:
    """Whether the database of a GRANT is no pattern."""
    return any(value == "ON" for _, value in await connection.fetch("SHOW VARIABLES LIKE 'partial_revokes'"))


def _missing(allowed: _Allowed, database: str, escaped: str, account: str) -> Iterator[MissingRight]:
    """What is missing; the statements may be run in any order, one or all of them."""
    from pytest_schemadrift.dialects.base import MissingRight

    own = allowed.own
    place = own.database if own and own.database in (database, escaped) else escaped
    repeated = own.rights if own and own.database != place else frozenset[str]()

    def statement(rights: Iterable[str]) -> str:
        return f"GRANT {', '.join(sorted({*rights, *repeated}))} ON {quote(place)}.* TO {account}"

    unseen = [right for right in _CHECK if right not in allowed.rights]
    if unseen:
        words = " and ".join(_WORDS[right] for right in unseen)
        yield MissingRight("check", f"may not see {words} of {database}", statement(unseen))
    undone = [right for right in _APPLY if right not in allowed.rights]
    if undone:
        yield MissingRight("apply", f"has no right to {', '.join(undone)} in {database}", statement(undone))


def _allowed(
    lines: Collection[str], account: str, database: str, names: Collection[str], *, is_literal: bool
) -> _Allowed:
    """The rights on the whole database, and those that every one of its tables has by itself."""
    grants = [grant for line in lines if (grant := _read(_GRANT, line))]
    of_servers = [grant.rights for grant in grants if grant.database == "*"]
    matching = [grant for grant in grants if grant.table == "*" and _reaches(grant.database, database, is_literal)]
    counting = [
        max((grant for grant in matching if grant.to == to), key=lambda grant: _specific(grant.database))
        for to in sorted({grant.to for grant in matching})
    ]
    whole = frozenset().union(*of_servers, *(grant.rights for grant in counting))
    for line in lines:
        revoked = _read(_REVOKED, line)
        if revoked is not None and revoked.database == database:
            whole -= revoked.rights
    each = [
        frozenset().union(*(grant.rights for grant in grants if (grant.database, grant.table) == (database, name)))
        for name in names
    ]
    own = next((grant for grant in counting if grant.to == account), None)
    return _Allowed(whole | frozenset.intersection(*each) if each else whole, own)


def _read(pattern: re.Pattern[str], line: str) -> _Grant | None:
    """The rights of a line of SHOW GRANTS; those of single columns, which stand in parentheses, are not whole ones."""
    match = pattern.match(line)
    if match is None:
        return None
    whole = _OF_COLUMNS.sub("", match["rights"])
    rights = frozenset(right.strip() for right in whole.split(",")) - {""}
    if rights & {"ALL PRIVILEGES", "ALL"}:
        rights |= {*_CHECK, *_APPLY}
    return _Grant(rights - {"USAGE"}, _unquoted(match["db"]), _unquoted(match["table"]), match["to"])


def _unquoted(name: str) -> str:
    return name if name == "*" else name[1:-1].replace("``", "`")


def _reaches(pattern: str, database: str, is_literal: bool) -> bool:
    """Whether a GRANT on ``pattern`` is one on a database: ``_`` and ``%`` are wild there, unless ``is_literal``."""
    if pattern == database:
        return True
    if is_literal or pattern == "*":
        return False
    wild = {"%": ".*", "_": "."}
    text = "".join(wild.get(part) or re.escape(part[-1]) for part in re.findall(r"\\.|.", pattern, re.DOTALL))
    return re.fullmatch(text, database, re.DOTALL) is not None


def _specific(pattern: str) -> int:
    """The more of a pattern stands before its first wild character, the more specific it is."""
    match = re.search(r"(?<!\\)[%_]", pattern)
    return match.start() if match else len(pattern) + 1
