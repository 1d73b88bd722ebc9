from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise import fields
from tortoise.models import Model


class User(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50)

    class Meta:
        table = "users"
        constraints = (CheckConstraint(check="name <> ''", name="named"), UniqueConstraint(fields=("name",), name="one_name"))
