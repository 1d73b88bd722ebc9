"""The small classes that a generated module of Django models brings along, each only where it is used."""

from __future__ import annotations

from pytest_schemadrift.codegen.helpers import Helper

_TYPED = '''\
class TypedField(models.Field):
    """A field whose column has a type that Django has no field for."""

    def __init__(self, *arguments, sql_type, **options):
        self.sql_type = sql_type
        super().__init__(*arguments, **options)

    def db_type(self, connection):
        return self.sql_type

    def rel_db_type(self, connection):
        return self.sql_type

    def cast_db_type(self, connection):
        return self.sql_type

    def deconstruct(self):
        name, path, arguments, options = super().deconstruct()
        return name, path, arguments, {**options, "sql_type": self.sql_type}
'''

_PLAIN = '''\
class PlainField(TypedField):
    """A column whose values go to the driver and come back as they are."""

    def get_internal_type(self):
        return "PlainField"
'''

_JSON = '''\
class TypedJSONField(TypedField, models.JSONField):
    """JSON of another SQL type."""

    def from_db_value(self, value, expression, connection):
        if connection.vendor == "postgresql":  # whose driver reads json, not jsonb
            return value
        return super().from_db_value(value, expression, connection)
'''

_SQL = '''\
class Sql(models.Func):
    """An expression in the database's own words."""

    def __init__(self, sql, output_field=None):
        super().__init__(output_field=output_field or models.BooleanField())
        self.sql = sql

    def as_sql(self, compiler, connection, **context):
        return f"({self.sql})".replace("%", "%%"), []
'''

_INDEX = '''\
class SqlIndex(models.Index):
    """What is made once the table is there, in the database's own words."""

    max_name_length = 128

    def __init__(self, sql, *, fields, name):
        super().__init__(fields=fields, name=name)
        self.sql = sql

    def create_sql(self, model, schema_editor, using="", **options):
        return self.sql

    def deconstruct(self):
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, (self.sql,), {"fields": self.fields, "name": self.name}
'''

_LONG_INDEX = '''\
class NamedIndex(models.Index):
    """An index with a name longer than the thirty letters that Django allows."""

    max_name_length = 128
'''

_CONSTRAINT = '''\
class SqlConstraint(models.BaseConstraint):
    """A line of CREATE TABLE in the database's own words."""

    def __init__(self, sql, *, name):
        super().__init__(name=name)
        self.sql = sql

    def constraint_sql(self, model, schema_editor):
        return self.sql

    def create_sql(self, model, schema_editor):
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.sql}"

    def remove_sql(self, model, schema_editor):
        table = schema_editor.quote_name(model._meta.db_table)
        name = schema_editor.quote_name(self.name)
        return f"ALTER TABLE {table} DROP CONSTRAINT {name}"

    def validate(self, model, instance, exclude=None, using="default"):
        """The database does it."""

    def __eq__(self, other):
        return type(self) is type(other) and self.deconstruct() == other.deconstruct()

    def __hash__(self):
        return hash((self.sql, self.name))

    def deconstruct(self):
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, (self.sql,), {"name": self.name}
'''

_KEYLESS = '''\
class NoKey(models.Model):
    """A row of a table without a key cannot be told from its twins."""

    class Meta:
        abstract = True

    def save(self, *arguments, **options):
        if not self._state.adding:
            raise TypeError("no primary key: use filter(...).update(...)")
        super().save(force_insert=True)

    def delete(self, *arguments, **options):
        raise TypeError("no primary key: use filter(...).delete()")
'''

_MODELS = (("django.db", "models"),)


def _typed(name: str, base: str, what: str) -> Helper:
    source = f'class {name}(TypedField, models.{base}):\n    """{what} of another SQL type."""\n'
    return Helper(source, _MODELS, ("TypedField",))


HELPERS = {
    "TypedField": Helper(_TYPED, _MODELS),
    "PlainField": Helper(_PLAIN, _MODELS, ("TypedField",)),
    "TypedAutoField": _typed("TypedAutoField", "BigAutoField", "A counting key"),
    "TypedIntegerField": _typed("TypedIntegerField", "BigIntegerField", "An integer"),
    "TypedCharField": _typed("TypedCharField", "CharField", "A string"),
    "TypedTextField": _typed("TypedTextField", "TextField", "Text"),
    "TypedDecimalField": _typed("TypedDecimalField", "DecimalField", "A decimal number"),
    "TypedFloatField": _typed("TypedFloatField", "FloatField", "A floating point number"),
    "TypedBooleanField": _typed("TypedBooleanField", "BooleanField", "A truth value"),
    "TypedDateField": _typed("TypedDateField", "DateField", "A date"),
    "TypedDateTimeField": _typed("TypedDateTimeField", "DateTimeField", "A date with its time"),
    "TypedTimeField": _typed("TypedTimeField", "TimeField", "A time of day"),
    "TypedJSONField": Helper(_JSON, _MODELS, ("TypedField",)),
    "TypedUUIDField": _typed("TypedUUIDField", "UUIDField", "A UUID"),
    "TypedBinaryField": _typed("TypedBinaryField", "BinaryField", "Bytes"),
    "Sql": Helper(_SQL, _MODELS),
    "NamedIndex": Helper(_LONG_INDEX, _MODELS),
    "SqlIndex": Helper(_INDEX, _MODELS),
    "SqlConstraint": Helper(_CONSTRAINT, _MODELS),
    "NoKey": Helper(_KEYLESS, _MODELS),
}
"""In the order in which they are written."""
