from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Customer",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("email", fields.CharField(max_length=255, unique=True)),
            ],
            options={"table": "customers", "app": "shop", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
