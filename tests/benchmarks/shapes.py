"""N believable models as values; the writers for Tortoise, SQLAlchemy and Django say the same about each.

A model has about twelve mixed columns, one or two foreign keys (also to other apps), two indexes, a unique set and
comments; every fifth has a many-to-many field. Names come from a vocabulary, so that some columns are alike in many
tables, as they are in a real schema, and most are not. The same N gives the same models.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

MODELS_PER_APP = 100
REACH = 150
"""A model refers to one of so many before it."""
SEED = 7

VOCABULARY = {
    "char": "name title slug code email phone status label city country currency locale reference colour size",
    "text": "description notes body summary terms instructions",
    "int": "quantity position priority attempts stock views weight height",
    "bigint": "bytes_used external_number ledger_number points",
    "smallint": "rank grade level retries",
    "bool": "active archived visible verified paid deleted locked",
    "decimal": "price amount discount tax_rate balance cost fee",
    "datetime": "started_at finished_at published_at expires_at seen_at sent_at",
    "date": "birthday due_on starts_on ends_on",
    "float": "latitude longitude score ratio",
    "json": "settings payload metadata attributes",
    "uuid": "token public_id trace_id",
    "binary": "thumbnail digest signature",
    "duration": "lead_time timeout elapsed",
}
"""Kind of column -> what such columns are called."""
PREFIXES = ("", "", "", "billing", "shipping", "internal", "external", "default", "last", "first", "original", "parent")
ROLES = ("owner", "author", "parent_item", "customer", "account", "project", "category", "warehouse", "team", "invoice")
ON_DELETE = ("CASCADE", "SET_NULL", "RESTRICT")
UNINDEXED = frozenset(["text", "json", "binary"])
"""Kinds that MySQL cannot index without a prefix length."""
DEFAULTS = {"char": "new", "int": "0", "smallint": "1", "bool": "true", "decimal": "1.5", "datetime": "now"}
"""What a column of that kind that has a default in the database has there."""


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """A column: ``default`` is the database's own (``now``, ``true`` or the value), ``comment`` may be empty."""

    name: str
    kind: str
    length: int = 0
    nullable: bool = False
    unique: bool = False
    indexed: bool = False
    default: str | None = None
    comment: str = ""
    stored_as: str = ""
    """Another name in the database than in the class."""


@dataclass(frozen=True, slots=True)
class OwnerShape:
    """A foreign key to the model of that number."""

    name: str
    model: int
    on_delete: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class ModelShape:
    """A model; ``link`` is the number of the model its many-to-many field leads to."""

    number: int
    columns: tuple[ColumnShape, ...]
    owners: tuple[OwnerShape, ...]
    indexes: tuple[tuple[str, ...], tuple[str, ...]]
    """A pair of columns without a name for the index, and one column with the name ``ix_<number>``."""
    unique_together: tuple[str, str]
    link: int | None

    @property
    def app(self) -> str:
        """The label of its app."""
        return app_of(self.number)

    @property
    def table(self) -> str:
        """Its table."""
        return f"bench_model_{self.number}"


def app_of(number: int) -> str:
    """The app label of a model."""
    return f"app{number // MODELS_PER_APP}"


def shapes(models: int) -> Iterator[ModelShape]:
    """That many models; each refers only to those before it."""
    chance = random.Random(SEED)
    for number in range(models):
        yield _model(number, chance)


def _model(number: int, chance: random.Random) -> ModelShape:
    columns = list(_timestamps(chance))
    while len(columns) < 10 or sum(_can_be_key(column) for column in columns) < 4:
        column = _column(chance)
        if column.name not in {other.name for other in columns}:
            columns.append(column)
    keys = chance.sample([column.name for column in columns if _can_be_key(column)], 4)
    before = range(max(0, number - REACH), number)
    roles = chance.sample(ROLES, chance.choice((1, 2)) if number else 0)
    return ModelShape(
        number,
        tuple(columns),
        tuple(_owner(role, chance.choice(before), chance) for role in roles),
        indexes=((keys[0], keys[1]), (keys[2],)),
        unique_together=(keys[1], keys[3]),
        link=chance.choice(before) if number % 5 == 4 else None,
    )


def _timestamps(chance: random.Random) -> Iterator[ColumnShape]:
    if chance.random() < 0.6:
        yield ColumnShape("created_at", "datetime", default="now")
        yield ColumnShape("changed_at", "datetime", nullable=True)


def _column(chance: random.Random) -> ColumnShape:
    kind = chance.choice(list(VOCABULARY))
    prefix = chance.choice(PREFIXES)
    name = "_".join(filter(None, (prefix, chance.choice(VOCABULARY[kind].split()))))
    nullable = kind in UNINDEXED or chance.random() < 0.4
    unique = kind == "char" and chance.random() < 0.1
    return ColumnShape(
        name,
        kind,
        length=chance.choice((20, 50, 100, 255)) if kind == "char" else 0,
        nullable=nullable and not unique,
        unique=unique,
        indexed=kind in {"int", "date", "uuid"} and chance.random() < 0.2,
        default=DEFAULTS.get(kind) if not nullable and not unique and chance.random() < 0.4 else None,
        comment=f"The {name.replace('_', ' ')} as it was entered" if chance.random() < 0.2 else "",
        stored_as=f"{name}_value" if chance.random() < 0.05 else "",
    )


def _can_be_key(column: ColumnShape) -> bool:
    return column.kind not in UNINDEXED and not column.stored_as


def _owner(role: str, model: int, chance: random.Random) -> OwnerShape:
    on_delete = chance.choice(ON_DELETE)
    return OwnerShape(role, model, on_delete, nullable=on_delete == "SET_NULL" or chance.random() < 0.3)
