from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.migrations.constraints import UniqueConstraint


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Place",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("row", fields.IntField()),
                ("seat", fields.IntField()),
            ],
            options={
                "table": "places",
                "app": "constrained",
                "constraints": [UniqueConstraint(fields=("row", "seat"), name="one_place")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
    ]
