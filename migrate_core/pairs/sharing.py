"""What pairs of one run share in one process: opened products, whose metadata are parsed once."""

from __future__ import annotations

from ..model import Scene
from ..products.product import Product
from ..products.remembered import Remembered
from ..scenes.access.opening import open_scene
from .task import Sharing

# A pair has one product, or the few of a mosaic; batches have one scene.
_KEPT = 8

_opened: Remembered[tuple[str, ...], Product] = Remembered(_KEPT)


def opened_scene(scene: Scene, sharing: Sharing | None) -> Product:
    """The product of a scene as `open_scene` gives it; for a run it is opened once.

    One that is written anew is another product for the next run only. Raises MigrateError.
    """
    if sharing is None:
        return open_scene(scene)
    key = (sharing.run, scene.source, scene.scene_id, scene.tile or "", scene.href)
    found = _opened.find(key)
    if found is None:
        found = open_scene(scene)
        _opened.keep(key, found)
    return found
