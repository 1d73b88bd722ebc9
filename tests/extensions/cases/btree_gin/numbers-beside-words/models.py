from tortoise import fields
from tortoise.contrib.postgres.indexes import GinIndex
from tortoise.models import Model


class Note(Model):
    id = fields.IntField(primary_key=True)
    kind = fields.SmallIntField()
    data = fields.JSONField()

    class Meta:
        table = "note"
        indexes = (GinIndex(fields=["kind", "data"], name="note_kind"),)
