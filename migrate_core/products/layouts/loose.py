"""Band files that lost the product around them, or a granule's folder by itself.

Files belong together whose names begin the same: T31TDG_20200118T104351_B02_10m.jp2 and
…_B03_10m.jp2. They lie in the folder itself or in its IMG_DATA, R10m, R20m, R60m.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .layout import Layout, below, native_bands, scene_classification, shallowest
from .safe import granule_of

_FILE = re.compile(
    r"(?:^|(?P<root>.*?)/)(?:IMG_DATA/)?(?:R\d{2}m/)?"
    r"(?P<stem>(?!MSK_)[^/]*T\d{2}[C-X][A-Z]{2}[^/]*?)_(?:B\d{2}|B8A|SCL)(?:_\d{2}m)?\.jp2$"
)


def find(names: Sequence[str]) -> Layout | None:
    """One granule for each beginning of band names; None where there are no bands."""
    matches = [match for name in names if (match := _FILE.match(name))]
    roots = {f"{match['root']}/" if match["root"] else "" for match in matches}
    root = next(iter(shallowest(sorted(roots))), None)
    if root is None:
        return None
    inside = below(names, root)
    groups: dict[str, list[str]] = {}
    for name in inside:
        match = _FILE.match(name)
        if match is not None and not match["root"]:
            groups.setdefault(match["stem"], []).append(name)
    # What lies beside them is theirs only where they are alone.
    beside = granule_of("", inside, "") if len(groups) == 1 else None
    granules = []
    for stem, files in groups.items():
        alone = granule_of(stem, files, "") if beside is None else replace(beside, name=stem)
        classes = scene_classification(files)
        granules.append(replace(alone, bands=native_bands(files), scene_classification=classes))
    return Layout(root, tuple(granules))
