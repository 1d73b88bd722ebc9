"""The extensions that models need and never name: those of their types, operator classes, access methods, functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.postgres.read.indexes import exclusion_index
from pytest_schemadrift.schema.model import Expression, Index, Schema, Table

_Need = tuple[str, str]
"""The kind of a thing and its name; of a default operator class, the access method and the type."""

_TYPES = """
    citext: citext
    cube: cube
    earthdistance: earth
    hll: hll
    hstore: hstore
    intarray: query_int
    ip4r: ip4 ip4r ip6 ip6r ipaddress iprange
    isn: ean13 isbn isbn13 ismn ismn13 issn issn13 upc
    lo: lo
    ltree: lquery ltree ltxtquery
    postgis: box2d box3d geography geometry
    postgis_raster: raster
    postgis_topology: topogeometry
    prefix: prefix_range
    roaringbitmap: roaringbitmap
    seg: seg
    semver: semver semverrange
    vector: halfvec sparsevec vector
"""
# Those of the extensions' own types are not here: their columns say what is needed.
_OPERATOR_CLASSES = """
    btree_gist: gist_bit_ops gist_bool_ops gist_bpchar_ops gist_bytea_ops gist_cash_ops gist_cidr_ops gist_date_ops
        gist_enum_ops gist_float4_ops gist_float8_ops gist_inet_ops gist_int2_ops gist_int4_ops gist_int8_ops
        gist_interval_ops gist_macaddr8_ops gist_macaddr_ops gist_numeric_ops gist_oid_ops gist_text_ops gist_time_ops
        gist_timestamp_ops gist_timestamptz_ops gist_timetz_ops gist_uuid_ops gist_vbit_ops
    intarray: gin__int_ops gist__int_ops gist__intbig_ops
    pg_trgm: gin_trgm_ops gist_trgm_ops
    vector: bit_hamming_ops bit_jaccard_ops
"""
_METHODS = "bloom: bloom\n vector: hnsw ivfflat"
_FUNCTIONS = """
    cube: cube
    earthdistance: earth_box earth_distance ll_to_earth
    fuzzystrmatch: daitch_mokotoff difference dmetaphone levenshtein metaphone soundex
    hll: hll_empty
    hstore: hstore
    intarray: icount sort_asc sort_desc subarray uniq
    ltree: index lca ltree2text nlevel subltree subpath text2ltree
    pg_trgm: similarity strict_word_similarity word_similarity
    pgcrypto: armor crypt dearmor decrypt digest encrypt gen_random_bytes gen_random_uuid gen_salt hmac
    roaringbitmap: rb_build
    unaccent: unaccent
    uuid-ossp: uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5 uuid_nil
        uuid_ns_dns uuid_ns_oid uuid_ns_url uuid_ns_x500
    vector: binary_quantize cosine_distance inner_product l1_distance l2_distance l2_norm l2_normalize subvector
        vector_dims vector_norm
"""
_OF_POSTGIS = re.compile(r"st_\w+")
_DEFAULT_CLASSES = {"gist": "btree_gist", "gin": "btree_gin"}
"""Access methods that take plain types where an extension gives them the operator classes for these."""
_PLAIN = frozenset(
    (
        *("smallint", "integer", "bigint", "real", "double precision", "numeric", "money", "oid", "uuid", "boolean"),
        *("text", "character varying", "character", "bytea", "bit", "bit varying"),
        *("inet", "cidr", "macaddr", "macaddr8", "interval", "date"),
        *("timestamp with time zone", "timestamp without time zone", "time with time zone", "time without time zone"),
    )
)
_STANDS_FOR = {"character varying": "text", "cidr": "inet"}
"""Types without an operator class of their own: that of another type is taken (P56: from 19 on ``inet`` has one)."""
_WITHOUT_OVERLAPS = ("without_overlaps", "yes")
_EXISTS = """
    WITH asked (word, kind, name) AS (
        SELECT w, pg_catalog.split_part(w, ' ', 1), pg_catalog.substr(w, pg_catalog.strpos(w, ' ') + 1)
          FROM pg_catalog.unnest($1::text[]) AS w
    )
    SELECT word::text
      FROM asked
     WHERE CASE kind
           WHEN 'type' THEN EXISTS (SELECT FROM pg_catalog.pg_type WHERE typname = name)
           WHEN 'class' THEN EXISTS (SELECT FROM pg_catalog.pg_opclass WHERE opcname = name)
           WHEN 'method' THEN EXISTS (SELECT FROM pg_catalog.pg_am WHERE amname = name)
           WHEN 'function' THEN EXISTS (SELECT FROM pg_catalog.pg_proc WHERE proname = name)
           ELSE EXISTS (SELECT FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_am a ON a.oid = o.opcmethod
                         WHERE a.amname = kind AND o.opcdefault
                           AND pg_catalog.format_type(o.opcintype, NULL) = name) END
