"""SQLite 3.37 and later, through aiosqlite."""
