from enum import IntEnum

from tortoise import fields
from x_model.field import PointField, RangeField, SetField, UniqBinaryField
from x_model.models import Model, TsTrait


class Kind(IntEnum):
    bus = 1
    tram = 2


class Station(Model, TsTrait):
    name = fields.CharField(max_length=50)
    place = PointField(null=True)
    span = RangeField(null=True)
    fares = RangeField(2, null=True)
    kinds = SetField(Kind, null=True)
    token = UniqBinaryField(unique=True)
