"""Aerich's own model needs an app; nobody answers at this address."""

TORTOISE_ORM = {
    "connections": {"default": "sqlite://nowhere/live.sqlite3"},
    "apps": {"olden": {"models": ["olden.models", "aerich.models"]}},
}
