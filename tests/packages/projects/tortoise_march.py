"""What migration tools are given: keys of UUIDs, an index, a unique pair, a reference, a number."""

from tortoise import fields
from tortoise.models import Model


class Customer(Model):
    id = fields.UUIDField(primary_key=True)
    email = fields.CharField(max_length=100, unique=True)
    since = fields.DatetimeField(null=True)


class Item(Model):
    id = fields.UUIDField(primary_key=True)
    owner = fields.ForeignKeyField("models.Customer", related_name="items", on_delete=fields.NO_ACTION)
    name = fields.CharField(max_length=100)
    code = fields.CharField(max_length=40, db_index=True)
    price = fields.DecimalField(max_digits=8, decimal_places=2, null=True)

    class Meta:
        unique_together = (("owner", "name"),)
