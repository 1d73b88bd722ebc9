from tortoise import fields
from tortoise.models import Model
from tortoise_vector.field import VectorField


class Document(Model):
    id = fields.IntField(primary_key=True)
    title = fields.CharField(max_length=100)
    embedding = VectorField(vector_size=3)
