from pydantic import BaseModel
from tortoise import fields
from tortoise.models import Model
from tortoise_extensions.pydantic import PydanticJSONField


class Settings(BaseModel):
    theme: str = "light"


class Profile(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=100)
    settings = PydanticJSONField(Settings, default=Settings)
