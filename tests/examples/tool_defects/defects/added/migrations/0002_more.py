from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("added", "0001_initial")]

    initial = False

    operations = [
        ops.AlterField(
            model_name="Thing",
            name="owner",
            field=fields.ForeignKeyField(
                "added.Owner", source_field="owner_id", db_constraint=True, to_field="id", on_delete=OnDelete.RESTRICT
            ),
        ),
        ops.AddField(
            model_name="Thing",
            name="code",
            field=fields.IntField(default=0, db_index=True, description="of the shelf"),
        ),
        ops.AddField(
            model_name="Thing",
            name="keeper",
            field=fields.ForeignKeyField(
                "added.Owner",
                source_field="keeper_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="kept",
                on_delete=OnDelete.CASCADE,
            ),
        ),
    ]
