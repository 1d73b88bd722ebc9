"""A plan carried out on a live database, and the row counts looked at before."""
