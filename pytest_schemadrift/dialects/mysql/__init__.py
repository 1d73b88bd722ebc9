"""MySQL 8 and later and MariaDB 10.5 and later, through asyncmy."""
