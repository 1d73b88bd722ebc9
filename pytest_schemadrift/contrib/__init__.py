"""Tortoise apps of our own, which a project may list among its apps: content types, and permissions on them."""
