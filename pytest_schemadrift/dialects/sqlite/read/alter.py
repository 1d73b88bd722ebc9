"""Scripts with ALTER are resolved by SQLite itself, in memory: a rename reaches into views, triggers, expressions."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pytest_schemadrift.dialects.reader import TokenStream
from pytest_schemadrift.dialects.sqlite.names import fold
from pytest_schemadrift.dialects.sqlite.read.tokens import identifier, tokenize
from pytest_schemadrift.schema.model import Name, UnsupportedObject


def altered(streams: Sequence[TokenStream]) -> tuple[list[TokenStream], list[UnsupportedObject]]:
    """The statements that make what is left after a script with ALTER has run in an empty database in memory."""
    refused = []
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for stream in streams:
            if not (stream.at("CREATE") or stream.at("ALTER") or stream.at("DROP")):
                continue
            text = stream.raw(0, len(stream.tokens))
            try:
                connection.execute(text)
            except sqlite3.Error as error:
                refused.append(refusal(stream, f"SQLite answers: {error}"))
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
    finally:
        connection.close()
    return [TokenStream(text, tokenize(text)) for (text,) in rows], refused


def refusal(stream: TokenStream, reason: str) -> UnsupportedObject:
    """What could not be read, under the name that it has if it is one of the usual statements."""
    stream.position = 0
    words = [token.upper for token in stream.tokens[:4]]
    kind = next((word.lower() for word in ("TABLE", "INDEX", "VIEW", "TRIGGER") if word in words), "statement")
    name, table = "", None
    if kind != "statement":
        stream.position = words.index(kind.upper()) + 1
        _ = stream.accept("IF", "NOT", "EXISTS") or stream.accept("IF", "EXISTS")
        if not stream.done:
            name = own_name(stream)[0] or ""
        table = Name("", name) if kind == "table" and name else None
    return UnsupportedObject(kind, name, reason, stream.raw(0, len(stream.tokens)), table)


def own_name(stream: TokenStream) -> tuple[str | None, int]:
    """Read a name of the main database and the token index where it starts; ``None`` for another database's."""
    start = stream.position
    name = identifier(stream.next())
    if not stream.accept("."):
        return name, start
    start = stream.position
    own = identifier(stream.next())
    return (own if fold(name) == "main" else None), start
