"""What a person can say about the masks being added: each option of `masks add` has its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.masks.dates.patterns import EXAMPLE, compile_pattern, date_by_pattern
from migrate_core.masks.dates.sensors import SENSORS
from migrate_core.masks.register.uploads import VECTOR_SUFFIXES, Uploaded
from migrate_core.text import _
from pages.shared.text import message_of

_SHOWN = 6
_OCCLUDED = "Occluded in the source image"
_AUTOMATIC, _MARGIN, _CHIPS = "As they lie", "Each feature", "A grid of chips"
_AREAS = {
    _AUTOMATIC: "All features of a file in one area, if they lie together; else each its own.",
    _MARGIN: "A mask for each feature: its extent and a margin around it.",
    _CHIPS: "Square chips wherever there is a feature.",
}


@dataclass(frozen=True)
class Chosen:
    """The options of `masks add` by name, as given; `files` are tables sent with the masks."""

    given: Mapping[str, Any]
    files: tuple[tuple[str, Uploaded], ...]


def mask_options(where: str, names: Sequence[str], columns: Sequence[str]) -> Chosen:
    """The options, folded away; `where` tells the places apart in which they are asked for.

    `names` are those of the files chosen so far, on which a date pattern is shown at work;
    `columns` those of the vector layer among them.
    """
    ask = _Asker(where)
    with st.expander(
        _("Options: dates, classes, georeference, polygons, occlusion"), icon=":material/tune:"
    ):
        tabs = st.tabs(
            [
                _("Dates"),
                _("Classes"),
                _("Georeference"),
                _("Polygons"),
                _("Occluded in the source image"),
            ]
        )
        askers: list[Callable[[_Asker], None]] = [
            lambda ask: _dates(ask, names),
            _classes,
            _georeference,
            lambda ask: _polygons(ask, columns),
            _occlusion,
        ]
        for tab, questions in zip(tabs, askers, strict=True):
            with tab:
                questions(ask)
    return Chosen(ask.given, tuple(ask.files))


def text_values(text: str) -> list[str]:
    """The values in a line of text, with commas or spaces between."""
    return text.replace(",", " ").replace(";", " ").split()


class _Asker:
    """Asks with Streamlit's widgets and collects the answers by the names of the options."""

    def __init__(self, where: str) -> None:
        self._where = where
        self.given: dict[str, Any] = {}
        self.files: list[tuple[str, Uploaded]] = []

    def key(self, option: str) -> str:
        return f"masks_option_{self._where}_{option}"

    def text(self, container: Any, label: str, option: str, **more: Any) -> str:
        """A line of text; empty is no answer."""
        text: str = container.text_input(
            _(label), key=self.key(option), persist_state="session", **_shown(more)
        ).strip()
        if text:
            self._put(option, text)
        return text

    def values(self, container: Any, label: str, option: str, **more: Any) -> None:
        """Several values in a line of text; empty is no answer."""
        text = container.text_input(
            _(label), key=self.key(option), persist_state="session", **_shown(more)
        )
        if values := text_values(text):
            self._put(option, values)

    def number(self, container: Any, label: str, option: str, **more: Any) -> None:
        """A number; None is no answer."""
        number = container.number_input(
            _(label), key=self.key(option), value=more.pop("value", None), persist_state="session",
            **_shown(more),
        )  # fmt: skip
        if number is not None:
            self._put(option, number)

    def choice(
        self, container: Any, label: str, option: str, choices: Sequence[str], **more: Any
    ) -> Any:
        """One of several, or none."""
        # Another list of choices, or a line of text in its place, is another widget.
        key = f"{self.key(option)}_{hash(tuple(choices))}"
        chosen = container.selectbox(
            _(label), choices, index=None, key=key, persist_state="session", **_shown(more)
        )
        if chosen:
            self._put(option, chosen)

    def tick(self, container: Any, label: str, option: str, **more: Any) -> None:
        """Yes or no."""
        key = self.key(option)
        if container.checkbox(_(label), key=key, persist_state="session", **_shown(more)):
            self._put(option, True)

    def table(
        self, container: Any, label: str, option: str, suffixes: Sequence[str], **more: Any
    ) -> None:
        """A file that is sent with the masks."""
        types = [suffix.removeprefix(".") for suffix in suffixes]
        sent = container.file_uploader(_(label), types, key=self.key(option), **_shown(more))
        if sent is not None:
            self.files.append((option, sent))

    def _put(self, option: str, value: Any) -> None:
        self.given[option.replace("-", "_")] = value


