"""One connection for each defect of Tortoise's native migrations, on the kind of database of ``$DEFECTS_ON``."""

import os

DIALECT = os.environ.get("DEFECTS_ON", "sqlite")
APPS = ("constrained", "loose", "added", "nested", "twice", "indexed")
TORTOISE_ORM = {
    "connections": {name: f"{DIALECT}://{name}" for name in APPS},
    "apps": {
        name: {
            "models": [f"defects.{name}.models"],
            "default_connection": name,
            "migrations": f"defects.{name}.migrations",
        }
        for name in APPS
    },
}
