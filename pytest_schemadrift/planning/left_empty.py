"""Columns that the models know nothing of: every row that they write leaves them empty, and what that does to rules."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Domain,
    Exclusion,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Table,
)


def with_domain(column: Column, domains: Iterable[Domain]) -> tuple[Column, tuple[Check, ...]]:
    """A column as it would be without its domains (PostgreSQL), and the checks that these put on it."""
    known = {str(domain.name): domain for domain in domains}
    checks: list[Check] = []
    while (domain := known.pop(column.type.replace('"', ""), None)) is not None:
        checks += domain.checks
        column = replace(
            column,
            type=domain.type,
            nullable=column.nullable and domain.nullable,
            default=column.default or domain.default,
        )
    return column, tuple(checks)


def is_filled(column: Column) -> bool:
    """Whether the database gives it a value in a row that says nothing of it."""
    return bool(column.default or column.generated or column.identity or column.autoincrement)


def left_empty(old: Table, new: Table, domains: Iterable[Domain]) -> frozenset[str]:
    """The extra columns of ``old`` that are NULL in every row written by who knows ``new`` alone.

    None where triggers may fill them.
    """
    if old.triggers:
        return frozenset()
    extra = [column for column in old.columns if new.column(column.name) is None]
    plain = [with_domain(column, domains)[0] for column in extra]
    return frozenset(
        column.name for column in plain if column.nullable and not is_filled(column) and column.on_update is None
    )


def never_repeats(index: Index, empty: Collection[str], key: PrimaryKey | None) -> bool:
    """Whether no two rows are the same to a unique index.

    NULL is no value that could be there twice. And rows differ in the primary ``key`` of the table: an index over all
    of it and more, such as that for foreign keys to ``(tenant_id, id)``, refuses nothing that the key does not.
    """
    if not index.nulls_not_distinct and any(part.column in empty for part in index.parts):
        return True
    if key is None or "deferrable" in dict(key.options):  # it may be broken within a transaction
        return False
    compared = {part.column for part in index.parts if _is_whole(part)}
    return all(_is_whole(part) and part.column in compared for part in key.parts)


def _is_whole(part: IndexPart) -> bool:
    """Whether it is a column by itself, with all of its value, compared as the column is."""
    return part.column is not None and part.length is None and part.collation is None and part.opclass is None


def never_refers(key: ForeignKey, empty: Collection[str]) -> bool:
    """Whether a foreign key looks for no parent, because a column of it is NULL, or all are."""
    count = all if key.match == "FULL" else any
    return count(name in empty for name in key.columns)


_COLUMN = re.compile(r'[(,]\s*(?:"((?:[^"]|"")+)"|([^\W\d][\w$]*))(?=\s)')
"""A column by itself in a list of elements: a parenthesis follows the name of a function, and begins an expression."""


def never_excludes(exclusion: Exclusion, empty: Collection[str]) -> bool:
    """Whether no two rows are in each other's way, because a column of it is NULL.

    PostgreSQL takes all operators of an exclusion for strict (``check_exclusion_or_unique_constraint``, 18). Only the
    columns before the first parenthesis within are seen.
    """
    elements = exclusion.definition.sql.partition("(")[2].partition(")")[0]
    found = _COLUMN.findall("(" + elements.partition("(")[0])
    return any((quoted.replace('""', '"') or plain.casefold()) in empty for quoted, plain in found)


_ANSWERS_FOR_NULL = frozenset(
    ["is", "isnull", "notnull", "null", "case", "coalesce", "ifnull", "nvl", "distinct", "select"]
)
_NULL_FOR_NULL = frozenset(
    [
        *("in", "any", "all", "and", "or", "not", "between", "like", "numeric", "decimal", "varchar", "char"),
        *("length", "char_length", "octet_length", "lower", "upper", "trim", "btrim", "abs", "round", "json_valid"),
    ]
)
"""What may stand before a parenthesis where NULL within makes NULL of it; of any other function nobody knows."""


def passes_empty(check: Check, empty: Collection[str], columns: Iterable[str]) -> bool:
    """Whether a check is about nothing but columns that are NULL, which makes it neither true nor false: it passes."""
    text = re.sub(r"'(?:[^'\\]|''|\\.)*'", "''", check.expression.sql).casefold()
    words = set(re.findall(r"[\w$]+", text))
    called = set(re.findall(r"([\w$]+)[\"`]?\s*\(", text))
    if words & _ANSWERS_FOR_NULL or called - _NULL_FOR_NULL or "<=>" in text:
        return False
    named = {name for name in columns if set(re.findall(r"[\w$]+", name.casefold())) & words}
    return bool(named) and named <= set(empty)
