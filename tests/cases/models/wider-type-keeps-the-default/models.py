from tortoise import fields
from tortoise.models import Model


class M(Model):
    id = fields.IntField(primary_key=True, generated=False)
    name = fields.CharField(20)
    small = fields.BigIntField()
    price = fields.DecimalField(9, 2)
    note = fields.TextField()

    class Meta:
        table = "m"
