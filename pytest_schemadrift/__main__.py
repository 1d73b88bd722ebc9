"""``python -m pytest_schemadrift`` is ``schemadrift``."""

from pytest_schemadrift.cli import main

main()
