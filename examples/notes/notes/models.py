"""Notes and the people who write them."""

from tortoise import fields
from tortoise.models import Model


class Author(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=255, unique=True)

    class Meta:
        table = "authors"


class Note(Model):
    id = fields.IntField(primary_key=True)
    author = fields.ForeignKeyField("notes.Author", related_name="notes")
    title = fields.CharField(max_length=200)
    text = fields.TextField(db_default="")
    written_at = fields.DatetimeField(auto_now_add=True, db_index=True)

    class Meta:
        table = "notes"
