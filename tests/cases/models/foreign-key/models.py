from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50)

    class Meta:
        table = "users"


class Post(Model):
    id = fields.IntField(primary_key=True)
    user = fields.ForeignKeyField("models.User", on_delete=fields.SET_NULL, null=True)

    class Meta:
        table = "posts"
