"""What the libraries that load arrays must know before they are imported."""

import os

# `datasets` would ask the Hub, also for a folder that is here.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
