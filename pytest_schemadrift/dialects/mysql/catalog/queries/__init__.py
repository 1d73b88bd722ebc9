"""The text of our catalog queries, one file each; every column has an alias, because MySQL shouts bare ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def query(name: str) -> str:
    """The query in ``<name>.sql``."""
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8").strip()
