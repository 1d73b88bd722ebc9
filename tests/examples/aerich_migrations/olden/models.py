from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=255)
    name = fields.CharField(max_length=50, null=True)

    class Meta:
        table = "users"


class Post(Model):
    id = fields.IntField(primary_key=True)
    author = fields.ForeignKeyField("olden.User")

    class Meta:
        table = "posts"
