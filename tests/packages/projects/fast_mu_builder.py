"""The package's models, and the two that they refer to and a project has to bring."""

from fast_mu_builder.models import *  # noqa: F403
from tortoise import Model, fields


class Country(Model):
    name = fields.CharField(max_length=80)


class Department(Model):
    name = fields.CharField(max_length=80)
