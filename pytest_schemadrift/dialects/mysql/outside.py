"""What a statement could reach beyond its own database, and what it needs of the live one to run in another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.enclosure import Enclosure, Needed, Trigger
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.connection import READ_OTHERWISE
from pytest_schemadrift.dialects.mysql.engines import ON_OTHER_SERVERS
from pytest_schemadrift.dialects.mysql.names import quote
from pytest_schemadrift.dialects.mysql.read.statements import open_version_comments
from pytest_schemadrift.dialects.mysql.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import QUOTED, STRING, WORD, Token
from pytest_schemadrift.errors import DDLSyntaxError, StatementFailed, Unsupported
from pytest_schemadrift.schema.capabilities import ServerInfo

_HEADS = frozenset(
    """ALTER ANALYZE BEGIN COMMIT CREATE DELETE DROP INSERT OPTIMIZE RENAME REPLACE ROLLBACK SELECT SET START TRUNCATE
    UPDATE WITH""".split()  # noqa: SIM905
)
"""What a statement that shapes or fills one database begins with."""
_WHOLE_SERVER = frozenset(
    {
        *("DATABASE", "EVENT", "INSTANCE", "LOGFILE", "REFERENCE", "RESOURCE", "ROLE", "SCHEMA", "SERVER"),
        *("TABLESPACE", "USER"),
    }
)
_CALLS = frozenset(("LOAD_FILE", "GET_LOCK", "RELEASE_LOCK", "RELEASE_ALL_LOCKS", "SLEEP", "BENCHMARK"))
"""Functions that read the server's files, hold or free locks of the whole server, or only take time."""
_WORDS = ("OUTFILE", "DUMPFILE", "GLOBAL", "PERSIST", "PERSIST_ONLY", "DIRECTORY", "TABLESPACE")
_SUSPICIOUS = re.compile(rf"\b(?:{'|'.join((*_CALLS, *ON_OTHER_SERVERS, *_WORDS))})\b", re.IGNORECASE)
_OWN_FILE = "INNODB_FILE_PER_TABLE"
"""The tablespace that is a file of the table alone, in the folder of its database."""
_OPTIONS_OF_ALTER = 3
"""Where they begin: ``ALTER TABLE name``; a column of such a name stands behind ADD or MODIFY."""
_SEQUENCES = re.compile(r"\b(?:nextval|lastval|setval)\s*\(|\b(?:next|previous)\s+value\s+for\b", re.IGNORECASE)
_KINDS = frozenset(("TABLE", "VIEW", "TRIGGER", "FUNCTION", "PROCEDURE", "INDEX", "SEQUENCE"))
_READABLE = frozenset(("information_schema",))
"""Databases whose reading changes nothing."""


async def enclosed(scratch: Connection, live: Connection, info: ServerInfo) -> Enclosure:
    """``scratch``, whose default database is an empty one, so that nothing leaves that database."""
    [(own,)] = await scratch.fetch("SELECT database() AS own")
    # Those of both servers, where they are two: what names another database of the live one is not to be tried here.
    both = [*await scratch.fetch("SHOW DATABASES"), *await live.fetch("SHOW DATABASES")]
    names = {str(name).lower() for (name,) in both}
    guard = _Guard(scratch, info, frozenset(names - {str(own).lower(), *_READABLE}))
    lender = _Lender(live, info)
    return Enclosure(
        scratch,
        guard.check,
        lender.needs,
        lambda sql: as_trigger(sql, info),
        excuse=lender.other_mode_of,
        moved=lambda trigger: _moved(trigger, scratch, info),
    )


