"""What stands below each plot, by the name of its file, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Mapping

from ....text import CLOUD_IN_SCENE, LABEL_OCCLUDED

PLOT_CAPTIONS: Mapping[str, str] = {
    "days_and_clouds": f"Time between mask and scene (days), and {CLOUD_IN_SCENE} (%).",
    "histogram_days_offset": "Days from the mask's image to the scene; below 0 it is older.",
    "histogram_cloud_percent": f"{CLOUD_IN_SCENE.capitalize()} (%), by the product's metadata.",
    "occlusion_of_labels": f"{LABEL_OCCLUDED.capitalize()}, and by what, pair by pair (%).",
    "histogram_occluded_labelled": f"{LABEL_OCCLUDED.capitalize()} (% of the labelled pixels).",
    "histogram_coverage": "Coverage: how much of the mask's footprint the scene has data for (%).",
    "histogram_change": "Change inside the labels between source image and Sentinel-2 (0 to 1).",
    "histogram_shift": "How far masks were moved to meet Sentinel-2 (m).",
    "class_areas": "Area of each class over all pairs (ha).",
    "class_shares_by_split": "Share of each class among the known pixels of each split (%).",
    "pairs_by_month": "Pairs by month of sensing.",
}
