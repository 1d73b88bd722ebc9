from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=255)
    name = fields.CharField(max_length=50, default="", db_default="")

    class Meta:
        table = "users"


class Post(Model):
    id = fields.IntField(primary_key=True)
    author = fields.ForeignKeyField("native.User")

    class Meta:
        table = "posts"
