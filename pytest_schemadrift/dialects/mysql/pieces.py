"""What an export needs beside tables and views: the routines that these call, and the modes of what has a body."""

from __future__ import annotations

import re
from collections import defaultdict

from pytest_schemadrift.dialects.base import Connection, Pieces, Place
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.names import literal, quote
from pytest_schemadrift.dialects.mysql.read.statements import open_version_comments
from pytest_schemadrift.dialects.mysql.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import QUOTED, WORD
from pytest_schemadrift.errors import DDLSyntaxError, StatementFailed
from pytest_schemadrift.schema.capabilities import ServerInfo

_DEFINER = re.compile(r"^CREATE DEFINER=(?:`(?:[^`]|``)*`|[^\s@]+)(?:@(?:`(?:[^`]|``)*`|\S+))? ")


async def pieces(connection: Connection, info: ServerInfo) -> Pieces:
    """The routines that views and triggers call, at any depth, and what a session has to set for which statement.

    A view needs its functions to be made, a body needs nothing before it runs. Tables in the server's own words name
    each other in any order, which it takes without the checks of foreign keys alone. Raises ``StatementFailed``.
    """
    rows = [(str(kind), str(name), str(body or "")) for kind, name, body in await connection.fetch(query("callers"))]
    routines: dict[str, list[Place]] = defaultdict(list)
    for kind, name, _ in rows:
        if kind in ("function", "procedure"):
            routines[name.lower()].append(Place(kind, name))
    needs: dict[Place, tuple[Place, ...]] = {}
    for kind, name, body in rows if routines else ():
        place = Place(kind if kind in ("function", "procedure") else "relation", name)
        called = {routine for word in _words(body, info) & routines.keys() for routine in routines[word]}
        needs[place] = tuple(sorted({*called, *needs.get(place, ())} - {place}))
    [(usual,)] = await connection.fetch("SELECT @@GLOBAL.sql_mode")
    modes = {Place("trigger", str(name)): str(mode) for name, mode in await connection.fetch(query("trigger_modes"))}
    turns = tuple(modes)
    texts: dict[Place, str] = {}
    for place in sorted(_reached(needs)):
        texts[place], modes[place] = await _definition(connection, place)
    missing = frozenset(place for place, text in texts.items() if not text)
    views = {Place("relation", name) for kind, name, _ in rows if kind == "view"}
    return Pieces(
        {place: text for place, text in texts.items() if text},
        {
            place: of if place in views else tuple(item for item in of if item not in missing)
            for place, of in needs.items()
        },
        missing=missing,
        around={place: _in_mode(literal(mode)) for place, mode in modes.items() if mode != usual},
        around_if_set={place: _in_mode("DEFAULT") for place, mode in modes.items() if mode == usual},
        turns=turns,
        around_own_words=("SET foreign_key_checks = 0", "SET foreign_key_checks = DEFAULT"),
        around_keys=("SET restrict_fk_on_non_standard_key = OFF", "SET restrict_fk_on_non_standard_key = DEFAULT"),
    )


def _words(body: str, info: ServerInfo) -> set[str]:
    try:
        tokens = tokenize(open_version_comments(body, info))
    except DDLSyntaxError:  # a text of another mode
        return {word.lower() for word in re.findall(r"[\w$]+", body)}
    return {token.text.lower() for token in tokens if token.kind in (WORD, QUOTED)}


def _reached(needs: dict[Place, tuple[Place, ...]]) -> set[Place]:
    """The routines that a view or a trigger calls, itself or through others."""
    waiting = [place for place in needs if place.kind == "relation"]
    found: set[Place] = set()
    while waiting:
        more = set(needs.get(waiting.pop(), ())) - found
        found |= more
        waiting += more
    return found


async def _definition(connection: Connection, place: Place) -> tuple[str, str]:
    """The statement that makes a routine, without its definer, and its mode; empty where the role may not see it."""
    try:
        rows = await connection.fetch(f"SHOW CREATE {place.kind.upper()} {quote(place.name)}")
    except StatementFailed:
        return "", ""
    _, mode, text, *_ = rows[0]
    return _DEFINER.sub("CREATE ", str(text or ""), count=1), str(mode)


def _in_mode(mode: str) -> tuple[str, str]:
    """The statements around one that is to be read, and run, under another mode than that of a session."""
    return (
        f"SET @sql_mode_before = @@sql_mode, sql_mode = {mode}",
        "SET sql_mode = @sql_mode_before",
    )
