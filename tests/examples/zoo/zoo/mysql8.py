"""What MySQL has, but not MariaDB."""

from __future__ import annotations

import datetime

from tortoise import fields
from tortoise.contrib.mysql.indexes import FullTextIndex
from tortoise.expressions import F
from tortoise.functions import Lower
from tortoise.indexes import Index
from tortoise.models import Model


class OnlyMySQL(Model):
    """Tortoise quotes the columns of an expression with ``"``: MySQL takes it, and indexes a constant."""

    name = fields.CharField(max_length=20)
    a = fields.IntField()
    b = fields.IntField()
    text = fields.TextField()
    at = fields.DatetimeField(db_default=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))

    class Meta:
        indexes = (
            Index(Lower("name"), name="zoo_lower"),
            Index(F("a") + F("b"), name="zoo_sum"),
            FullTextIndex(fields=("text",), parser_name="ngram"),
        )
