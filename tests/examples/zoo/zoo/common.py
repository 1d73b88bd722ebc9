"""What every dialect can have."""

from __future__ import annotations

import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields import Now, OnDelete, RandomHex, SqlDefault
from tortoise.fields.base import Field
from tortoise.indexes import Index
from tortoise.manager import Manager
from tortoise.models import Model


class Colour(StrEnum):
    RED = "red"
    DEEP_GREEN = "deep green"


class Size(IntEnum):
    SMALL = 1
    LARGE = 30


# Fields --------------------------------------------------------------------------------------------------------------


class Plain(Model):
    """Every field, not null."""

    small = fields.SmallIntField()
    whole = fields.IntField()
    big = fields.BigIntField()
    name = fields.CharField(max_length=50)
    text = fields.TextField()
    flag = fields.BooleanField()
    price = fields.DecimalField(max_digits=10, decimal_places=2)
    whole_price = fields.DecimalField(max_digits=5, decimal_places=0)
    weight = fields.FloatField()
    at = fields.DatetimeField()
    day = fields.DateField()
    time = fields.TimeField()
    took = fields.TimeDeltaField()
    data: Any = fields.JSONField()
    ident = fields.UUIDField()
    blob = fields.BinaryField()
    colour = fields.CharEnumField(Colour)
    size = fields.IntEnumField(Size)


class Nullable(Model):
    """Every field, null."""

    small = fields.SmallIntField(null=True)
    whole = fields.IntField(null=True)
    big = fields.BigIntField(null=True)
    name = fields.CharField(max_length=255, null=True)
    text = fields.TextField(null=True)
    flag = fields.BooleanField(null=True)
    price = fields.DecimalField(max_digits=30, decimal_places=10, null=True)
    weight = fields.FloatField(null=True)
    at = fields.DatetimeField(null=True)
    day = fields.DateField(null=True)
    time = fields.TimeField(null=True)
    took = fields.TimeDeltaField(null=True)
    data: Any = fields.JSONField(null=True)
    ident = fields.UUIDField(null=True)
    blob = fields.BinaryField(null=True)
    colour = fields.CharEnumField(Colour, null=True, max_length=20)
    size = fields.IntEnumField(Size, null=True, description="one of our sizes")


class PythonDefault(Model):
    """Defaults that only Python knows: the database must have none (Tortoise 0.2x and Aerich write them there)."""

    whole = fields.IntField(default=7)
    name = fields.CharField(max_length=50, default='it\'s "new"')
    flag = fields.BooleanField(default=True)
    price = fields.DecimalField(max_digits=10, decimal_places=2, default=Decimal("1.50"))
    created = fields.DatetimeField(auto_now_add=True)
    changed = fields.DatetimeField(auto_now=True)
    data: Any = fields.JSONField(default=dict)
    ident = fields.UUIDField(default=UUID("5f8b3c9a-0000-4000-8000-000000000000"))
    colour = fields.CharEnumField(Colour, default=Colour.RED)
    size = fields.IntEnumField(Size, default=Size.SMALL)


