from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50)
    age = fields.IntField(null=True)

    class Meta:
        table = "users"
