"""What only PostgreSQL has.

Left out, because Tortoise cannot create it: a generated TSVectorField without ``config`` (PostgreSQL: the expression
is not immutable). Left out, because it needs an extension: BloomIndex.
"""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField, TSVectorField
from tortoise.contrib.postgres.indexes import (
    BrinIndex,
    GinIndex,
    GistIndex,
    HashIndex,
    PostgreSQLIndex,
    SpGistIndex,
)
from tortoise.models import Model


class Search(Model):
    title = fields.CharField(max_length=100)
    body = fields.TextField(source_field="content", null=True)
    vector = TSVectorField(null=True)
    simple = TSVectorField(source_fields="title", config="simple")
    weighted = TSVectorField(source_fields=("title", "body"), config="english", weights=("A", "B"))
    kept = TSVectorField(source_fields=("title",), stored=False, null=True)

    class Meta:
        indexes = (GinIndex(fields=("weighted",)), GistIndex(fields=("simple",), name="zoo_gist"))


class Arrays(Model):
    numbers: Any = ArrayField()
    words: Any = ArrayField("text", null=True)
    codes: Any = ArrayField("varchar(20)")
    prices: Any = ArrayField("numeric(10,2)", null=True)
    flags: Any = ArrayField("boolean", null=True)
    idents: Any = ArrayField("uuid", null=True)
    numbers_default: Any = ArrayField(db_default=[1, 2])
    words_default: Any = ArrayField("text", db_default=["a", "b c"])
    empty_default: Any = ArrayField("text", db_default=[])

    class Meta:
        indexes = (GinIndex(fields=("numbers",)),)


class Indexed(Model):
    at = fields.DatetimeField()
    code = fields.CharField(max_length=20)
    a = fields.IntField()
    data: Any = fields.JSONField(null=True)

    class Meta:
        indexes = (
            BrinIndex(fields=("at",)),
            HashIndex(fields=("code",)),
            SpGistIndex(fields=("code",), name="zoo_spgist"),
            GinIndex(fields=("data",)),
            PostgreSQLIndex(fields=("a", "code")),
            HashIndex(fields=("a",), condition={"code": "x"}),
            BrinIndex(fields=("a", "at"), name="zoo_brin"),
        )


class Namespaced(Model):
    """A table of another schema."""

    name = fields.CharField(max_length=20, unique=True, description="in another schema")
    plain = fields.ForeignKeyField("common.Plain", related_name="namespaced")
    plains = fields.ManyToManyField("common.Plain", related_name="many_namespaced", through="zoo_namespaced_plain")

    class Meta:
        schema = "zoo side"
        table = "namespaced"
        indexes = (("name", "plain"),)


class NamespacedTwo(Model):
    """Refers from the default schema into another one."""

    other = fields.ForeignKeyField("postgres.Namespaced", related_name="twos")
    others = fields.ManyToManyField("postgres.Namespaced", related_name="many_twos")


class Quoted(Model):
    """Database defaults that MySQL spells otherwise."""

    backslash = fields.CharField(max_length=20, db_default="plain")
    flags: Any = fields.JSONField(db_default=[1, 2])
