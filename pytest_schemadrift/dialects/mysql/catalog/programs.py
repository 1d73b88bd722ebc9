"""Triggers, routines, events and views of other databases that use what a plan takes away.

MySQL and MariaDB look at their bodies when they run and not before, so that a column which goes, or gets another name,
breaks them for the application (errors 1054, 1136, 1146, 1356), and nothing says so at the time of the change. Bodies
are read here as tokens: a name counts where the statement that it stands in also names its table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pytest_schemadrift.dialects.base import Connection, LeftOut, Standing
from pytest_schemadrift.dialects.mysql.catalog.keys_elsewhere import keys_elsewhere
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.catalog.unions import unions_over
from pytest_schemadrift.dialects.mysql.catalog.written import as_written
from pytest_schemadrift.dialects.mysql.read.statements import open_version_comments
from pytest_schemadrift.dialects.mysql.read.tokens import tokenize
from pytest_schemadrift.dialects.mysql.rights import grants_of_session, hidden, unseen_triggers
from pytest_schemadrift.dialects.reader import QUOTED, WORD, Token
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name


@dataclass(frozen=True, slots=True)
class _Gone:
    """A table of the default database that goes (``column`` is empty), or a column of it, or its number of columns."""

    table: str
    column: str = ""
    counts: bool = False

    def __str__(self) -> str:
        return f"{self.table}.{self.column}" if self.column else self.table


async def standing(connection: Connection, info: ServerInfo, changes: Sequence[c.Change]) -> Standing:
    """What would break with these changes (triggers, views of other databases), and what may (routines, events)."""
    gone = list(dict.fromkeys(_gone(changes)))
    broken: dict[str, None] = {}
    named: dict[str, LeftOut] = {}
    if tables := {item.table for item in gone if not item.counts}:
        named = {item.what: item for item in await _untold(connection, info, tables)}
    for table in sorted({item.table for item in gone}):
        pattern = "%" + table.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        for kind, database, name, owner, body in await connection.fetch(query("programs"), *[pattern] * 4):
            parts = [item for item in gone if item.table == table]
            own = str(database).lower() == info.database.lower()
            text = await as_written(connection, str(kind), str(database), str(name), str(body))
            used = _used(text, parts, info, own=own)
            if used is None:
                continue
            label = f"{kind} {name}" if own else f"{kind} {database}.{name}"
            label += f" of {owner}" if owner else ""
            how = f"inserts into {used} without naming columns" if used.counts else f"names {used}"
            if kind in ("trigger", "view"):
                broken.setdefault(f"{label} (it {how})")
            else:
                named.setdefault(label, LeftOut(label, f"its text {how}, and is read when it runs"))
    in_the_way = await keys_elsewhere(connection, info, changes)
    in_the_way += await unions_over(connection, changes)
    return Standing(tuple(broken), tuple(named.values()), tuple(in_the_way))


async def _untold(connection: Connection, info: ServerInfo, tables: Collection[str]) -> list[LeftOut]:
    """What may use the tables and does not show its text to this account."""
    unseen = await hidden(connection, await grants_of_session(connection), info.database, tables)
    triggers = [LeftOut(f"triggers of {info.database}", unseen_triggers(unseen))] if unseen.triggers else []
    rows = await connection.fetch(query("untold"))
    return [*triggers, *(LeftOut(f"{kind} {name}", "the role may not see its text") for kind, name in rows)]


def _gone(changes: Sequence[c.Change]) -> Iterator[_Gone]:
    befores: dict[Name, Name] = {change.new: change.old for change in changes if isinstance(change, c.RenameTable)}
    for change in (part for whole in changes for part in c.simple_changes(whole)):
        match change:
            case c.RenameTable() if not change.old.schema:
                yield _Gone(change.old.name)
            case c.DropTable() if not change.table.name.schema:
                yield _Gone(befores.get(change.table.name, change.table.name).name)
            case c.RenameColumn() if not change.table.schema:
                yield _Gone(befores.get(change.table, change.table).name, change.old)
            case c.DropColumn() if not change.table.schema:
                yield _Gone(befores.get(change.table, change.table).name, change.column.name)
                yield _Gone(befores.get(change.table, change.table).name, counts=True)
            case c.AddColumn() if not change.table.schema:
                yield _Gone(befores.get(change.table, change.table).name, counts=True)
            case _:  # only what is gone by its name, or counted, breaks a program
                continue


def _used(body: str, gone: Sequence[_Gone], info: ServerInfo, *, own: bool) -> _Gone | None:
    """The first of ``gone`` that a body uses; in another database a table counts only with its database's name."""
    try:
        tokens = tokenize(open_version_comments(body, info))
    except DDLSyntaxError:
        return None
    for statement in _statements(tokens):
        names = _names_of(statement, gone[0].table, info.database, own=own)
        if not names:
            continue
        for item in gone:
            if item.counts:
                if _inserts_blindly(statement, item.table):
                    return item
            elif not item.column or _names_column(statement, item, names):
                return item
    return None


