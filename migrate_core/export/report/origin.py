"""What a dataset was migrated from: the sensors its labels were drawn on, and what to what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ...masks.dates.sensors import BY_NAME
from ...text import NOT_KNOWN
from ..selection.entries import Entry

_UNNAMED = "sensor not known"
_MOST_SCENES = 200


@dataclass(frozen=True)
class Origin:
    """Labels of one kind of source images.

    `masks` and `pairs` are numbers, `pixels` says how fine the images are, `position` how exact
    their position usually is; `first` and `last` are the days of the source images.
    """

    sensor: str
    masks: int
    pairs: int
    pixels: str
    position: str
    first: str
    last: str


@dataclass(frozen=True)
class UsedScene:
    """A Sentinel-2 product that pixels come from, and in how many pairs."""

    scene_id: str
    pairs: int


def origins(chosen: Sequence[Entry]) -> tuple[Origin, ...]:
    """The kinds of source images, the most frequent first."""
    by_sensor: dict[str, list[Entry]] = defaultdict(list)
    for entry in chosen:
        by_sensor[entry.provenance["mask"].get("sensor") or ""].append(entry)
    found = [_origin(name, entries) for name, entries in by_sensor.items()]
    return tuple(sorted(found, key=lambda one: (-one.pairs, one.sensor)))


def _origin(name: str, entries: Sequence[Entry]) -> Origin:
    sensor = BY_NAME.get(name)
    masks = [entry.provenance["mask"] for entry in entries]
    days = sorted(mask["acquired"][:10] for mask in masks if mask.get("acquired"))
    return Origin(
        sensor.title if sensor else name or _UNNAMED,
        len({mask["mask_id"] for mask in masks}),
        len(entries),
        "{:g} to {:g} m".format(*sensor.pixel_m) if sensor else NOT_KNOWN,
        f"{sensor.position_m:g} m" if sensor else NOT_KNOWN,
        days[0] if days else NOT_KNOWN,
        days[-1] if days else NOT_KNOWN,
    )


def used_scenes(chosen: Sequence[Entry]) -> tuple[Sequence[UsedScene], int]:
    """The products that pixels come from, the most used first, and how many aren't listed."""
    counts: dict[str, int] = defaultdict(int)
    for entry in chosen:
        for scene in entry.provenance["scenes"]:
            counts[scene["scene_id"]] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    listed = [UsedScene(*item) for item in ordered[:_MOST_SCENES]]
    return listed, len(ordered) - len(listed)


def made_by(chosen: Sequence[Entry]) -> tuple[str, ...]:
    """The versions of the program that made the pairs."""
    versions = {(entry.provenance.get("software") or {}).get("version") for entry in chosen}
    return tuple(sorted(version for version in versions if version))
