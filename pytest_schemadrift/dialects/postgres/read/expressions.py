"""Expressions: read into small trees, so that what the server adds when it prints one can be taken away again.

The server prints ``status IN ('a', 'b')`` as ``((status)::text = ANY ((ARRAY['a'::character varying,
'b'::character varying])::text[]))``, and prints that text, fed back, differently again (P15, P16). ``key_of`` gives
one text for all of these. It undoes only what is sure: each rule says why both spellings mean the same on every
server. What is not understood keeps the plain key of its tokens, and is then at worst suspected of being different.
"""

from __future__ import annotations

from functools import lru_cache

from pytest_schemadrift.dialects.postgres.names import lower
from pytest_schemadrift.dialects.postgres.read.grammar import read
from pytest_schemadrift.dialects.postgres.read.simplify import plain_name, simplify
from pytest_schemadrift.dialects.postgres.read.tokens import tokenize
from pytest_schemadrift.dialects.postgres.read.tree import Columns, text_of
from pytest_schemadrift.dialects.reader import expression_key
from pytest_schemadrift.schema.model import Expression


def expression_of(sql: str, columns: Columns, default_schema: str) -> Expression:
    """An expression of a table: a CHECK, an index key or predicate, a generated column."""
    return Expression(sql, key_of(sql, columns, default_schema))


def key_of(sql: str, columns: Columns, default_schema: str) -> str:
    """The comparable text of an expression; ``columns`` are those of its table."""
    names = _names(sql, default_schema)
    return _key_of(sql, default_schema, tuple((name, columns[name]) for name in names if name in columns))


@lru_cache(maxsize=4096)
def _key_of(sql: str, default_schema: str, columns: tuple[tuple[str, str], ...]) -> str:
    tree = read(sql, default_schema)
    return plain_key(sql) if tree is None else text_of(simplify(tree, dict(columns)))


@lru_cache(maxsize=4096)
def _names(sql: str, default_schema: str) -> tuple[str, ...]:
    """The names in an expression: of all columns, only their types can change what it means."""
    tree = read(sql, default_schema)
    found: dict[str, None] = {}
    waiting = [tree] if tree else []
    while waiting:
        node = waiting.pop()
        if node.kind == "name":
            found[plain_name(node.text)] = None
        waiting.extend(node.parts)
    return tuple(found)


def plain_key(sql: str) -> str:
    """The comparable text of what has no tree: its tokens."""
    return expression_key(tokenize(sql), fold_identifier=lower)
