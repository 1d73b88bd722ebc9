"""The generated models as SQLAlchemy and as Django models: equivalent, each in its own words."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.shapes import ColumnShape, ModelShape, shapes

SQLALCHEMY = {
    "char": "String({length})",
    "text": "Text()",
    "int": "Integer()",
    "bigint": "BigInteger()",
    "smallint": "SmallInteger()",
    "bool": "Boolean()",
    "decimal": "Numeric(12, 2)",
    "datetime": "DateTime(timezone=True)",
    "date": "Date()",
    "float": "Float(53)",
    "json": "JSON()",
    "uuid": "Uuid()",
    "binary": "LargeBinary()",
    "duration": "BigInteger()",
}
DJANGO = {
    "char": "CharField(max_length={length}",
    "text": "TextField(",
    "int": "IntegerField(",
    "bigint": "BigIntegerField(",
    "smallint": "SmallIntegerField(",
    "bool": "BooleanField(",
    "decimal": "DecimalField(max_digits=12, decimal_places=2",
    "datetime": "DateTimeField(",
    "date": "DateField(",
    "float": "FloatField(",
    "json": "JSONField(",
    "uuid": "UUIDField(",
    "binary": "BinaryField(",
    "duration": "DurationField(",
}


def write_sqlalchemy(folder: Path, models: int) -> None:
    """``models.py`` with ``metadata``."""
    lines = ["from sqlalchemy import *", "metadata = MetaData()"]
    for model in shapes(models):
        lines += _sqlalchemy(model)
    (folder / "models.py").write_text("\n".join(lines) + "\n")


def _sqlalchemy(model: ModelShape) -> list[str]:
    parts = [repr(model.table), "metadata", "Column('id', Integer(), primary_key=True)"]
    for column in model.columns:
        parts.append(
            f"Column({_stored(column)!r}, {SQLALCHEMY[column.kind].format(length=column.length)}, "
            f"nullable={column.nullable}, unique={column.unique or None}, index={column.indexed or None}, "
            f"comment={column.comment or None!r}, server_default={_server_default(column)})"
        )
    for owner in model.owners:
        on_delete = owner.on_delete.replace("_", " ")
        parts.append(
            f"Column('{owner.name}_id', Integer(), ForeignKey('bench_model_{owner.model}.id', ondelete={on_delete!r}), "
            f"nullable={owner.nullable})"
        )
    pair, single = model.indexes
    parts += [
        f"Index('ip_{model.number}', {', '.join(map(repr, pair))})",
        f"Index('ix_{model.number}', {single[0]!r})",
        f"UniqueConstraint({', '.join(map(repr, model.unique_together))}, name='uq_{model.number}')",
    ]
    lines = [f"Table({', '.join(parts)})"]
    if model.link is not None:
        lines.append(
            f"Table('link_{model.number}', metadata, "
            f"Column('a', Integer(), ForeignKey('{model.table}.id', ondelete='CASCADE'), nullable=False), "
            f"Column('b', Integer(), ForeignKey('bench_model_{model.link}.id', ondelete='CASCADE'), nullable=False), "
            f"UniqueConstraint('a', 'b', name='ul_{model.number}'))"
        )
    return lines


def _stored(column: ColumnShape) -> str:
    return column.stored_as or column.name


def _server_default(column: ColumnShape) -> str:
    if column.default is None:
        return "None"
    return "func.now()" if column.default == "now" else f"text({_literal(column)!r})"


def _literal(column: ColumnShape) -> str:
    return f"'{column.default}'" if column.kind == "char" else str(column.default)


def write_django(folder: Path, models: int) -> None:
    """A package ``bench`` of one app."""
    package = folder / "bench"
    package.mkdir()
    (package / "__init__.py").write_text("")
    lines = ["from django.db import models", "from django.db.models.functions import Now"]
    for model in shapes(models):
        lines += _django(model)
    (package / "models.py").write_text("\n".join(lines) + "\n")


def _django(model: ModelShape) -> list[str]:
    lines = [f"class Model{model.number}(models.Model):", "    id = models.AutoField(primary_key=True)"]
    for column in model.columns:
        more = [f"null={column.nullable}", f"unique={column.unique}", f"db_index={column.indexed}"]
        more += [f"db_column={column.stored_as!r}"] if column.stored_as else []
        more += [f"db_comment={column.comment!r}"] if column.comment else []
        more += [f"db_default={_db_default(column)}"] if column.default is not None else []
        head = DJANGO[column.kind].format(length=column.length)
        lines.append(f"    {column.name} = models.{head}{'' if head.endswith('(') else ', '}{', '.join(more)})")
    for owner in model.owners:
        lines.append(
            f"    {owner.name} = models.ForeignKey('Model{owner.model}', models.{owner.on_delete}, "
            f"null={owner.nullable}, related_name='{owner.name}_of_{model.number}', db_index=False)"
        )
    if model.link is not None:
        lines.append(f"    links = models.ManyToManyField('Model{model.link}', related_name='linked_{model.number}')")
    pair, single = model.indexes
    return [
        *lines,
        "    class Meta:",
        f"        db_table = {model.table!r}",
        f"        indexes = [models.Index(fields={list(pair)!r}, name='ip_{model.number}'), "
        f"models.Index(fields={list(single)!r}, name='ix_{model.number}')]",
        f"        unique_together = [{model.unique_together!r}]",
    ]


def _db_default(column: ColumnShape) -> str:
    if column.default == "now":
        return "Now()"
    if column.kind == "bool":
        return "True"
    return str(column.default) if column.kind in {"int", "smallint"} else repr(column.default)
