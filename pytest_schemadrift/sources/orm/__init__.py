"""The only package that knows Tortoise's insides."""
