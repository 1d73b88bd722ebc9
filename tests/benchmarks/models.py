"""Writes a believable Tortoise project of N models into a folder; the same N gives the same bytes.

``python -m tests.benchmarks.models FOLDER [N] [URL]``: a package ``bench`` of several apps and a ``settings.py`` with
``TORTOISE_ORM``. What the models are like is said in ``shapes``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.benchmarks.shapes import MODELS_PER_APP, ColumnShape, ModelShape, app_of, shapes

MODELS_PER_MODULE = 5
"""Tortoise reads a module's source once per class of it (before Python 3.13): a long module takes minutes to import."""
FIELDS = {
    "char": "CharField",
    "text": "TextField",
    "int": "IntField",
    "bigint": "BigIntField",
    "smallint": "SmallIntField",
    "bool": "BooleanField",
    "decimal": "DecimalField",
    "datetime": "DatetimeField",
    "date": "DateField",
    "float": "FloatField",
    "json": "JSONField",
    "uuid": "UUIDField",
    "binary": "BinaryField",
    "duration": "TimeDeltaField",
}
HEAD = '''"""Made by tests/benchmarks/models.py."""

from tortoise import fields
from tortoise.fields import Now
from tortoise.indexes import Index
from tortoise.models import Model
'''


def field_source(column: ColumnShape) -> str:
    """The right side of a field's assignment."""
    arguments = []
    if column.kind == "char":
        arguments.append(f"max_length={column.length}")
    if column.kind == "decimal":
        arguments.append("max_digits=12, decimal_places=2")
    if column.nullable:
        arguments.append("null=True")
    if column.unique:
        arguments.append("unique=True")
    if column.indexed:
        arguments.append("db_index=True")
    if column.default is not None:
        arguments.append(f"db_default={_default(column)}")
    if column.comment:
        arguments.append(f"description={column.comment!r}")
    if column.stored_as:
        arguments.append(f"source_field={column.stored_as!r}")
    return f"fields.{FIELDS[column.kind]}({', '.join(arguments)})"


def _default(column: ColumnShape) -> str:
    if column.default == "now":
        return "Now()"
    if column.kind == "bool":
        return "True"
    return str(column.default) if column.kind in {"int", "smallint"} else repr(column.default)


def model_source(model: ModelShape) -> str:
    """The class of one model."""
    lines = ["", f"class Model{model.number}(Model):", f'    """The model number {model.number}."""', ""]
    lines += [f"    {column.name} = {field_source(column)}" for column in model.columns]
    for owner in model.owners:
        lines.append(
            f"    {owner.name} = fields.ForeignKeyField('{app_of(owner.model)}.Model{owner.model}', "
            f"related_name='{owner.name}_of_{model.number}', on_delete=fields.OnDelete.{owner.on_delete}, "
            f"null={owner.nullable})"
        )
    if model.link is not None:
        lines.append(
            f"    links = fields.ManyToManyField('{app_of(model.link)}.Model{model.link}', "
            f"related_name='linked_{model.number}', through='link_{model.number}')"
        )
    pair, single = model.indexes
    lines += [
        "",
        "    class Meta:",
        f"        table = '{model.table}'",
        f"        indexes = ({pair!r}, Index(fields={single!r}, name='ix_{model.number}'))",
        f"        unique_together = ({model.unique_together!r},)",
        "",
    ]
    return "\n".join(lines)


def write_project(
    folder: Path, models: int = 1000, url: str = "sqlite://:memory:", *, in_one_module: bool = False
) -> Path:
    """Write the project into ``folder`` and return it; ``settings.TORTOISE_ORM`` is its configuration.

    ``in_one_module`` puts all models into one module of one app.
    """
    modules: dict[str, dict[str, list[str]]] = {}
    for model in shapes(models):
        app, module = model.app, f"models_{model.number % MODELS_PER_APP // MODELS_PER_MODULE:02}"
        text = model_source(model)
        if in_one_module:
            app, module, text = "app0", "models", re.sub(r"'app\d+\.", "'app0.", text)
        modules.setdefault(app, {}).setdefault(module, [HEAD]).append(text)
    package = folder / "bench"
    for app, files in modules.items():
        (package / app).mkdir(parents=True, exist_ok=True)
        (package / app / "__init__.py").write_text("")
        for module, texts in files.items():
            (package / app / f"{module}.py").write_text("\n".join(texts))
    (package / "__init__.py").write_text("")
    apps = {app: {"models": [f"bench.{app}.{module}" for module in files]} for app, files in modules.items()}
    config = {"connections": {"default": url}, "apps": apps}
    (folder / "settings.py").write_text(f'"""Tortoise\'s configuration."""\n\nTORTOISE_ORM = {config!r}\n')
    (folder / "pyproject.toml").write_text('[tool.schemadrift]\ntortoise_orm = "settings.TORTOISE_ORM"\n')
    return folder


if __name__ == "__main__":
    arguments = sys.argv[1:]
    write_project(Path(arguments[0]), *map(int, arguments[1:2]), *arguments[2:3])
