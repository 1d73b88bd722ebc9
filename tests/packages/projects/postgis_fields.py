from tortoise import fields
from tortoise.contrib.postgres.indexes import GistIndex, SpGistIndex
from tortoise.fields.base import Field
from tortoise.models import Model


class PointField(Field[str]):
    SQL_TYPE = "geometry(Point,4326)"


class AreaField(Field[str]):
    SQL_TYPE = "geography(MultiPolygon,4326)"


class Place(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=100)
    center = PointField()
    area = AreaField(null=True)

    class Meta:
        indexes = (GistIndex(fields=("center",)), SpGistIndex(fields=("area",)))
