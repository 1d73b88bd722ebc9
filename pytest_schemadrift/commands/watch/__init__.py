"""``schemadrift watch``: the same look again and again, which says something only where the answer changed."""
