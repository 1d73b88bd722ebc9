"""A model on the abstract one that the package brings, which has an indexed time of creation."""

from nsanic.orm.db_model import DBModel
from tortoise import fields


class Note(DBModel):
    id = fields.BigIntField(pk=True)
    title = fields.CharField(max_length=40, default="", description="what it says")

    class Meta:
        table = "note"
        table_description = "notes"
