"""``Meta.constraints``, which ``generate_schemas`` forgets: not part of the zoo unless asked for."""

from __future__ import annotations

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model


class Constrained(Model):
    a = fields.IntField()
    b = fields.IntField(source_field="bee")
    owner = fields.ForeignKeyField("common.Plain", related_name="constrained")

    class Meta:
        constraints = (
            UniqueConstraint(fields=("a", "b"), name="zoo_unique"),
            UniqueConstraint(fields=("owner", "a")),
            CheckConstraint(check="a > 0", name="zoo_positive"),
        )