"""


def _table(kind: str, text: str) -> dict[_Need, str]:
    lines = re.findall(r"([\w-]+):([^:]*?)(?=\s+[\w-]+:|\s*$)", text)
    return {(kind, name): extension for extension, names in lines for name in names.split()}


_KNOWN: Mapping[_Need, str] = {
    **_table("type", _TYPES),
    **_table("class", _OPERATOR_CLASSES),
    **_table("method", _METHODS),
    **_table("function", _FUNCTIONS),
}


async def missing_extensions(connection: Connection, schema: Schema) -> tuple[str, ...]:
    """The extensions that would give this database what ``schema`` uses and it does not have; mostly no query.

    What the database has under such a name, whoever made it, needs no extension.
    """
    found = {need: _extension(need) for table in schema.tables for need in _needs(table)}
    needed = {need: extension for need, extension in found.items() if extension}
    if not needed:
        return ()
    there = {word for (word,) in await connection.fetch(_EXISTS, sorted(map(" ".join, needed)))}
    return tuple(sorted({extension for need, extension in needed.items() if " ".join(need) not in there}))


def _extension(need: _Need) -> str:
    """The extension that has a thing; empty for what no known one has."""
    kind, name = need
    if kind == "function" and _OF_POSTGIS.fullmatch(name):
        return "postgis"
    return _DEFAULT_CLASSES.get(kind) or _KNOWN.get(need, "")


def _needs(table: Table) -> Iterator[_Need]:
    """What a table uses that may be an extension's."""
    for column in table.columns:
        yield from _named("type", column.type)
        yield from _of_expression(column.default)
        yield from _of_expression(column.generated.expression if column.generated else None)
    for check in table.checks:
        yield from _of_expression(check.expression)
    for index in _indexes(table):
        yield from _of_index(index, table)


def _indexes(table: Table) -> Iterator[Index]:
    """Its indexes, and those behind its constraints that are of GiST."""
    for index in table.indexes:
        yield replace(index, method="gist") if _WITHOUT_OVERLAPS in index.options else index
    if table.primary_key is not None and _WITHOUT_OVERLAPS in table.primary_key.options:
        yield Index(None, table.primary_key.parts, method="gist")
    for exclusion in table.exclusions:
        if (behind := exclusion_index(exclusion.definition.sql)) is not None:
            yield behind


def _of_index(index: Index, table: Table) -> Iterator[_Need]:
    yield "method", index.method or ""
    yield from _of_expression(index.where)
    for part in index.parts:
        yield from _named("class", part.opclass or "")
        yield from _of_expression(part.expression)
        column = table.column(part.column) if part.column and not part.opclass else None
        if column is not None and index.method in _DEFAULT_CLASSES:
            name = re.sub(r"\(.*?\)", "", column.type)
            if name in _PLAIN:
                yield index.method, _STANDS_FOR.get(name, name)


def _of_expression(expression: Expression | None) -> Iterator[_Need]:
    """The functions that an expression calls and the types that it names."""
    if expression is None:
        return
    text = re.sub(r"'(?:[^']|'')*'", "''", expression.sql)
    for word in re.finditer(r"\w+(?=\s*\()", text):
        yield "function", word[0].lower()
    for word in re.finditer(r"(?<=::)\s*\w+", text):
        yield from _named("type", word[0].strip())


def _named(kind: str, text: str) -> Iterator[_Need]:
    if word := re.match(r"\w+", text.replace('"', "")):
        yield kind, word[0].lower()
