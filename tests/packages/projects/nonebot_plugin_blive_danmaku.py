"""The models of a plugin, whose package wants a bot to be there."""

import nonebot

nonebot.init(driver="~fastapi")
nonebot.load_plugin("nonebot_plugin_blive_danmaku")

from nonebot_plugin_blive_danmaku.database.model import *  # noqa: E402, F403
