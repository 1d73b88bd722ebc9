from tortoise import fields
from tortoise.models import Model


class Tag(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "tags"


class Org(Model):
    id = fields.IntField(primary_key=True)
    tags: fields.ManyToManyRelation[Tag] = fields.ManyToManyField(
        "twice.Tag", through="TagOrg", forward_key="tag_id", backward_key="org_id"
    )

    class Meta:
        table = "orgs"


class TagOrg(Model):
    id = fields.IntField(primary_key=True)
    tag = fields.ForeignKeyField("twice.Tag")
    org = fields.ForeignKeyField("twice.Org")

    class Meta:
        table = "TagOrg"
