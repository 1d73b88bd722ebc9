"""A model with columns that the package adds, one for each language."""

from fastapi18n import TranslationWrapper, multilangual_model
from tortoise import Model, fields

TranslationWrapper.init(locales_dir="locales", languages=[("en", "English"), ("fr", "French")], language="en")


@multilangual_model({"name", "description"})
class Product(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=255)
    description = fields.TextField()
