"""Writes a believable Tortoise project of N models into a folder, for speed checks; the same N gives the same bytes.

``python tests/benchmarks/models.py FOLDER [N] [URL]``: a package ``bench`` of several apps and a ``settings.py`` with
``TORTOISE_ORM``. Each model has about twelve mixed columns, one or two foreign keys (also to other apps), two
indexes, a unique set and comments; every fifth has a many-to-many field.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

MODELS_PER_APP = 100
MODELS_PER_MODULE = 5
"""Tortoise reads a module's source once per class of it (before Python 3.13): a long module takes minutes to import."""
SEED = 7

COLUMNS = (
    "fields.CharField(max_length={n}, description='What it is called, part {i}')",
    "fields.CharField(max_length={n}, null=True)",
    "fields.TextField(null=True)",
    "fields.IntField(default=0)",
    "fields.BigIntField(null=True)",
    "fields.SmallIntField(db_default={i})",
    "fields.BooleanField(default=False)",
    "fields.BooleanField(db_default=True)",
    "fields.DecimalField(max_digits=12, decimal_places=2)",
    "fields.DecimalField(max_digits=12, decimal_places=4, db_default='1.5')",
    "fields.DatetimeField(auto_now_add=True)",
    "fields.DatetimeField(auto_now=True)",
    "fields.DatetimeField(db_default=Now())",
    "fields.DateField(null=True, description='The day it began')",
    "fields.FloatField(null=True)",
    "fields.JSONField(null=True)",
    "fields.UUIDField(null=True)",
    "fields.BinaryField(null=True)",
    "fields.TimeDeltaField(null=True)",
    "fields.CharField(max_length={n}, unique=True)",
    "fields.CharField(max_length={n}, db_default='new')",
    "fields.IntField(source_field='col_{i}', db_index=True)",
)
ON_DELETE = ("CASCADE", "SET_NULL", "RESTRICT")


def app_of(number: int) -> str:
    """The app label of a model."""
    return f"app{number // MODELS_PER_APP}"


def model_source(number: int, chance: random.Random) -> str:
    """The class of one model; it refers only to models of lower numbers."""
    lines = ["", f"class Model{number}(Model):", f'    """The model number {number}."""', ""]
    names = []
    for index, template in enumerate(chance.sample(COLUMNS, 10)):
        name = f"field_{index}"
        names.append(name)
        lines.append(f"    {name} = {template.format(n=chance.choice((20, 50, 100, 255)), i=index)}")
    for index in range(chance.choice((1, 2)) if number else 0):
        other, action = chance.randrange(max(0, number - 150), number), chance.choice(ON_DELETE)
        null = action == "SET_NULL" or chance.random() < 0.3
        lines.append(
            f"    owner_{index} = fields.ForeignKeyField('{app_of(other)}.Model{other}', "
            f"related_name='m{number}_{index}', on_delete=fields.OnDelete.{action}, null={null})"
        )
    if number % 5 == 4:
        other = chance.randrange(max(0, number - 150), number)
        lines.append(
            f"    links = fields.ManyToManyField('{app_of(other)}.Model{other}', related_name='linked_{number}', "
            f"through='link_{number}')"
        )
    simple = [name for name, line in zip(names, lines[4:], strict=False) if not _is_long(line)]
    chosen = chance.sample(simple, 4)
    lines += [
        "",
        "    class Meta:",
        f"        table = 'bench_model_{number}'",
        f"        indexes = (({chosen[0]!r}, {chosen[1]!r}), Index(fields=({chosen[2]!r},), name='ix_{number}'))",
        f"        unique_together = (({chosen[1]!r}, {chosen[3]!r}),)",
        "",
    ]
    return "\n".join(lines)


def _is_long(line: str) -> bool:
    """Types that MySQL cannot index without a prefix length."""
    return any(word in line for word in ("TextField", "JSONField", "BinaryField"))


def write_project(folder: Path, models: int = 1000, url: str = "sqlite://:memory:") -> Path:
    """Write the project into ``folder`` and return it; ``settings.TORTOISE_ORM`` is its configuration."""
    chance = random.Random(SEED)
    package = folder / "bench"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text("")
    head = (
        '"""Made by tests/benchmarks/models.py."""\n\nfrom tortoise import fields\nfrom tortoise.fields import Now\n'
        "from tortoise.indexes import Index\nfrom tortoise.models import Model\n"
    )
    modules: dict[str, dict[str, list[str]]] = {}
    for number in range(models):
        module = f"models_{number % MODELS_PER_APP // MODELS_PER_MODULE:02}"
        texts = modules.setdefault(app_of(number), {}).setdefault(module, [head])
        texts.append(model_source(number, chance))
    for app, files in modules.items():
        (package / app).mkdir(exist_ok=True)
        (package / app / "__init__.py").write_text("")
        for module, texts in files.items():
            (package / app / f"{module}.py").write_text("\n".join(texts))
    apps = {app: {"models": [f"bench.{app}.{module}" for module in files]} for app, files in modules.items()}
    config = {"connections": {"default": url}, "apps": apps}
    (folder / "settings.py").write_text(f'"""Tortoise\'s configuration."""\n\nTORTOISE_ORM = {config!r}\n')
    (folder / "pyproject.toml").write_text('[tool.schemadrift]\ntortoise_orm = "settings.TORTOISE_ORM"\n')
    return folder


if __name__ == "__main__":
    arguments = sys.argv[1:]
    write_project(Path(arguments[0]), *map(int, arguments[1:2]), *arguments[2:3])
