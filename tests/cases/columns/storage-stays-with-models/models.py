from tortoise import fields
from tortoise.models import Model


class Note(Model):
    id = fields.IntField(primary_key=True)
    body = fields.CharField(max_length=9000)
    title = fields.CharField(max_length=120)
    number = fields.IntField()

    class Meta:
        table = "notes"
