"""Nobody answers at this address: migrations are compared with the models in a database of their own."""

import os

TORTOISE_ORM = {
    "connections": {"default": os.environ.get("DATABASE_URL", "sqlite://nowhere/live.sqlite3")},
    "apps": {"native": {"models": ["native.models"], "migrations": "native.migrations"}},
}
