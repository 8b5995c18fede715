"""A synthetic mining landscape with known truth: labels, source images, Sentinel-2 products.

It imports nothing else from `migrate_core`, so that the rest can be measured against it.
"""

from .case import DemoCase, Progress, make_demo

__all__ = ["DemoCase", "Progress", "make_demo"]
