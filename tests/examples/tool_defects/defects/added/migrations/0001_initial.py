from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Owner",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
            ],
            options={"table": "owners", "app": "added", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Thing",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "added.Owner",
                        source_field="owner_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={"table": "things", "app": "added", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
