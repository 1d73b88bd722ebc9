from tortoise import fields
from tortoise.models import Model
from tortoise_imagefield import ImageField


class Photo(Model):
    id = fields.IntField(primary_key=True)
    title = fields.CharField(max_length=100)
    image = ImageField(null=True, directory_name="photos")
