"""Values only: a schema, the changes between two, what a server can do, and a schema after changes."""
