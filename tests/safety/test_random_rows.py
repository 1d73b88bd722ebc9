"""A law: what Tortoise read before a plan in safe mode it reads afterwards, whatever the two generations of models."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from tortoise import Model, Tortoise, fields
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.exceptions import IntegrityError

from tests.commands.random_models import MODELS, two_generations
from tests.harness import ONE_OF, run, typed

Rows = dict[str, dict[int, dict[str, Any]]]
"""The rows of each model by key, as their fields read them."""
PROJECT = '[tool.schemadrift]\ntortoise_orm = "settings.TORTOISE_ORM"\n'
SETTINGS = """
TORTOISE_ORM = {{
    "connections": {{"default": "{url}"}},
    "apps": {{"store": {{"models": ["store.models"], "default_connection": "default"}}}},
}}
"""
WORDS = ("", " ", "a", "007", "1e3", "it's", "null", "ß", "日本", "x y ", "\\", "-5", "true", "2020-01-01", "{}", "A")
INTEGERS = {"SmallIntField": 2**15, "IntField": 2**31, "BigIntField": 2**63}


def tried() -> Iterator[object]:
    """A few pairs of models in every run, more with ``make test ALL=1``."""
    pairs = {"sqlite": 25, "postgres": 25, "mariadb": 12} if ONE_OF == 1 else {"sqlite": 2, "postgres": 1}
    for dialect, count in pairs.items():
        for seed in range(6, 6 + count):
            yield pytest.param(dialect, seed, marks=getattr(pytest.mark, dialect))


def value_of(field: fields.Field[Any], random: Random) -> Any:
    """A value that the field takes; some are on its edges."""
    kind = type(field).__name__
    match kind:
        case "SmallIntField" | "IntField" | "BigIntField":
            edge = INTEGERS[kind]
            return random.choice((-edge, edge - 1, 0, 1, random.randrange(-edge, edge)))
        case "CharField":
            return (random.choice(WORDS) + random.choice(("", "x" * 99)))[: getattr(field, "max_length", 9)]
        case "TextField":
            return random.choice(WORDS) + "long " * random.choice((0, 200))
        case "BooleanField":
            return random.random() < 0.5
        case "DecimalField":
            return Decimal(random.randrange(-(10**9), 10**9)).scaleb(-2)
        case "DatetimeField":
            return datetime(1970, 1, 2, tzinfo=UTC) + timedelta(microseconds=random.randrange(10**15))
        case "DateField":
            return date(1, 1, 1) + timedelta(days=random.randrange(3_600_000))
        case "FloatField":
            return random.choice((0.0, 1.5, -1e300, 0.1, random.random()))
        case "JSONField":
            return random.choice(({"a": [1, None, "é"]}, [], 7, {}))
        case "UUIDField":
            return UUID(int=random.getrandbits(128))
        case _:
            return random.randbytes(random.choice((0, 1, 20)))


@asynccontextmanager
async def opened(url: str, path: Path) -> AsyncIterator[list[type[Model]]]:
    """Tortoise on the database, with the models of a file."""
    module = imported(path)
    EXECUTOR_CACHE.clear()  # it knows statements by connection and table, those of another server's too
    await Tortoise.init(db_url=url, modules={"store": [module.__name__]})
    try:
        yield [getattr(module, name) for name in MODELS if hasattr(module, name)]
    finally:
        await Tortoise.close_connections()
        del sys.modules[module.__name__]


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def own_fields(model: type[Model]) -> list[str]:
    """The fields that are columns, but for the key."""
    return sorted(set(model._meta.fields_db_projection) - {"id"})


async def fill(models: list[type[Model]], random: Random) -> None:
    """Some rows for each model, with relations; what a unique field refuses is left out."""
    keys: dict[type[Model] | None, list[int]] = {}
    for model in models:
        parent = next((other for other in keys if other and f"{other.__name__}" in _parent_of(model)), None)
        for key in (*range(1, 6), 2**31 - 1):
            row: dict[str, Any] = {"id": key}
            for name in own_fields(model):
                field = model._meta.fields_map[name]
                if name == "parent_id":
                    row[name] = random.choice([*keys.get(parent, []), *([None] if field.null else [])])
                elif not getattr(field, "auto_now_add", False):
                    row[name] = None if field.null and random.random() < 0.3 else value_of(field, random)
            try:
                await model.create(**row)
            except IntegrityError:
                continue
            keys.setdefault(model, []).append(key)


def _parent_of(model: type[Model]) -> str:
    field = model._meta.fields_map.get("parent")
    return getattr(field, "model_name", "") or getattr(getattr(field, "related_model", None), "__name__", "")


async def read(models: list[type[Model]]) -> Rows:
    """Every row of every model, as Tortoise reads it."""
    return {
        model.__name__: {row.pk: {name: getattr(row, name) for name in own_fields(model)} for row in await model.all()}
        for model in models
    }


def as_text(rows: Rows) -> Rows:
    """The values without their types: fields of the first models read a number where a text is kept by now."""

    def text(value: Any) -> str | None:
        if value is None or isinstance(value, dict | list | bytes):
            return None if value is None else repr(value)
        try:
            return str(Decimal(str(int(value) if isinstance(value, bool) else value)).normalize())
        except InvalidOperation:
            return str(value)

    return {
        model: {key: {name: text(value) for name, value in row.items()} for key, row in found.items()}
        for model, found in rows.items()
    }


def differences(before: Rows, after: Rows) -> list[tuple[object, ...]]:
    """The values that are another one, or gone."""
    return [
        (model, key, name, value, after[model].get(key, {}).get(name, "gone"))
        for model, rows in before.items()
        for key, row in rows.items()
        for name, value in row.items()
        if after[model].get(key, {}).get(name, "gone") != value
    ]


async def readable(models: list[type[Model]], drifted: str) -> Rows:
    """Of the wanted models, every row of each field whose column the report does not name."""
    found: Rows = {}
    for model in models:
        table = model._meta.db_table
        if f"table {table} " in drifted:
            continue
        names = [name for name in own_fields(model) if f"{table}.{name}" not in drifted]
        rows = await model.all().only("id", *names)
        found[model.__name__] = {row.pk: {name: getattr(row, name) for name in names} for row in rows}
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("dialect", "seed"), list(tried()))
@pytest.mark.tried("random pairs of models with rows, read by Tortoise before and after `apply --yes`")
def test_what_could_be_read_can_be_read_after_safe_mode(
    dialect: str, seed: int, tmp_path: Path, fresh_database: Callable[[str], str]
) -> None:
    first, second = (tmp_path / f"{name}_{seed}.py" for name in ("before", "after"))
    texts = two_generations(Random(seed), "store")
    for path, text in zip((first, second), texts, strict=True):
        path.write_text(text)
    url = fresh_database(dialect)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "__init__.py").touch()
    (tmp_path / "store" / "models.py").write_text(texts[1])
    (tmp_path / "settings.py").write_text(SETTINGS.format(url=url))
    (tmp_path / "pyproject.toml").write_text(PROJECT)

    async def filled() -> Rows:
        async with opened(url, first) as models:
            await Tortoise.generate_schemas()
            await fill(models, Random(seed))
            return await read(models)

    async def read_again() -> Rows:
        async with opened(url, first) as models:
            return await read(models)

    async def read_as_wanted(drifted: str) -> Rows:
        async with opened(url, second) as models:
            return await readable(models, drifted)

    before = run(filled())
    assert any(before.values())
    done = typed(tmp_path, "apply", "--yes")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert differences(as_text(before), as_text(run(read_again()))) == [], done.stdout
    after = run(read_as_wanted(typed(tmp_path, "check").stdout))
    for name, rows in after.items():
        assert rows.keys() == before.get(name, rows).keys(), done.stdout
