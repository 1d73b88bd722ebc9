"""Keys that one CREATE TABLE says more than once: the server makes each of them only once.

Two by ALTER TABLE are two. What counts is in ``transformIndexConstraints`` of PostgreSQL 12 to 18
(src/backend/parser/parse_utilcmd.c): names and storage parameters do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from pytest_schemadrift.dialects.postgres.names import columns_text
from pytest_schemadrift.schema.model import Exclusion, Index, PrimaryKey

Key = TypeVar("Key", bound=PrimaryKey | Index | Exclusion)


def made_once(keys: Iterable[Key]) -> list[Key]:
    """What the server makes of the keys of one CREATE TABLE, under the first name that is given."""
    found: dict[object, Key] = {}
    for key in sorted(keys, key=lambda key: not isinstance(key, PrimaryKey)):
        earlier = found.setdefault(_shape(key), key)
        if earlier.name is None and key.name is not None:
            found[_shape(key)] = replace(earlier, name=key.name)
    return list(found.values())


def repeated(keys: Iterable[Key]) -> list[Key]:
    """Those that the server would not make, were all of them in one CREATE TABLE."""
    every = list(keys)
    first = {_shape(key): key for key in reversed(every)}
    return [key for key in every if first[_shape(key)] is not key]


def _shape(key: PrimaryKey | Index | Exclusion) -> object:
    if isinstance(key, Exclusion):
        return key.definition.sql
    said = dict(key.options)
    said.pop("with", None)
    if isinstance(key, PrimaryKey):
        return key.parts, said.pop("include", ""), False, tuple(said.items())
    return key.parts, columns_text(key.include), key.nulls_not_distinct, tuple(said.items())
