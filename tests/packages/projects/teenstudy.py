"""The models of a plugin, whose package wants a bot to be there."""

import nonebot

nonebot.init(driver="~fastapi")
nonebot.load_plugin("TeenStudy")

from TeenStudy.models.accuont import *  # noqa: E402, F403
from TeenStudy.models.dxx import *  # noqa: E402, F403
