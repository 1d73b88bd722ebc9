from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Entry(Model):
    id = fields.IntField(primary_key=True)
    title = fields.CharField(max_length=20, source_field="headline")

    class Meta:
        table = "entries"
        indexes = (Index(fields=("title",)),)
