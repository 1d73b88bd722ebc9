"""Tortoise's configuration of the shop."""

import os

TORTOISE_ORM = {
    "connections": {"default": os.environ.get("DATABASE_URL", "asyncpg://shop@localhost:5432/shop")},
    "apps": {"shop": {"models": ["shop.models"], "default_connection": "default"}},
}