class _Guard:
    """Looks at statements; ``others`` are the names of the server's other databases in lower case."""

    def __init__(self, connection: Connection, info: ServerInfo, others: frozenset[str]) -> None:
        self.connection, self.info, self.others = connection, info, others
        self.objects: dict[str, set[str]] = {}
        spellings = {re.escape(spelling) for name in others for spelling in (name, name.replace("`", "``"))}
        self.quick = re.compile(rf"(?<![\w$])(?:{'|'.join(sorted(spellings))})`?\s*(?:\.|/\*|--|\#)", re.IGNORECASE)

    async def check(self, sql: str) -> None:
        """Raise ``Unsupported`` where the statement names another database, or something that is the whole server's."""
        text = open_version_comments(sql, self.info)
        suspicious = _SUSPICIOUS.search(text) or (self.others and self.quick.search(text))
        if not suspicious and _harmless_head(text):
            return
        try:
            tokens = tokenize(text)
        except DDLSyntaxError as error:
            raise Unsupported(f"not tried in a scratch database: {error.what}", sql=sql) from None
        found = _reaches(tokens) or await self._named(tokens)
        if found:
            raise Unsupported(f"{subject_of(tokens)} {found}", sql=sql)

    async def _named(self, tokens: Sequence[Token]) -> str:
        bare = {token.text.lower() for _, token in _identifiers(tokens, followed_by_dot=False)}
        for place, token in _identifiers(tokens, followed_by_dot=True):
            name = token.text.lower()
            if name not in self.others:
                continue
            three = place + 3 < len(tokens) and tokens[place + 3].upper == "."
            after = tokens[place + 2].text.lower() if place + 2 < len(tokens) else ""
            if three or name not in bare or after in await self._objects_of(name):
                return f"names another database ({token.text})"
        return ""

    async def _objects_of(self, database: str) -> set[str]:
        """What could be meant by ``database.name``, where ``database`` is also the name of a table or an alias."""
        if database not in self.objects:
            rows = await self.connection.fetch(query("objects"), database, database)
            self.objects[database] = {str(name).lower() for (name,) in rows}
        return self.objects[database]


def _harmless_head(text: str) -> bool:
    """Whether the first words alone tell that a statement shapes or fills one database; mostly they do."""
    head = [word.upper() for word in re.findall(r"[A-Za-z_]+", text[:400])[:12]]
    return bool(head) and text.lstrip()[:1].isalpha() and head[0] in _HEADS and not _WHOLE_SERVER & set(head)


def _identifiers(tokens: Sequence[Token], *, followed_by_dot: bool) -> Iterator[tuple[int, Token]]:
    """The names that no dot stands before, with their places."""
    for place, token in enumerate(tokens):
        if token.kind not in (WORD, QUOTED) or (place and tokens[place - 1].upper == "."):
            continue
        dotted = place + 1 < len(tokens) and tokens[place + 1].upper == "."
        if dotted == followed_by_dot:
            yield place, token


def _reaches(tokens: Sequence[Token]) -> str:
    """What in a statement is not of its own database alone, in words."""
    words = [token.upper for token in tokens]
    if not words or words[0] not in _HEADS:
        return f"begins with {words[0] if words else 'nothing'}, which is not tried in a scratch database"
    if words[0] in ("ALTER", "CREATE", "DROP", "RENAME") and _kind(words) in _WHOLE_SERVER:
        return f"is of the whole server ({_kind(words)})"
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if word in _CALLS and following == "(":
            return f"calls {word}"
        if word in ("OUTFILE", "DUMPFILE") and place and words[place - 1] == "INTO":
            return "writes a file of the server"
        if word == "ENGINE":
            at = place + 1 + (following == "=")
            engine = tokens[at].text if at < len(tokens) else ""
            if engine.strip("'\"").upper() in ON_OTHER_SERVERS:
                return f"keeps its rows elsewhere (ENGINE = {engine})"
        if word in ("GLOBAL", "PERSIST", "PERSIST_ONLY") and place and words[place - 1] in ("SET", "@@", "@", ","):
            return "sets a variable of the whole server"
    return _place_of_files(tokens, words)


