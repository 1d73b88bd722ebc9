from kksanic import BaseModel, ShardRule
from kksanic.model import AbstractUser
from kksanic.shard import expand
from tortoise import fields


class User(AbstractUser):
    class Meta:
        table = "users"


class Order(BaseModel):
    uid = fields.IntField()
    sn = fields.CharField(max_length=32)

    class Meta:
        table = "order"
        shard = ShardRule(key="uid", count=3, table="order_{index}")


OrderShards = expand(Order)
