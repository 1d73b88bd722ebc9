"""What migration tools are given: keys, an index, a unique pair, a link table, a default."""

from tortoise import fields
from tortoise.models import Model


class Customer(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=100, unique=True)
    since = fields.DatetimeField(auto_now_add=True)


class Tag(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=40, db_index=True)


class Item(Model):
    id = fields.BigIntField(primary_key=True)
    owner = fields.ForeignKeyField("models.Customer", related_name="items")
    name = fields.CharField(max_length=100)
    price = fields.DecimalField(max_digits=8, decimal_places=2, null=True)
    active = fields.BooleanField(default=True)
    tags = fields.ManyToManyField("models.Tag", related_name="items")

    class Meta:
        unique_together = (("owner", "name"),)