class DatabaseDefault(Model):
    """Defaults that the database knows.

    Left out: TEXT, BLOB and JSON (MySQL wants an expression for them, Tortoise writes a literal), a string with a
    quote (Tortoise's escape is MySQL's only; see ``zoo.mysql``), an integer for a TimeDeltaField and bytes (Tortoise
    cannot write them).
    """

    small = fields.SmallIntField(db_default=-5)
    took = fields.TimeDeltaField(db_default=datetime.timedelta(hours=1))
    whole = fields.IntField(db_default=0)
    big = fields.BigIntField(db_default=5_000_000_000)
    name = fields.CharField(max_length=50, db_default="new")
    empty = fields.CharField(max_length=50, db_default="")
    number_like = fields.CharField(max_length=50, db_default="007")
    null_like = fields.CharField(max_length=50, db_default="NULL")
    time_like = fields.CharField(max_length=50, db_default="CURRENT_TIMESTAMP")
    unicode = fields.CharField(max_length=50, db_default="größer ✓")
    nothing = fields.CharField(max_length=50, null=True, db_default=None)
    yes = fields.BooleanField(db_default=True)
    no = fields.BooleanField(db_default=False)
    price = fields.DecimalField(max_digits=10, decimal_places=2, db_default=Decimal("1.5"))
    round_price = fields.DecimalField(max_digits=10, decimal_places=2, db_default="2")
    weight = fields.FloatField(db_default=1.1)
    tiny = fields.FloatField(db_default=1e-7)
    day = fields.DateField(db_default=datetime.date(2020, 2, 29))
    ident = fields.UUIDField(db_default=UUID("5f8b3c9a-0000-4000-8000-00000000ABCD"))
    colour = fields.CharEnumField(Colour, db_default=Colour.DEEP_GREEN)
    size = fields.IntEnumField(Size, db_default=Size.LARGE)
    created = fields.DatetimeField(db_default=Now())
    token = fields.CharField(max_length=32, db_default=RandomHex())
    written = fields.IntField(db_default=SqlDefault("40"))
    computed = fields.IntField(db_default=SqlDefault("(1 + 1)"))


class Keyed(Model):
    """Unique and indexed fields, and both at once (two indexes)."""

    code = fields.CharField(max_length=20, unique=True)
    kind = fields.CharField(max_length=20, db_index=True)
    both = fields.IntField(unique=True, db_index=True)
    maybe = fields.IntField(unique=True, null=True)
    day = fields.DateField(db_index=True, null=True)
    ident = fields.UUIDField(unique=True)
    colour = fields.CharEnumField(Colour, db_index=True)


class Described(Model):
    """A table that says something: it's 100 % "quoted"; with a semicolon."""

    plain = fields.IntField(description="a plain text")
    quoted = fields.IntField(description="it's")
    backslash = fields.IntField(description="C:\\temp")
    double = fields.IntField(description='say "hi"')
    unicode = fields.CharField(max_length=5, description="größer ✓")
    markup = fields.IntField(description="-- no /* comment */ ; here")
    #: a comment in the source of the field
    commented = fields.IntField()
    owner = fields.ForeignKeyField("common.Plain", related_name=False, description="whose it is")


class Renamed(Model):
    """Columns named otherwise than their fields."""

    id = fields.IntField(primary_key=True, source_field="renamed_id")
    name = fields.CharField(max_length=20, source_field="full_name")
    code = fields.IntField(source_field="select", unique=True)
    group = fields.IntField(source_field="MixedCase", db_index=True)
    owner = fields.ForeignKeyField("common.Plain", related_name="renamed", source_field="owned_by")
    partner = fields.OneToOneField("common.Plain", related_name="partner", source_field="partner_key", null=True)

    class Meta:
        table = "renamed"
        unique_together = (("name", "code"),)
        indexes = (("code", "group"),)


# Primary keys --------------------------------------------------------------------------------------------------------


class SmallKey(Model):
    id = fields.SmallIntField(primary_key=True)


class BigKey(Model):
    id = fields.BigIntField(primary_key=True)


class NaturalKey(Model):
    number = fields.IntField(primary_key=True, generated=False)


class TextKey(Model):
    code = fields.CharField(max_length=30, primary_key=True)


class UUIDKey(Model):
    id = fields.UUIDField(primary_key=True)


class DecimalKey(Model):
    amount = fields.DecimalField(max_digits=8, decimal_places=3, primary_key=True)


class DayKey(Model):
    day = fields.DateField(primary_key=True)


class SharedKey(Model):
    """Its primary key is another table's."""

    plain: Any = fields.OneToOneField("common.Plain", primary_key=True, related_name="shared")
    note = fields.CharField(max_length=10)


# Relations -----------------------------------------------------------------------------------------------------------


