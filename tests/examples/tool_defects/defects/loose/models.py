from tortoise import fields
from tortoise.models import Model


class Author(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "authors"


class Book(Model):
    id = fields.IntField(primary_key=True)
    author = fields.ForeignKeyField("loose.Author", db_constraint=False)
    readers: fields.ManyToManyRelation[Author] = fields.ManyToManyField(
        "loose.Author", related_name="read", on_delete=fields.RESTRICT, through="readers"
    )

    class Meta:
        table = "books"
