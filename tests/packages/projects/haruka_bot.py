"""The models of a bot, which can be imported once NoneBot is there."""

import nonebot

nonebot.init(driver="~fastapi")

from haruka_bot.database.models import *  # noqa: E402, F403
