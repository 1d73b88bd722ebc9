from tortoise import fields
from tortoise.contrib.postgres.indexes import GistIndex
from tortoise.models import Model


class Address(fields.Field[str]):
    SQL_TYPE = "INET"


class OfAddresses(GistIndex):
    def get_sql(self, schema_generator, model, safe):
        return super().get_sql(schema_generator, model, safe).replace('"host")', '"host" gist_inet_ops)')


class Visit(Model):
    id = fields.IntField(primary_key=True)
    host = Address(null=True)
    day = fields.DateField(null=True)
    place = fields.IntField(null=True)

    class Meta:
        table = "visit"
        indexes = (
            OfAddresses(fields=["host"], name="visit_host"),
            GistIndex(fields=["day", "place"], name="visit_day"),
        )
