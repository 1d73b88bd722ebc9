"""The pytest plugin; nothing heavy is imported until an item runs."""
