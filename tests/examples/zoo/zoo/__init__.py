"""One of everything that Tortoise ORM 1.1 can create: after ``generate_schemas`` no drift may be found in it."""
