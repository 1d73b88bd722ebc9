"""The project's configuration: its settings, Tortoise's configuration, and database URLs."""
