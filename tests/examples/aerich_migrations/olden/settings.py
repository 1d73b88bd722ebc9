"""Aerich's own model needs an app; nobody answers at this address."""

import os

TORTOISE_ORM = {
    "connections": {"default": os.environ.get("DATABASE_URL", "sqlite://nowhere/live.sqlite3")},
    "apps": {"olden": {"models": ["olden.models", "aerich.models"]}},
}
