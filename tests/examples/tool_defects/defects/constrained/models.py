from tortoise import fields
from tortoise.migrations.constraints import UniqueConstraint
from tortoise.models import Model


class Place(Model):
    id = fields.IntField(primary_key=True)
    row = fields.IntField()
    seat = fields.IntField()

    class Meta:
        table = "places"
        constraints = (UniqueConstraint(fields=("row", "seat"), name="one_place"),)
