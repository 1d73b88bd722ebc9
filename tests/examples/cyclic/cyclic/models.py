"""A circle of two, a circle of three, a table that depends on a circle, and one that refers to itself."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Team(Model):
    name = fields.CharField(max_length=20)
    captain = fields.OneToOneField("cyclic.Player", null=True, related_name="captain_of", description="who leads")
    sponsors = fields.ManyToManyField("cyclic.Player", related_name="sponsored")


class Player(Model):
    team = fields.ForeignKeyField("cyclic.Team", related_name="players", source_field="team_key")
    mentor = fields.ForeignKeyField("cyclic.Player", null=True, related_name="pupils")


class Scissors(Model):
    beats = fields.ForeignKeyField("cyclic.Paper", null=True, related_name="beaten", on_delete=fields.SET_NULL)


class Paper(Model):
    beats = fields.ForeignKeyField("cyclic.Rock", null=True, related_name="beaten", on_delete=fields.RESTRICT)


class Rock(Model):
    beats = fields.ForeignKeyField("cyclic.Scissors", null=True, related_name="beaten")


class Award(Model):
    """Depends on a circle without being in it; comes first in the alphabet."""

    player = fields.ForeignKeyField("cyclic.Player", related_name="awards")
