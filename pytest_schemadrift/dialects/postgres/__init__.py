"""PostgreSQL 12 and later, through asyncpg."""