def _place_of_files(tokens: Sequence[Token], words: Sequence[str]) -> str:
    """Where a table would lie in files that tables of the live database may have, in words.

    The options stand behind the columns, and those of partitions in the parentheses behind PARTITION BY.
    """
    if words[0] not in ("ALTER", "CREATE") or _kind(words) != "TABLE":
        return ""
    depth, in_partitions = 0, False
    for place, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word, 0)
        in_partitions = in_partitions or words[place : place + 2] == ["PARTITION", "BY"]
        given = place + 1 < len(words) and words[place + 1] == "="
        at = place + 1 + given
        if word not in ("DIRECTORY", "TABLESPACE") or at >= len(tokens) or (depth and not in_partitions):
            continue
        value = tokens[at]
        if word == "DIRECTORY" and words[place - 1] in ("DATA", "INDEX") and value.kind == STRING:
            return f"has its files elsewhere ({words[place - 1]} DIRECTORY)"
        begins = given or words[0] == "CREATE" or place == _OPTIONS_OF_ALTER or words[place - 1] == ","
        if word == "TABLESPACE" and begins and value.kind in (WORD, QUOTED) and value.upper != _OWN_FILE:
            return f"lies in a tablespace of the whole server ({value.text})"
    return ""


def _kind(words: Sequence[str]) -> str:
    """The kind of object that a CREATE, ALTER or DROP is about."""
    return next((word for word in words[1:12] if word in _KINDS or word in _WHOLE_SERVER), "")


def subject_of(tokens: Sequence[Token]) -> str:
    """``trigger x of t``, ``table t``: what a statement is about, for a sentence."""
    words = [token.upper for token in tokens]
    for place, word in enumerate(words[:12]):
        if word in _KINDS:
            rest = place + 1
            while rest < len(words) and words[rest] in ("IF", "NOT", "EXISTS"):
                rest += 1
            name, after = _name_at(tokens, rest)
            if word == "TRIGGER" and "ON" in words[after:]:
                table, _ = _name_at(tokens, words.index("ON", after) + 1)
                return f"trigger {name} of {table}"
            return f"{word.lower()} {name}"
    return "a statement"


def _name_at(tokens: Sequence[Token], place: int) -> tuple[str, int]:
    """A name's last part, and the place after it."""
    while place + 2 < len(tokens) and tokens[place + 1].upper == ".":
        place += 2
    return (tokens[place].text if place < len(tokens) else ""), place + 1


def as_trigger(sql: str, info: ServerInfo) -> Trigger | None:
    """The parts of a statement that creates a trigger, ``None`` for any other."""
    if "TRIGGER" not in sql[:600].upper():
        return None
    text = open_version_comments(sql, info)  # every offset stays
    try:
        tokens = tokenize(text)
    except DDLSyntaxError:
        return None
    words = [token.upper for token in tokens]
    if words[:1] != ["CREATE"] or "TRIGGER" not in words[:12]:
        return None
    for place in range(len(words) - 3):
        if words[place : place + 3] == ["FOR", "EACH", "ROW"]:
            body = place + 3
            if words[body] in ("FOLLOWS", "PRECEDES"):
                body = _name_at(tokens, body + 1)[1]
            start = words.index("TRIGGER") + 1
            while words[start] in ("IF", "NOT", "EXISTS"):
                start += 1
            name = _name_at(tokens, start)[0]
            stub = f"{text[: tokens[body].start]}BEGIN END" if body < len(tokens) else sql
            return Trigger(subject_of(tokens), name, stub, f"DROP TRIGGER {quote(name)}", sql)
    return None


async def _moved(trigger: Trigger, scratch: Connection, info: ServerInfo) -> Trigger:
    """A trigger stays with its table when that gets another name, which stands in its statement from then on."""
    found = await scratch.fetch(
        "SELECT event_object_table FROM information_schema.triggers WHERE trigger_schema = database() "
        "AND trigger_name = %s",
        trigger.name,
    )
    text = open_version_comments(trigger.sql, info)
    tokens = tokenize(text)
    words = [token.upper for token in tokens]
    place = next((place for place in range(len(words) - 3) if words[place : place + 3] == ["FOR", "EACH", "ROW"]), 0)
    if not found or not place:
        return trigger
    table = tokens[place - 1]
    return replace(trigger, sql=f"{text[: table.start]}{quote(str(found[0][0]))}{text[table.end :]}")


