"""What pytest calls: the doorway of the plugin, which imports nothing heavy unless ``--schema-drift`` is given."""

from __future__ import annotations
