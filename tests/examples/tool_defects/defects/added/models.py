from tortoise import fields
from tortoise.models import Model


class Owner(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "owners"


class Thing(Model):
    id = fields.IntField(primary_key=True)
    owner = fields.ForeignKeyField("added.Owner", on_delete=fields.RESTRICT)
    keeper = fields.ForeignKeyField("added.Owner", related_name="kept", null=True)
    code = fields.IntField(default=0, db_index=True, description="of the shelf")

    class Meta:
        table = "things"
