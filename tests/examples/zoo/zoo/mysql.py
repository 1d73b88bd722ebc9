"""What only MySQL and MariaDB have.

Left out, because Tortoise cannot create it: partial indexes (it writes WHERE). For what MariaDB does not have, see
``zoo.mysql8``.
"""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.contrib.mysql.fields import GeometryField
from tortoise.contrib.mysql.fields import UUIDField as BinaryUUIDField
from tortoise.contrib.mysql.indexes import FullTextIndex, SpatialIndex
from tortoise.models import Model


class Geometry(Model):
    shape: Any = GeometryField()
    maybe: Any = GeometryField(null=True)

    class Meta:
        indexes = (SpatialIndex(fields=("shape",)),)


class Idents(Model):
    id = BinaryUUIDField(primary_key=True)
    binary = BinaryUUIDField(unique=True)
    text = BinaryUUIDField(binary_compression=False, null=True)


class IdentsChild(Model):
    owner = fields.ForeignKeyField("mysql.Idents", related_name="children")
    owners = fields.ManyToManyField("mysql.Idents", related_name="many_children")


class Articles(Model):
    title = fields.CharField(max_length=200)
    body = fields.TextField()

    class Meta:
        indexes = (FullTextIndex(fields=("title", "body")), FullTextIndex(fields=("body",), name="zoo_fulltext"))


class Escaped(Model):
    """Database defaults that need an escape, which Tortoise writes for MySQL only."""

    quote = fields.CharField(max_length=20, db_default="it's")
    double = fields.CharField(max_length=20, db_default='say "hi"')
    backslash = fields.CharField(max_length=20, db_default="a\\b")
    newline = fields.CharField(max_length=20, db_default="a\nb")
