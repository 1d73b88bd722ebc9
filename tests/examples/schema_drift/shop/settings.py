"""In production, the shop's database is a PostgreSQL; nothing here ever asks it."""

import os

TORTOISE_ORM = {
    "connections": {"default": os.environ.get("DATABASE_URL", "asyncpg://shop@127.0.0.1:9/shop")},
    "apps": {
        "shop": {"models": ["shop.models"], "default_connection": "default", "migrations": "shop.migrations"},
    },
}
