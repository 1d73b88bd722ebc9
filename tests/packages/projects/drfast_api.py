from drfast.auth import FastAPIUserModel
from drfast.fields import EncryptedCharField
from drfast.models import Model, SoftDeleteModel, TimestampedModel
from tortoise import fields


class User(FastAPIUserModel):
    class Meta:
        table = "users"


class Note(Model, TimestampedModel, SoftDeleteModel):
    owner = fields.ForeignKeyField("models.User", related_name="notes")
    secret = EncryptedCharField(max_length=40)
