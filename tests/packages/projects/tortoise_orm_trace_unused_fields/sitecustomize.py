"""The package replaces the metaclass of models when Tortoise is imported, so it comes before."""

from tortoise_trace_unused import hook_tortoise

hook_tortoise()
