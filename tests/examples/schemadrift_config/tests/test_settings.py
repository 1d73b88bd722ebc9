"""Tests of the project's own settings: what the tools were configured with, and where that was found."""


def test_every_app_has_a_connection(schemadrift_config):
    tortoise = schemadrift_config.tortoise
    assert {app.default_connection for app in tortoise.apps.values()} <= set(tortoise.connections)


def test_nobody_switches_off_a_check(schemadrift_config):
    settings = schemadrift_config.settings
    assert settings.safe
    assert settings.unmanaged != "ignore"
    assert settings.exclude == ()


def test_where_the_configuration_was_found(schemadrift_config):
    assert schemadrift_config.tortoise.origin == "pyproject.toml [tool.schemadrift] = shop.settings.TORTOISE_ORM"