def _statements(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    start = 0
    for place, token in enumerate(tokens):
        if token.upper == ";":
            yield tokens[start:place]
            start = place + 1
    yield tokens[start:]


_NO_ALIAS = frozenset(
    """AS CROSS FOR FORCE FROM GROUP HAVING IGNORE INNER JOIN LEFT LIMIT LOCK NATURAL ON ORDER PARTITION RIGHT SELECT
    SET STRAIGHT_JOIN UNION USE USING VALUE VALUES WHERE WINDOW WITH BEGIN END THEN DO""".split()  # noqa: SIM905
)


def _names_of(statement: Sequence[Token], table: str, database: str, *, own: bool) -> set[str]:
    """What a statement calls the table, aliases included; nothing where it does not use it."""
    found: set[str] = set()
    for place, token in enumerate(statement):
        following = _upper(statement, place + 1)
        if not _is(token, table) or following == "." or (following == "(" and not _is_target(statement, place)):
            continue
        if _upper(statement, place - 1) == ".":
            if place < 2 or not _is(statement[place - 2], database):
                continue
        elif not own or _upper(statement, place - 1) == "@":
            continue
        found.add(table.lower())
        after = place + 1 + (_upper(statement, place + 1) == "AS")
        alias = statement[after] if after < len(statement) else None
        if alias is not None and alias.kind in (WORD, QUOTED) and alias.upper not in _NO_ALIAS:
            found.add(alias.text.lower())
    return found


def _is(token: Token, name: str) -> bool:
    return token.kind in (WORD, QUOTED) and token.text.lower() == name.lower()


def _upper(statement: Sequence[Token], place: int) -> str:
    return statement[place].upper if 0 <= place < len(statement) else ""


def _is_target(statement: Sequence[Token], place: int) -> bool:
    """Whether a name is that of the table which an INSERT or REPLACE fills."""
    while _upper(statement, place - 1) == ".":
        place -= 2
    return _upper(statement, place - 1) in ("INTO", "INSERT", "REPLACE", "IGNORE")


def _inserts_blindly(statement: Sequence[Token], table: str) -> bool:
    """``INSERT INTO t VALUES``, ``INSERT INTO t SELECT``: the number of columns counts."""
    return any(
        _is(token, table)
        and _is_target(statement, place)
        and (
            _upper(statement, place + 1) in ("VALUES", "VALUE", "SELECT", "WITH")
            or (_upper(statement, place + 1) == "(" and _upper(statement, place + 2) in (")", "SELECT", "WITH"))
        )
        for place, token in enumerate(statement)
    )


def _names_column(statement: Sequence[Token], gone: _Gone, names: set[str]) -> bool:
    others = _columns_of_others(statement, gone.table)
    for place, token in enumerate(statement):
        if not _is(token, gone.column) or place in others or _upper(statement, place + 1) in (".", "("):
            continue
        if _upper(statement, place - 1) == ".":
            if place > 1 and statement[place - 2].text.lower() in names:
                return True
        elif _upper(statement, place - 1) != "@":
            return True
    return False


def _columns_of_others(statement: Sequence[Token], table: str) -> range:
    """The places of the columns that an INSERT into another table lists."""
    for place, token in enumerate(statement):
        if token.kind in (WORD, QUOTED) and _upper(statement, place + 1) == "(" and _is_target(statement, place):
            if _is(token, table):
                break
            end = next((at for at in range(place, len(statement)) if _upper(statement, at) == ")"), len(statement))
            return range(place, end)
    return range(0)
