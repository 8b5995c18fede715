"""What occludes the ground of a pair in the Sentinel-2 image: cloud, shadow, cirrus, snow."""

from .assess import Clouds, judge_clouds

__all__ = ["Clouds", "judge_clouds"]
