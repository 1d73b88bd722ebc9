from tortoise import fields
from tortoise.models import Model


class Note(Model):
    title = fields.CharField(max_length=100, default="none")
    author: fields.ForeignKeyNullableRelation["Author"] = fields.ForeignKeyField("models.Author", null=True)


class Author(Model):
    name = fields.CharField(max_length=50, unique=True)
    readers: fields.ManyToManyRelation["Author"] = fields.ManyToManyField("models.Author")