class _Lender:
    """Gives a scratch database what its views and defaults call: functions in outline, sequences as they are."""

    def __init__(self, live: Connection, info: ServerInfo) -> None:
        self.live, self.info = live, info
        self._functions: dict[str, str] | None = None

    async def other_mode_of(self, trigger: Trigger) -> str:
        """That a trigger was made under a mode in which the server reads its text otherwise than here."""
        modes = await self.live.fetch(
            "SELECT sql_mode FROM information_schema.triggers WHERE event_object_schema = database() "
            "AND trigger_name = %s",
            trigger.name,
        )
        known = {mode for (modes,) in modes for mode in str(modes).split(",")}
        found = sorted(known & READ_OTHERWISE)
        return f"its sql_mode is another one ({', '.join(found)})" if found else ""

    async def needs(self, sql: str) -> list[Needed]:
        """The functions that a view calls, the sequences that a default of MariaDB asks."""
        found: list[Needed] = []
        if re.match(r"\s*CREATE\b.{0,200}?\bVIEW\b", sql, re.IGNORECASE | re.DOTALL):
            functions = await self._outlines()
            called = {name.lower() for name in _called(sql)} if functions else set()
            found += [Needed(f"function {name}", functions[name]) for name in sorted(called & functions.keys())]
        if self.info.dialect == "mariadb" and _SEQUENCES.search(sql):
            found += [item for name in _sequences_in(sql) if (item := await self._sequence(name))]
        return found

    async def _outlines(self) -> dict[str, str]:
        """What creates each function of the live database without its body: a view is checked, and not read."""
        if self._functions is None:
            parameters: dict[str, list[str]] = {}
            returns: dict[str, str] = {}
            for name, place, parameter, type_, charset, collation in await self.live.fetch(query("functions")):
                full = f"{type_} CHARACTER SET {charset} COLLATE {collation}" if charset else str(type_)
                if place:
                    parameters.setdefault(name, []).append(f"{quote(parameter)} {full}")
                else:
                    returns[name] = full
            self._functions = {
                str(name).lower(): f"CREATE FUNCTION {quote(name)}({', '.join(parameters.get(name, []))}) "
                f"RETURNS {full} DETERMINISTIC NO SQL RETURN NULL"
                for name, full in returns.items()
            }
        return self._functions

    async def _sequence(self, name: str) -> Needed | None:
        try:
            rows = await self.live.fetch(f"SHOW CREATE SEQUENCE {quote(name)}")
        except StatementFailed:
            return None  # not of this database: the statement that asks it says so
        return Needed(f"sequence {name.lower()}", str(rows[0][1]), known_as=("sequence", str(rows[0][0])))


def _called(sql: str) -> Iterator[str]:
    tokens = tokenize(sql)
    for token, following in pairwise(tokens):
        if token.kind in (WORD, QUOTED) and following.upper == "(":
            yield token.text


def _sequences_in(sql: str) -> set[str]:
    """The unqualified names in ``nextval(name)`` and ``NEXT VALUE FOR name``."""
    tokens = tokenize(sql)
    words = [token.upper for token in tokens]
    found = set()
    for place, word in enumerate(words):
        start = 0
        if word in ("NEXTVAL", "LASTVAL", "SETVAL") and words[place + 1 : place + 2] == ["("]:
            start = place + 2
        elif words[place : place + 3] in (["NEXT", "VALUE", "FOR"], ["PREVIOUS", "VALUE", "FOR"]):
            start = place + 3
        if start and start < len(tokens) and words[start + 1 : start + 2] != ["."]:
            found.add(tokens[start].text)
    return found
