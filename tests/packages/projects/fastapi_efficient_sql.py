from fastapi_esql import BaseModel
from tortoise import fields


class Account(BaseModel):
    name = fields.CharField(max_length=100)
