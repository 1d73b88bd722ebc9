from tortoise import fields
from tortoise.models import Model


class M(Model):
    id = fields.IntField(primary_key=True, generated=False)
    note = fields.CharField(10, db_default="new")

    class Meta:
        table = "m"
