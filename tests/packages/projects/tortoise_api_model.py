from tortoise import fields
from tortoise_api_model import model
from tortoise_api_model.field import BoxField, PointField, PolygonField, RangeField


class Area(model.TsModel):
    name = fields.CharField(max_length=100)
    at = PointField(null=True)
    shape = PolygonField(null=True)
    frame = BoxField(null=True)
    ages = RangeField(null=True)
