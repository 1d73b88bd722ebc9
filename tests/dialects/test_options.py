"""What only one kind of database can say is an option: it is in the dialect's docstring and in each of its parts."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "pytest_schemadrift" / "dialects"

_ANY_NAME = "options of a table, and of a VECTOR index, are read by any name"
ABSENT = {
    ("postgres", "read", "triggers_disabled"): "it is in no DDL",
    ("postgres", "write", "triggers_disabled"): "a key that was recreated has its triggers",
    **{("mysql", "read", name): _ANY_NAME for name in ("row_format", "distance")},
    ("mysql", "catalog", "row_format"): _ANY_NAME,
    **{("mysql", "catalog", name): "only SHOW CREATE TABLE tells it" for name in ("m", "distance")},
}
"""(dialect, part of it, option) where an option has no place, and why."""


def documented(dialect: str) -> list[str]:
    """The names of the options in the table of a dialect's docstring."""
    text = import_module(f"pytest_schemadrift.dialects.{dialect}").__doc__ or ""
    rows = re.findall(
        r"^(?:[A-Z][A-Za-z]+|[a-z]+(?:, [a-z ]+| key)*) +(?:``)?([a-z_]+(?:, [a-z_]+)*)(?:``)?  ", text, re.MULTILINE
    )
    return [name for names in rows for name in names.split(", ") if name not in ("option", "name")]


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite"])
@pytest.mark.parametrize("part", ["catalog", "read", "write"])
def test_an_option_is_read_from_the_catalog_and_from_ddl_and_is_written(dialect: str, part: str) -> None:
    one_reads = dialect == "sqlite" and part != "write"  # what its catalog keeps is DDL
    folders = [PACKAGE / dialect / folder for folder in (("catalog", "read") if one_reads else (part,))]
    sources = "\n".join(path.read_text("utf-8") for folder in folders for path in sorted(folder.rglob("*.py")))
    names = documented(dialect)
    assert len(names) > 5
    missing = [name for name in names if not re.search(rf"\b{name}_?\b", sources)]
    assert missing == [name for name in names if (dialect, part, name) in ABSENT]
