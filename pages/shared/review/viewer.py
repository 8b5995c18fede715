"""The viewer of a pair, kept behind `show_pair` so that a faster one can take its place."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st

from migrate_core.errors import MaskError, MigrateError
from migrate_core.model import Mask, Shift
from migrate_core.pairs.view.drawing import (
    NEUTRAL,
    NEUTRAL_DARK,
    Colour,
    class_colours,
    format_length,
    jpeg,
    png,
)
from migrate_core.pairs.view.quicklook import (
    FILL,
    NO_LABEL,
    OCCLUSIONS,
    SINGLE_BAND,
    Quicklook,
    ViewOptions,
    look_grid,
    read_pair,
    render,
)
from migrate_core.pairs.view.shift_drawing import draw_shift, format_shift
from migrate_core.pairs.view.source_view import SourceLook, source_look
from migrate_core.products.scene_classes import Flag
from migrate_core.review.queue_rows import ReviewItem
from migrate_core.text import format_time
from pages.shared.text import plain

COMPOSITE_NAMES = {
    "true_colour": "True colour",
    "false_colour": "False colour",
    "swir": "SWIR",
    SINGLE_BAND: "One band",
}
_NOTHING = np.zeros((0, 0, 3), dtype=np.uint8)
THUMBNAIL = 160
# The pictures get the room that other pages leave empty. However high a pair is, all of it is
# seen at once, and both pictures at one scale.
STYLE = """<style>
.stMainBlockContainer {padding: 2rem}
.st-key-pair_pictures img {max-height: max(20rem, calc(100vh - 28.5rem)); width: auto !important}
.st-key-pair_gallery img {aspect-ratio: 1; object-fit: contain; width: 100%}
</style>"""
_AHEAD = ThreadPoolExecutor(1, thread_name_prefix="pictures")


@dataclass(frozen=True)
class PairView:
    """The pair that is shown, and the folder of its files."""

    item: ReviewItem
    folder: Path


def _with_colours(options: ViewOptions, mask: Mask | None) -> ViewOptions:
    """The options with the colours that the mask brings for its classes."""
    return replace(options, colours=tuple(class_colours(mask).items()))


def show_pair(view: PairView, options: ViewOptions) -> None:
    """Sentinel-2 and the source image beside each other, with scale bars, legends, captions.

    Raises MigrateError when the pair's files can't be read.
    """
    options = _with_colours(options, view.item.mask)
    left, right = st.container(key="pair_pictures").columns(2)
    with left, st.container(gap="xsmall"):
        file, look = _scene_picture(str(view.folder), options, view.item.pair.shift)
        st.markdown(f"**Sentinel-2** · {_scene_day(view.item)}")
        st.image(file, width="stretch", alt=f"Sentinel-2 over {view.item.pair.mask_name}")
        st.html(_legend(look, options, view.item.mask) + _shift_line(view.item.pair.shift))
        st.caption(_scene_caption(view.item, look, options))
    with right, st.container(gap="xsmall"):
        _show_source(view, options)


def _show_source(view: PairView, options: ViewOptions) -> None:
    """The source image; where there is none, why, and the scene without label to compare."""
    mask = view.item.mask
    taken = mask.acquired.formatted if mask and mask.acquired else "date not known"
    try:
        if mask is None:
            raise MaskError("The mask of this pair was taken out, and with it its source image.")
        file, look = _source_picture(_source_of(mask), str(view.folder), _for_source(options))
    except MaskError as err:
        bare = replace(options, label=NO_LABEL, occlusion=False)
        file, scene = _scene_picture(str(view.folder), bare)
        st.markdown("**No source image** · Sentinel-2 without the label")
        st.image(file, width="stretch", alt="Sentinel-2 without the label")
        st.html(_legend(scene, bare, mask))
        st.caption(f"{plain(str(err))} A source image can be attached on the page Masks.")
        return
    st.markdown(f"**Source image** · {taken}")
    st.image(file, width="stretch", alt=f"Source image of {view.item.pair.mask_name}")
    scene = _scene_picture(str(view.folder), options, view.item.pair.shift)[1]
    st.html(_legend_line([*_class_entries(scene, options, mask), *_outside(scene)]))
    st.caption(_source_caption(mask, look))


def prefetch(view: PairView, options: ViewOptions) -> None:
    """Draw a pair that will be wanted soon, in the background: `show_pair` finds it ready."""
    _AHEAD.submit(_draw, view, options)


def _draw(view: PairView, options: ViewOptions) -> None:
    options = _with_colours(options, view.item.mask)
    try:
        _scene_picture(str(view.folder), options, view.item.pair.shift)
        if view.item.mask is not None:
            _source_picture(_source_of(view.item.mask), str(view.folder), _for_source(options))
    except MigrateError:
        pass  # It is reported when the pair is shown.


def thumbnail(folder: Path, options: ViewOptions) -> bytes:
    """A small picture of a pair for the gallery, as a PNG file. Raises MigrateError."""
    return _scene_picture(str(folder), replace(options, size=THUMBNAIL))[0]


# Pairs never change, and these caches, unlike Streamlit's, can be filled by another thread.
@lru_cache(maxsize=400)
def _scene_picture(
    folder: str, options: ViewOptions, shift: Shift | None = None
) -> tuple[bytes, Quicklook]:
    """The PNG file of a pair, and the quicklook it was made from without its pixels."""
    look = render(read_pair(Path(folder), options.bands, options.size), options)
    picture = look.rgb if shift is None else draw_shift(look.rgb, shift)
    return png(picture), replace(look, rgb=_NOTHING)


@dataclass(frozen=True)
class _Source:
    """A mask with its source image; equal as long as the files are the same."""

    mask_id: str
    sha256: str | None
    image: str | None
    written: int
    mask: Mask = field(compare=False)


@lru_cache(maxsize=200)
def _source_picture(source: _Source, folder: str, options: ViewOptions) -> tuple[bytes, SourceLook]:
    """The JPEG file of a mask's source image on the grid of the pair's picture."""
    look = source_look(source.mask, look_grid(Path(folder), options.size), options)
    return jpeg(look.rgb), replace(look, rgb=_NOTHING)


def _source_of(mask: Mask) -> _Source:
    image = Path(mask.source.path) if mask.source.path else None
    written = image.stat().st_mtime_ns if image and image.is_file() else 0
    return _Source(mask.mask_id, mask.sha256, mask.source.path, written, mask)


def _for_source(options: ViewOptions) -> ViewOptions:
    """Only what makes a difference to the source image."""
    return replace(options, band="", occlusion=False)


# words and legends


def _scene_day(item: ReviewItem) -> str:
    if not item.scenes:
        return "scene not in the store any more"
    return format_time(item.scenes[0].sensed_at)


def _scene_caption(item: ReviewItem, look: Quicklook, options: ViewOptions) -> str:
    """Scene, bands and stretch."""
    low, high = options.percentiles
    ranges = ", ".join(f"{band} {a:.3f}–{b:.3f}" for band, (a, b) in look.ranges.items())
    return (
        f"{plain(', '.join(item.pair.scene_ids))}. {_shown(look, options)}, 10 m pixels, north is "
        f"up. Black to white: {low:g} to {high:g} % of the pixels with data, reflectance {ranges}."
    )


def _shown(look: Quicklook, options: ViewOptions) -> str:
    """`True colour (B04, B03, B02)`, or which band stands for it in grey, and why."""
    if not look.missing:
        return f"{COMPOSITE_NAMES[options.composite]} ({', '.join(options.bands)})"
    return (
        f"{', '.join(look.ranges)} in grey, since {COMPOSITE_NAMES[options.composite].lower()} "
        f"needs {', '.join(look.missing)}, which the product lacks"
    )


def _source_caption(mask: Mask, look: SourceLook) -> str:
    names = ", ".join("near infrared" if band == "nir" else band for band in look.bands)
    said = " (order assumed: the file doesn't name its bands)" if look.assumed else ""
    outline = (
        "The label is the mask itself."
        if look.outlined
        else "The mask file has changed or is gone, so its label isn't drawn."
    )
    return (
        f"{plain(Path(mask.source.path or '').name)}. Bands {plain(names)}{said}, "
        f"{format_length(float(f'{look.pixel_m:.2g}'))} pixels, same extent and scale as "
        f"beside. {outline}"
    )


def _legend(look: Quicklook, options: ViewOptions, mask: Mask | None) -> str:
    """What the colours of the Sentinel-2 picture mean."""
    entries = list(_class_entries(look, options, mask))
    if options.occlusion:
        drawn = [OCCLUSIONS[flag] for flag in look.occlusions]
        entries += [_entry(name, _striped(colour, turn)) for name, colour, turn in drawn]
        entries += [] if drawn else ["<span>nothing occludes the ground</span>"]
    elif Flag.NO_DATA in look.occlusions:
        entries.append(_entry("no data", _striped(NEUTRAL_DARK, 1)))
    return _legend_line([*entries, *_outside(look)])


def _shift_line(shift: Shift | None) -> str:
    """What the arrow in the corner says."""
    if shift is None:
        return ""
    words = f"Arrow: {format_shift(shift)} (95 % confidence); its ring is one 10 m pixel."
    return _legend_line([f"<span>{words}</span>"])


def _class_entries(look: Quicklook, options: ViewOptions, mask: Mask | None) -> Iterable[str]:
    if options.label == NO_LABEL:
        return
    if not look.class_ha:
        yield "<span>no pixel has a class</span>"
    for value, area in look.class_ha.items():
        colour = _css(options.colour_of(value))
        style = f"background:{colour}" if options.label == FILL else f"border:3px solid {colour}"
        yield _entry(f"{_class_name(value, mask)}: {area:,.1f} ha", style)


def _outside(look: Quicklook) -> list[str]:
    return [_entry("outside the mask", f"background:{_css(NEUTRAL)}")] if look.outside else []


def _class_name(value: int, mask: Mask | None) -> str:
    """What a stored class value is called, by the name that its value in the file was given."""
    names = (mask.classes.names if mask else None) or {}
    classes = (mask.classes.stored if mask else None) or {}
    named = [
        names[source] for source, stored in classes.items() if stored == value and source in names
    ]
    return f"{named[0]} (class {value})" if named else f"class {value}"


def _legend_line(entries: Iterable[str]) -> str:
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.85rem">'
        f"{''.join(entries)}</div>"
    )


def _entry(text: str, style: str) -> str:
    """A small sample with its meaning."""
    sample = (
        "display:inline-block;width:1em;height:1em;margin-right:.4em;vertical-align:-.12em;"
        f"box-sizing:border-box;outline:1px solid #666;{style}"
    )
    return f'<span><span style="{sample}"></span>{escape(text)}</span>'


def _striped(colour: Colour, direction: int) -> str:
    angle = {0: 90, 1: 135, -1: 45, 2: 0}[direction]
    stripe = _css(colour)
    return (
        f"background:repeating-linear-gradient({angle}deg,{stripe} 0 3px,"
        f"color-mix(in srgb,{stripe} 30%,white) 3px 6px)"
    )


def _css(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
