"""The models of a plugin, which can be imported once its bot is there and has loaded it."""

import nonebot

nonebot.init(driver="~fastapi")
nonebot.load_plugin("nonebot_plugin_learning_chat")

from nonebot_plugin_learning_chat.models import *  # noqa: E402, F403
