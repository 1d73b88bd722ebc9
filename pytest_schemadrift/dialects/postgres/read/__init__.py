"""DDL text to values."""
