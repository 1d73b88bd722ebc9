"""The small classes that a generated module of Tortoise models brings along, each only where it is used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from pytest_schemadrift.codegen.helpers import Helper
from pytest_schemadrift.codegen.tortoise_words import Words

_ANY = ("typing", "Any")
_FIELDS = ("tortoise", "fields")
_MODEL = ("tortoise.models", "Model")

_TYPED = '''\
class TypedColumn(fields.Field[Any]):
    """A field whose column has a type that Tortoise has no field for."""

    def __init__(
        self,
        sql_type: str,
        *arguments: Any,
        generated_sql: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.sql_type = sql_type
        self.generated_sql = generated_sql

    def get_for_dialect(self, dialect: str, key: str) -> Any:
        own = {"SQL_TYPE": self.sql_type, "GENERATED_SQL": self.generated_sql}
        return own[key] if key in own else super().get_for_dialect(dialect, key)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        path, arguments, options = super().deconstruct()
        for name in ("max_length", "max_digits", "decimal_places", "enum_type"):
            if hasattr(self, name):
                options[name] = getattr(self, name)
        return path, arguments, options
'''

_PLAIN = '''\
class PlainColumn(TypedColumn):
    """A column whose values go to the driver and come back as they are."""

    field_type = object

    def to_db_value(self, value: Any, instance: Any) -> Any:
        self.validate(value)
        return value

    def to_python_value(self, value: Any) -> Any:
        return value
'''

_ENUM = '''\
class EnumColumn(TypedColumn, CharEnumFieldInstance):
    """A column of an enumerated type of the database."""

    def __init__(
        self,
        sql_type: str,
        enum_type: type[StrEnum],
        description: str = "",
        **options: Any,
    ) -> None:
        super().__init__(sql_type, enum_type, description=description, **options)
'''

_TEXT = '''\
class TextColumn(TypedColumn):
    """Text without a limit of its own, which may be unique and a key."""

    field_type = str
'''

_STATEMENT = '''\
class SqlStatement(Index):
    """What is made once the table is there, in the database's own words."""

    def __init__(self, sql: str, *, name: str | None = None) -> None:
        super().__init__(fields=[sql], name=name)
        self.fields = []
        self.sql = sql

    def get_sql(self, schema_generator: Any, model: type[Model], safe: bool) -> str:
        return f"{self.sql};"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, [self.sql], {"name": self.name}
'''

_CONSTRAINT = '''\
class SqlConstraint:
    """A line of CREATE TABLE in the database's own words.

    Schemadrift reads it; Tortoise's own generator passes over Meta.constraints.
    """

    def __init__(
        self, sql: str, *, primary_key: bool = False, afterwards: bool = False
    ) -> None:
        self.sql = sql
        self.primary_key = primary_key
        self.afterwards = afterwards

    def get_sql(self, schema_generator: Any, model: type[Model]) -> str:
        return self.sql
'''

_FOREIGN_KEY = '''\
class {name}({base}[Any]):
    """{what} with more to say than ON DELETE."""

    def __init__(self, model_name: str, *, also: str, **options: Any) -> None:
        super().__init__(model_name, **options)
        self.on_delete = f"{{self.on_delete}} {{also}}"  # type: ignore[assignment]
'''

_KEY = '''\
AnyField = TypeVar("AnyField", bound="fields.Field[Any]")


def key(field: AnyField) -> AnyField:
    """Tortoise wants one field for the key; what the key really is says Meta."""
    field.pk = True
    return field
'''

_COMPOSITE = '''\
class CompositeKey(Model):
    """Finds its row by all columns of its key: Tortoise knows keys of one column."""

    key_fields: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def __init_subclass__(cls) -> None:
        if isinstance(cls._meta.pk, ForeignKeyFieldInstance):
            cls._meta.pk_attr += "_id"

    def own_row(self, using_db: Any = None) -> Any:
        row = {name: getattr(self, name) for name in self.key_fields}
        return type(self).filter(**row).using_db(using_db)

    async def save(
        self,
        using_db: Any = None,
        update_fields: Iterable[str] | None = None,
        force_create: bool = False,
        force_update: bool = False,
    ) -> None:
        known = self._saved_in_db or force_update or update_fields
        if force_create or not known:
            await super().save(using_db, force_create=True)
            return
        generated = self._meta.generated_db_fields
        columns = self._meta.fields_db_projection.items()
        every = [name for name, column in columns if column not in generated]
        names = set(update_fields or every) - set(self.key_fields)
        values = {name: getattr(self, name) for name in sorted(names)}
        values = {k: v for k, v in values.items() if not isinstance(v, DatabaseDefault)}
        if values:
            await self.own_row(using_db).update(**values)

    async def delete(self, using_db: Any = None) -> None:
        await self.own_row(using_db).delete()
'''

_KEYLESS = '''\
class NoKey(Model):
    """A row of a table without a key cannot be told from its twins."""

    class Meta:
        abstract = True

    def __init_subclass__(cls) -> None:
        if isinstance(cls._meta.pk, ForeignKeyFieldInstance):
            cls._meta.pk_attr += "_id"

    async def save(self, *arguments: Any, **options: Any) -> None:
        if self._saved_in_db:
            raise OperationalError("no primary key: use filter(...).update(...)")
        await super().save(*arguments, **options)

    async def delete(self, using_db: Any = None) -> None:
        raise OperationalError("no primary key: use filter(...).delete()")
