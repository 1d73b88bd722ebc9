from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Author",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
            ],
            options={"table": "authors", "app": "loose", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Book",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "author",
                    fields.ForeignKeyField(
                        "loose.Author",
                        source_field="author_id",
                        db_constraint=False,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "readers",
                    fields.ManyToManyField(
                        "loose.Author",
                        unique=True,
                        db_constraint=True,
                        through="readers",
                        forward_key="author_id",
                        backward_key="books_id",
                        related_name="read",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={"table": "books", "app": "loose", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
