from extended_tortoise_models import UuidModel
from tortoise import fields


class Note(UuidModel):
    title = fields.CharField(max_length=100)
