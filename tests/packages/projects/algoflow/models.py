"""The package reads its configuration, with everything that its server needs, as soon as its models are imported."""

import os
from pathlib import Path

os.environ["CONFIG_FILE_PATH"] = str(Path(__file__).with_name("config.ini").absolute())

from algo_flow.app.algo.models import *  # noqa: F403
from algo_flow.app.media.models import *  # noqa: F403
from algo_flow.app.system.models import *  # noqa: F403
