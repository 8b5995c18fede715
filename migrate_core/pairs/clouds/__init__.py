"""What occludes the ground of a pair in the Sentinel-2 image: cloud, shadow, cirrus, snow."""

from .assess import Clouds, assess_clouds

__all__ = ["Clouds", "assess_clouds"]
