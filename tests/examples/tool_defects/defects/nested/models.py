from tortoise import fields
from tortoise.models import Model


class Person(Model):
    id = fields.IntField(primary_key=True)

    class Meta:
        table = "persons"


class Profile(Model):
    person = fields.OneToOneField("nested.Person", primary_key=True)
    friends: fields.ManyToManyRelation[Person] = fields.ManyToManyField("nested.Person", related_name="profiles")

    class Meta:
        table = "profiles"
