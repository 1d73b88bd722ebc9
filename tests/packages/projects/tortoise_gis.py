from tortoise import fields
from tortoise.models import Model
from tortoise_gis.fields import GeometryField, PointField, PolygonField


class Place(Model):
    id = fields.IntField(pk=True)
    name = fields.CharField(max_length=100)
    center = PointField(srid=4326)
    area = PolygonField(srid=4326, null=True)
    other = GeometryField(null=True)
