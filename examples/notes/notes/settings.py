"""Tortoise's configuration: one app in one SQLite file."""

TORTOISE_ORM = {
    "connections": {"default": "sqlite://notes.sqlite3"},
    "apps": {"notes": {"models": ["notes.models"], "default_connection": "default"}},
}
