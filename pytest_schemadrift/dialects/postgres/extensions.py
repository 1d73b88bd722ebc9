"""The extensions that models need and never name: those of their columns' types, operator classes and functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.schema.model import Schema, Table

_TYPES = {
    "vector": "vector",
    "halfvec": "vector",
    "sparsevec": "vector",
    "citext": "citext",
    "hstore": "hstore",
    "ltree": "ltree",
    "cube": "cube",
    "seg": "seg",
    "isbn": "isn",
    "isbn13": "isn",
    "ean13": "isn",
    "geometry": "postgis",
    "geography": "postgis",
    "raster": "postgis_raster",
}
_OPERATOR_CLASSES = {"gin_trgm_ops": "pg_trgm", "gist_trgm_ops": "pg_trgm"}
_FUNCTIONS = {
    **dict.fromkeys(("uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4"), "uuid-ossp"),
    **dict.fromkeys(("gen_random_uuid", "gen_random_bytes", "gen_salt"), "pgcrypto"),
}
_EXISTS = """
    SELECT w FROM pg_catalog.unnest($1::text[]) AS w
     WHERE EXISTS (SELECT FROM pg_catalog.pg_type WHERE typname = w)
        OR EXISTS (SELECT FROM pg_catalog.pg_opclass WHERE opcname = w)
        OR EXISTS (SELECT FROM pg_catalog.pg_proc WHERE proname = w)
"""


async def missing_extensions(connection: Connection, schema: Schema) -> tuple[str, ...]:
    """The extensions that would give this database what ``schema`` uses and it does not have; mostly no query.

    What the database has under such a name, whoever made it, needs no extension.
    """
    needed = {word: extension for table in schema.tables for word, extension in _needs(table)}
    if not needed:
        return ()
    there = {str(word) for (word,) in await connection.fetch(_EXISTS, sorted(needed))}
    return tuple(sorted({extension for word, extension in needed.items() if word not in there}))


def _needs(table: Table) -> Iterator[tuple[str, str]]:
    for column in table.columns:
        yield from _known(re.match(r"\w*", column.type.replace('"', "")), _TYPES)
        if column.default is not None:
            for word in re.finditer(r"\w+(?=\()", column.default.sql):
                yield from _known(word, _FUNCTIONS)
    for index in table.indexes:
        for part in index.parts:
            yield from _known(re.match(r"\w*", part.opclass or ""), _OPERATOR_CLASSES)


def _known(word: re.Match[str] | None, extensions: dict[str, str]) -> Iterator[tuple[str, str]]:
    name = word[0].lower() if word else ""
    if name in extensions:
        yield name, extensions[name]
