"""In production, the shop's database is elsewhere; nothing here ever asks it."""

import os

TORTOISE_ORM = {
    "connections": {"default": os.environ.get("DATABASE_URL", "sqlite://nowhere/shop.sqlite3")},
    "apps": {"shop": {"models": ["shop.models"], "default_connection": "default"}},
}