'''

_COMMENT = '''\
class Comment(str):
    """A comment with characters that Tortoise would escape as MySQL does."""

    def translate(self, table: Any) -> str:
        return self.replace("'", "''")
'''


_CLASHING = frozenset({"DecimalField", "JSONField", "BinaryField"})
"""Whose Python types have methods of the names that fields have, as a type checker sees it."""


def _column(name: str, base: str, value: str, what: str) -> Helper:
    ignored = "  # type: ignore[misc]" if base in _CLASHING else ""
    head = f"class {name}(TypedColumn, fields.{base}[{value}]):{ignored}"
    source = f'{head}\n    """{what} of another SQL type."""\n'
    imports = {"Any": ("typing", "Any"), "Decimal": ("decimal", "Decimal"), "UUID": ("uuid", "UUID")}
    needed = ("datetime", "") if value.startswith("datetime.") else imports.get(value)
    return Helper(source, (needed,) if needed else (), ("TypedColumn",))


HELPERS = {
    "TypedColumn": Helper(_TYPED, (_ANY, _FIELDS)),
    "PlainColumn": Helper(_PLAIN, needs=("TypedColumn",)),
    "IntColumn": _column("IntColumn", "IntField", "int", "An integer"),
    "CharColumn": _column("CharColumn", "CharField", "str", "A string"),
    "TextColumn": Helper(_TEXT, needs=("TypedColumn",)),
    "DecimalColumn": _column("DecimalColumn", "DecimalField", "Decimal", "A decimal number"),
    "FloatColumn": _column("FloatColumn", "FloatField", "float", "A floating point number"),
    "BoolColumn": _column("BoolColumn", "BooleanField", "bool", "A truth value"),
    "DateColumn": _column("DateColumn", "DateField", "datetime.date", "A date"),
    "DatetimeColumn": _column("DatetimeColumn", "DatetimeField", "datetime.datetime", "A date with its time"),
    "TimeColumn": _column("TimeColumn", "TimeField", "datetime.time", "A time of day"),
    "JSONColumn": _column("JSONColumn", "JSONField", "Any", "JSON"),
    "UUIDColumn": _column("UUIDColumn", "UUIDField", "UUID", "A UUID"),
    "BinaryColumn": _column("BinaryColumn", "BinaryField", "bytes", "Bytes"),
    "EnumColumn": Helper(
        _ENUM, (("enum", "StrEnum"), ("tortoise.fields.data", "CharEnumFieldInstance")), ("TypedColumn",)
    ),
    "ForeignKey": Helper(
        _FOREIGN_KEY.format(name="ForeignKey", base="ForeignKeyFieldInstance", what="A foreign key"),
        (_ANY, ("tortoise.fields.relational", "ForeignKeyFieldInstance")),
    ),
    "OneToOne": Helper(
        _FOREIGN_KEY.format(name="OneToOne", base="OneToOneFieldInstance", what="A one-to-one key"),
        (_ANY, ("tortoise.fields.relational", "OneToOneFieldInstance")),
    ),
    "Comment": Helper(_COMMENT, (_ANY,)),
    "SqlStatement": Helper(_STATEMENT, (_ANY, ("tortoise.indexes", "Index"), _MODEL)),
    "SqlConstraint": Helper(_CONSTRAINT, (_ANY, _MODEL)),
    "key": Helper(_KEY, (_ANY, ("typing", "TypeVar"), _FIELDS)),
    "CompositeKey": Helper(
        _COMPOSITE,
        (
            _ANY,
            ("typing", "ClassVar"),
            ("collections.abc", "Iterable"),
            ("tortoise.fields.base", "DatabaseDefault"),
            ("tortoise.fields.relational", "ForeignKeyFieldInstance"),
            _MODEL,
        ),
    ),
    "NoKey": Helper(
        _KEYLESS,
        (
            _ANY,
            ("tortoise.exceptions", "OperationalError"),
            ("tortoise.fields.relational", "ForeignKeyFieldInstance"),
            _MODEL,
        ),
    ),
}
"""In the order in which they are written."""


def helpers_for(words: Words) -> Mapping[str, Helper]:
    """The helpers as a Tortoise with these words can import them."""
    found = dict(HELPERS)
    if not words.unset_defaults:
        composite = found["CompositeKey"]
        source = "".join(line for line in composite.source.splitlines(keepends=True) if "DatabaseDefault" not in line)
        imports = tuple(item for item in composite.imports if item[1] != "DatabaseDefault")
        found["CompositeKey"] = replace(composite, source=source, imports=imports)
    if not words.generic:
        found = {name: replace(item, source=_PARAMETER.sub(r"\1)", item.source)) for name, item in found.items()}
    return found


_PARAMETER = re.compile(r"(\(TypedColumn, fields\.\w+)\[[\w.]+\]\)")
"""Of a class of ours, the base that is generic from Tortoise 1.1 on."""