class Relations(Model):
    """Every way to refer to another table."""

    plain = fields.ForeignKeyField("common.Plain", related_name="relations")
    cascade = fields.ForeignKeyField("common.Plain", related_name="r_cascade", on_delete=OnDelete.CASCADE)
    restrict = fields.ForeignKeyField("common.Plain", related_name="r_restrict", on_delete=OnDelete.RESTRICT)
    set_null = fields.ForeignKeyField("common.Plain", related_name="r_null", on_delete=OnDelete.SET_NULL, null=True)
    no_action = fields.ForeignKeyField("common.Plain", related_name="r_none", on_delete=OnDelete.NO_ACTION)
    set_default = fields.ForeignKeyField(  # MariaDB takes it and forgets it: SHOW CREATE TABLE has no action
        "common.Plain", related_name="r_default", on_delete=OnDelete.SET_DEFAULT, default=1, db_default=1
    )
    indexed = fields.ForeignKeyField("common.Plain", related_name="r_indexed", db_index=True)
    loose = fields.ForeignKeyField("common.Plain", related_name="r_loose", db_constraint=False)
    small = fields.ForeignKeyField("common.SmallKey", related_name="relations")
    big = fields.ForeignKeyField("common.BigKey", related_name="relations")
    natural = fields.ForeignKeyField("common.NaturalKey", related_name="relations")
    text = fields.ForeignKeyField("common.TextKey", related_name="relations", null=True)
    uuid = fields.ForeignKeyField("common.UUIDKey", related_name="relations")
    decimal = fields.ForeignKeyField("common.DecimalKey", related_name="relations")
    day = fields.ForeignKeyField("common.DayKey", related_name="relations")
    by_code = fields.ForeignKeyField("common.Keyed", to_field="code", related_name="relations")
    renamed = fields.ForeignKeyField("common.Renamed", related_name="relations")
    parent = fields.ForeignKeyField("common.Relations", null=True, related_name="children")
    one = fields.OneToOneField("common.Plain", related_name="one")
    one_maybe = fields.OneToOneField("common.Plain", related_name="one_maybe", null=True, on_delete=OnDelete.SET_NULL)
    one_loose = fields.OneToOneField("common.Plain", related_name="one_loose", db_constraint=False)
    twin = fields.OneToOneField("common.Relations", related_name="twin_of", null=True)
    defaulted = fields.ForeignKeyField("common.Plain", related_name="r_defaulted", db_default=1)


class ManyToMany(Model):
    """Every kind of table between two others."""

    plain = fields.ManyToManyField("common.Plain", related_name="many")
    themselves = fields.ManyToManyField("common.ManyToMany", related_name="of_them")
    named = fields.ManyToManyField("common.Plain", through="zoo_named", related_name="many_named")
    keyed = fields.ManyToManyField(
        "common.TextKey", through="zoo_keyed", forward_key="text_code", backward_key="many", related_name="many_keyed"
    )
    repeated = fields.ManyToManyField("common.Plain", through="zoo_repeated", unique=False, related_name="many_rep")
    loose = fields.ManyToManyField("common.Plain", through="zoo_loose", db_constraint=False, related_name="many_loose")
    loose_repeated = fields.ManyToManyField(
        "common.Plain", through="zoo_loose_rep", db_constraint=False, unique=False, related_name="many_loose_rep"
    )
    strict = fields.ManyToManyField(
        "common.UUIDKey", through="zoo_strict", on_delete=OnDelete.RESTRICT, related_name="many_strict"
    )
    described = fields.ManyToManyField(
        "common.BigKey", through="zoo_described", description="who's with whom", related_name="many_described"
    )
    shared_key = fields.ManyToManyField("common.SharedKey", through="zoo_shared_key", related_name="many_shared")
    members = fields.ManyToManyField(
        "common.Plain",
        through="zoo_membership",
        forward_key="member_id",
        backward_key="club_id",
        related_name="clubs",
    )


