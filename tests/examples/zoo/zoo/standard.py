"""What PostgreSQL and SQLite can have, but not MySQL and MariaDB."""

from __future__ import annotations

import datetime
from typing import Any

from pypika_tortoise.functions import Coalesce as PypikaCoalesce
from pypika_tortoise.terms import Field as Column
from tortoise import fields
from tortoise.expressions import F
from tortoise.functions import Lower
from tortoise.indexes import Index, PartialIndex
from tortoise.models import Model


class Partial(Model):
    """Partial indexes, and indexes on expressions."""

    name = fields.CharField(max_length=20)
    a = fields.IntField()
    b = fields.IntField()
    flag = fields.BooleanField(default=False)

    class Meta:
        indexes = (
            PartialIndex(fields=("a",), condition={"b": 1}),
            PartialIndex(fields=("a", "b"), name="zoo_partial", condition={"name": "it's", "a": 5}),
            Index(Lower("name"), name="zoo_lower"),
            Index(PypikaCoalesce(Column("a"), 0), name="zoo_coalesce"),
            Index(F("a") + F("b"), name="zoo_sum"),
        )


class Defaulted(Model):
    """Database defaults of long texts, dates and times."""

    text = fields.TextField(db_default="long")
    at = fields.DatetimeField(db_default=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    empty: Any = fields.JSONField(db_default=[])
