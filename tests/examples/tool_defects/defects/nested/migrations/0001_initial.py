from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Person",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
            ],
            options={"table": "persons", "app": "nested", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Profile",
            fields=[
                (
                    "person",
                    fields.OneToOneField(
                        "nested.Person",
                        source_field="person_id",
                        primary_key=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "friends",
                    fields.ManyToManyField(
                        "nested.Person",
                        unique=True,
                        db_constraint=True,
                        through="profiles_persons",
                        forward_key="person_id",
                        backward_key="profiles_id",
                        related_name="profiles",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={"table": "profiles", "app": "nested", "pk_attr": "person_id"},
            bases=["Model"],
        ),
    ]
