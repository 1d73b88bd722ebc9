"""The configuration of the cyclic example."""

from __future__ import annotations

import os
from typing import Any


def config(url: str) -> dict[str, Any]:
    """Tortoise's configuration on one connection, ``default``."""
    return {"connections": {"default": url}, "apps": {"cyclic": {"models": ["cyclic.models"]}}}


TORTOISE_ORM = config(os.environ.get("CYCLIC_URL", "sqlite://cyclic.sqlite3"))
