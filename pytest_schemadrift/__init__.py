"""Find the drift between Tortoise ORM models and live databases."""
