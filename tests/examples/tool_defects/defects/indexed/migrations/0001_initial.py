from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Entry",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("title", fields.CharField(source_field="headline", max_length=20)),
            ],
            options={"table": "entries", "app": "indexed", "indexes": [Index(fields=["title"])], "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
