"""What differs between kinds of database, one package each, behind one value: ``Dialect``."""
