"""How QGIS shows the layer of labels: a colour for each class, and a list to choose one from.

A row of the table `layer_styles`, which QGIS reads and writes:
https://docs.qgis.org/3.34/en/docs/user_manual/style_library/layer_properties.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ...model import BACKGROUND, Mask

if TYPE_CHECKING:
    import pandas as pd

# Okabe and Ito's colours, which people tell apart however they see colours.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
_OPACITY = 140


def style_table(mask: Mask, layer: str, column: str) -> pd.DataFrame:
    """The one row that makes a style the default of a layer."""
    import pandas as pd

    return pd.DataFrame(
        {
            "f_table_catalog": [""],
            "f_table_schema": [""],
            "f_table_name": [layer],
            "f_geometry_column": ["geom"],
            "styleName": ["classes"],
            "styleQML": [_qml(mask, column)],
            "styleSLD": [""],
            "useAsDefault": [True],
            "description": ["the classes of the mask"],
            "owner": [""],
            "ui": [""],
            "update_time": [pd.Timestamp("2024-01-01")],
        }
    )


def _qml(mask: Mask, column: str) -> str:
    names = mask.classes.names or {}
    classes = mask.classes.stored or {}
    titles = {text: f"{text} {names[text]}" if text in names else text for text in classes}
    qgis = ET.Element("qgis", version="3.34", styleCategories="Symbology|Fields|Forms")
    _add_renderer(qgis, mask, column, titles)
    _add_choice(qgis, column, titles)
    return ET.tostring(qgis, encoding="unicode")


def _add_renderer(qgis: ET.Element, mask: Mask, column: str, titles: Mapping[str, str]) -> None:
    renderer = ET.SubElement(qgis, "renderer-v2", type="categorizedSymbol", attr=column)
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for number, (text, title) in enumerate(titles.items()):
        ET.SubElement(
            categories, "category", value=text, label=title, symbol=str(number), render="true"
        )
        symbol = ET.SubElement(symbols, "symbol", type="fill", name=str(number), alpha="1")
        layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1"})
        colour = _colour(mask, text)
        for key, value in (
            ("color", f"{colour},{_OPACITY}"),
            ("outline_color", f"{colour},255"),
            ("outline_width", "0.4"),
            ("style", "solid"),
        ):
            ET.SubElement(layer, "prop", k=key, v=value)


def _colour(mask: Mask, text: str) -> str:
    """Red, green and blue of a class, `0,114,178`."""
    stored = (mask.classes.stored or {})[text]
    own = "#808080" if stored == BACKGROUND else _COLOURS[(stored - 1) % len(_COLOURS)]
    found = (mask.classes.colours or {}).get(text, own)
    return ",".join(str(int(found[at : at + 2], 16)) for at in (1, 3, 5))


def _add_choice(qgis: ET.Element, column: str, titles: Mapping[str, str]) -> None:
    """A list of the classes in the form of a feature."""
    fields = ET.SubElement(qgis, "fieldConfiguration")
    field = ET.SubElement(fields, "field", name=column)
    widget = ET.SubElement(field, "editWidget", type="ValueMap")
    options = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
    listed = ET.SubElement(options, "Option", type="List", name="map")
    for text, title in titles.items():
        entry = ET.SubElement(listed, "Option", type="Map")
        ET.SubElement(entry, "Option", type="QString", name=title, value=text)
