from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Tag",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
            ],
            options={"table": "tags", "app": "twice", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Org",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "tags",
                    fields.ManyToManyField(
                        "twice.Tag",
                        unique=True,
                        db_constraint=True,
                        through="TagOrg",
                        forward_key="tag_id",
                        backward_key="org_id",
                        related_name="orgss",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={"table": "orgs", "app": "twice", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TagOrg",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "tag",
                    fields.ForeignKeyField(
                        "twice.Tag",
                        source_field="tag_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "org",
                    fields.ForeignKeyField(
                        "twice.Org",
                        source_field="org_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={"table": "TagOrg", "app": "twice", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