def _shown(more: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a widget, those that are read in the language of the tab."""
    read = ("help", "placeholder")
    return {name: _(value) if name in read else value for name, value in more.items()}


def _dates(ask: _Asker, names: Sequence[str]) -> None:
    st.caption(
        _(
            "Dates are found in file names, in PlanetScope or STAC metadata beside the "
            "files, and in "
            "the tags of the source images. What is given here beats that."
        )
    )
    left, right = st.columns(2)
    ask.text(
        left,
        "One date for all (UTC)",
        "date",
        placeholder="2020-02-02, or a period 2020-02-02/2020-02-10",
        help="When the source image was taken, for all masks that are added now: Sentinel-2 scenes "
        "are searched for by it. A time (2020-02-02 10:15:32) makes days offsets exact.",
    )
    pattern = ask.text(
        right,
        "Pattern of the date in file names",
        "date-pattern",
        placeholder=EXAMPLE,
        help="YYYY or YY year, MM month, DD day (or DOY, day of the year), hh mm ss time in UTC, * "
        "any text, ? any character, # a digit. Or a regular expression with groups named year, "
        "month, day, doy, hour, minute, second, date, time.",
    )
    if pattern:
        _pattern_preview(pattern, names)
    ask.table(
        st,
        "A table of masks with their images and dates",
        "mapping",
        (".csv",),
        help="CSV with the columns mask, image, date; image or date may be empty. Images are paths "
        "on the server.",
    )


def _pattern_preview(text: str, names: Sequence[str]) -> None:
    """What the pattern makes of the names of the files chosen, at once."""
    try:
        pattern = compile_pattern(text)
    except MigrateError as err:
        st.error(message_of(err))
        return
    if not names:
        st.caption(_("Choose files first, to see what the pattern makes of their names."))
        return
    found = [(name, date_by_pattern(name, pattern)) for name in names]
    missed = sum(day is None for _name, day in found)
    st.caption(
        _("{dated:,} of {count:,} names have a date there.").format(
            dated=len(found) - missed, count=len(found)
        )
    )
    first = sorted(found, key=lambda row: row[1] is not None)[:_SHOWN]
    st.dataframe(
        pd.DataFrame([{"file": name, "date": str(day) if day else None} for name, day in first]),
        hide_index=True,
        placeholder=_("no date"),
        height="content",
        column_config={"file": _("file"), "date": _("date")},
        key=f"masks_pattern_{hash(text)}",
    )


def _classes(ask: _Asker) -> None:
    left, right = st.columns(2)
    ask.table(
        left,
        "Names and colours of classes",
        "classes",
        (".json", ".csv", ".qml", ".clr", ".txt"),
        help='JSON such as {"1": "mine"} or a list of value, name, colour; a CSV table of these; a '
        "QGIS style (.qml); a colour table (.clr, .txt).",
    )
    ask.number(
        right,
        "Threshold",
        "threshold",
        placeholder="none",
        help="For probabilities, and for JPEG masks: what reaches it becomes class 1, or with "
        "several bands the class of the largest.",
    )
    ask.values(
        left,
        "Values that stand for no data",
        "nodata",
        placeholder="as the file declares",
        help="Numbers with commas between, such as -1, 255; or none, when what the file declares "
        "as no data is a class or the background.",
    )
    ask.tick(
        right,
        "Take masks without any labelled pixel, as negative examples",
        "allow-empty",
    )


def _georeference(ask: _Asker) -> None:
    left, right = st.columns(2)
    ask.text(
        left,
        "CRS of files that have none",
        "crs",
        placeholder="EPSG:32631",
        help="For files with a world file, or vectors without CRS.",
    )
    ask.choice(
        right,
        "Drawn on images of",
        "sensor",
        [sensor.name for sensor in SENSORS],
        format_func={sensor.name: sensor.title for sensor in SENSORS}.get,
        placeholder="found out from names",
    )
    ask.tick(
        right,
        "Take files that are symbolic links",
        "follow-links",
        help="Links can lead anywhere on the server, so they are left out otherwise.",
    )
    ask.tick(
        left,
        "Files of a folder are tiles of one mask",
        "mosaic",
        help="Files with the same CRS and grid are joined, so that no pixel at their edges is "
        "lost.",
    )


def _polygons(ask: _Asker, columns: Sequence[str]) -> None:
    st.caption(
        _(
            "Polygons have no footprint of their own: what lies in the area but in no polygon is "
            "background, what lies outside it is ignored."
        )
    )
    left, middle, right = st.columns(3)
    for container, label, option in (
        (left, "Column of the class", "class-field"),
        (middle, "Column of the date", "date-field"),
        (right, "Column of the end of a period", "end-date-field"),
    ):
        if columns:
            ask.choice(container, label, option, columns, placeholder="none")
        else:
            ask.text(container, label, option, placeholder="none")
    area = left.radio(
        _("Areas"),
        list(_AREAS),
        format_func={area: _(area) for area in _AREAS}.__getitem__,
        captions=list(map(_, _AREAS.values())),
        key=ask.key("areas"),
    )
    if area == _MARGIN:
        ask.number(middle, "Margin, m", "margin", value=200.0, min_value=0.0, step=50.0)
    if area == _CHIPS:
        ask.number(middle, "Chip size, m", "chip-size", value=2560.0, min_value=20.0, step=10.0)
    ask.table(
        right,
        "Areas that were labelled, if they were recorded",
        "aoi",
        VECTOR_SUFFIXES,
        help="Polygons of the areas of interest; each is a mask, or holds the chips.",
    )
    ask.text(middle, "Layer", "layer", placeholder="of files that have several")


def _occlusion(ask: _Asker) -> None:
    st.caption(
        _(
            "Where clouds hid the ground in the image that was drawn on, a label is a guess: those "
            "pixels get quality flag 64. PlanetScope's UDM2 and UDM are understood, and any raster "
            "that isn't 0 there; they find their mask by name, as images do. The alpha band of an "
            "image counts without being named."
        )
    )
    ask.text(
        st,
        "UDM, or a folder of them, on the server",
        "udm",
        placeholder="/data/udm2",
        help="For files from your computer, choose them above beside the source images.",
    )
