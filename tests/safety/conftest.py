"""The throw-away project of the tests of ``apply``."""

from tests.apply.conftest import shop

__all__ = ["shop"]
