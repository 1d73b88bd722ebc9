"""A small shop: the example project of pytest-schemadrift."""
