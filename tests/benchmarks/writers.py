"""The generated models as Django models."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.shapes import ColumnShape, ModelShape, shapes

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
        lines.append(
            f"    links = models.ManyToManyField('Model{model.link}', related_name='linked_{model.number}', "
            f"db_table='link_{model.number}')"
        )
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