class Membership(Model):
    """A table between two others that is a model too (tortoise-orm#2193)."""

    club = fields.ForeignKeyField("common.ManyToMany", related_name="memberships")
    member = fields.ForeignKeyField("common.Plain", related_name="memberships")
    since = fields.DateField(null=True)

    class Meta:
        table = "zoo_membership"
        unique_together = (("club", "member"),)


# Meta ----------------------------------------------------------------------------------------------------------------


class Timestamps:
    """A mixin that is no model."""

    created = fields.DatetimeField(auto_now_add=True)
    changed = fields.DatetimeField(auto_now=True, db_index=True)


class Base(Model):
    uid = fields.UUIDField(primary_key=True)
    name = fields.CharField(max_length=40, unique=True)
    owner: Any = fields.ForeignKeyField("common.Plain", related_name=False, null=True)

    class Meta:
        abstract = True
        ordering = ("name",)


class Inherited(Timestamps, Base):
    """Fields of a mixin and of an abstract model; one of them is overridden."""

    name = fields.CharField(max_length=60)


class Together(Model):
    """Unique sets and indexes in all forms."""

    a = fields.IntField()
    b = fields.IntField()
    c = fields.CharField(max_length=20)
    d = fields.IntField(null=True)
    owner = fields.ForeignKeyField("common.Plain", related_name="together")

    class Meta:
        table = "zoo_together"
        table_description = "sets of columns"
        unique_together = (("a", "b"), ["c", "owner"], ("owner_id", "d"))
        indexes = (("b", "c"), ["owner", "a"], Index(fields=("c",), name="zoo_c"), Index(fields=("d", "a")))
        ordering = ("-a",)
        manager = Manager()
        fetch_db_defaults = False


class OneTogether(Model):
    """Their short forms: one flat tuple."""

    a = fields.IntField()
    b = fields.IntField()

    class Meta:
        unique_together = ("a", "b")
        indexes = ("b", "a")


class Reserved(Model):
    """Reserved words and unusual names."""

    select = fields.IntField()
    order = fields.CharField(max_length=10, db_index=True)
    table = fields.ForeignKeyField("common.Plain", related_name="reserved")
    CamelCase = fields.IntField(unique=True)
    spaced = fields.IntField(source_field="two words")
    umlaut = fields.IntField(source_field="größe", null=True)
    dashed = fields.IntField(source_field="a-b.c")

    class Meta:
        table = "Order Group"


class AVeryLongModelNameThatMakesLongTableAndIndexNames(Model):
    """Names at the edge of 63 and 64 characters."""

    a_column_with_a_name_that_is_really_very_long_for_a_database = fields.IntField(unique=True)
    another_column_with_a_name_that_is_really_very_long_for_it = fields.IntField(db_index=True)


# Custom fields -------------------------------------------------------------------------------------------------------


class CountryField(fields.CharField):
    """A subclass with a fixed length."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=2, **kwargs)


class MoneyField(Field[Decimal], Decimal):
    """Its own type in every dialect, one of them a property."""

    SQL_TYPE = "NUMERIC(14,4)"

    class _db_sqlite:  # noqa: N801
        SQL_TYPE = "VARCHAR(40)"

    class _db_mysql:  # noqa: N801
        def __init__(self, field: Field[Any]) -> None:
            self.field = field

        @property
        def SQL_TYPE(self) -> str:  # noqa: N802 -- Tortoise's name
            return "DECIMAL(14,4)"


class ComputedField(Field[int], int):
    """A column that the database computes."""

    SQL_TYPE = "INT"
    GENERATED_SQL = 'GENERATED ALWAYS AS ("a" + 1) STORED'

    class _db_mysql:  # noqa: N801
        GENERATED_SQL = "GENERATED ALWAYS AS (`a` + 1) STORED"


class Custom(Model):
    """Fields that projects write themselves."""

    a = fields.IntField()
    country = CountryField(db_index=True)
    country_default = CountryField(db_default="de")
    money = MoneyField()
    money_default = MoneyField(db_default=Decimal("1.25"))
    computed = ComputedField(generated=True, null=True)
