from tortoise.indexes import Index
from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50)
    place = fields.IntField(source_field="pos", null=True)

    class Meta:
        table = "users"
        indexes = (Index(fields=("place",)),)
