"""Another app on the same connection, which refers to the first one."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Visitor(Model):
    """Refers to models of another app."""

    plain = fields.ForeignKeyField("common.Plain", related_name="visitors")
    keys = fields.ManyToManyField("common.UUIDKey", related_name="visitors")


class Plain(Model):
    """Has a namesake in the first app."""

    visitor = fields.ForeignKeyField("elsewhere.Visitor", related_name="plains")

    class Meta:
        table = "zoo_plain"
