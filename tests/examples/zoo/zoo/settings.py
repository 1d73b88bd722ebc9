"""The zoo's configuration for each kind of database."""

from __future__ import annotations

import os
from typing import Any

MODULES = {
    "postgres": ("zoo.common", "zoo.standard", "zoo.postgres", "zoo.elsewhere"),
    "mysql": ("zoo.common", "zoo.mysql", "zoo.mysql8", "zoo.elsewhere"),
    "mariadb": ("zoo.common", "zoo.mysql", "zoo.elsewhere"),
    "sqlite": ("zoo.common", "zoo.standard", "zoo.elsewhere"),
}
"""Every module is an app of its own name: ``common``, ``standard`` (not for MySQL and MariaDB), …"""


def config(dialect: str, url: str, *, constraints: bool = False) -> dict[str, Any]:
    """Tortoise's configuration of the zoo on one connection, ``default``.

    ``constraints`` adds the models with ``Meta.constraints``, which ``generate_schemas`` does not create: what it made
    of them is drift, and rightly so.
    """
    modules = (*MODULES[dialect], *(("zoo.constrained",) if constraints else ()))
    apps = {module.removeprefix("zoo."): {"models": [module], "default_connection": "default"} for module in modules}
    return {"connections": {"default": url}, "apps": apps}


TORTOISE_ORM = config(os.environ.get("ZOO_DIALECT", "sqlite"), os.environ.get("ZOO_URL", "sqlite://zoo.sqlite3"))
