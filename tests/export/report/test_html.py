"""The report as HTML: valid, closed in itself, and nothing that others wrote is more than text."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
import shapely

from migrate_core.export.report.html import Pictures, report
from migrate_core.export.report.pictures.footprint_map import FootprintMap, footprint_map
from migrate_core.export.report.pictures.overlays import Overlay, Overlays
from migrate_core.export.report.review_evidence import DecisionCounts, ReviewEvidence
from migrate_core.export.report.settings import Setting
from migrate_core.export.request import AboutDataset
from tests.support.descriptions import ROW, counted_of, description_of

PNG = b"\x89PNG\r\n\x1a\n"
MAP = footprint_map({"a": shapely.box(2, 42, 2.1, 42.1)}, {"a": "train"})
HOSTILE = (
    "<script>alert(1)</script>",
    "</style></title><img src=x onerror=alert(1)>",
    "\"><svg onload='alert(1)'>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "a|b & c &amp; d",
)
# Attributes that make a browser fetch something.
FETCHING = ("src", "srcset", "poster", "data", "background", "action", "formaction", "ping")


def pictures(
    row: dict[str, Any] = ROW, summary: str = "a pair", map_: FootprintMap = MAP
) -> Pictures:
    shown = Overlays([Overlay(row, summary, b"RIFF")], [Overlay(row, summary, b"RIFF")])
    return Pictures({"class_areas": PNG, "histogram_days_offset": PNG}, map_, shown)


def parsed(html: str) -> Element:
    """The document; html5lib raises where the HTML standard calls something an error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(html)


def text_of(element: Element) -> str:
    return "".join(element.itertext())


def name_of(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def hostile_report(text: str) -> str:
    decisions = DecisionCounts([(text, {"accept": 1})], [("accept", text, 1)], {text: 1})
    evidence = ReviewEvidence(
        [(text, 1)], [(text, 1)], [text], text, audits=[text], decisions=decisions
    )
    row = {
        **ROW,
        **dict.fromkeys(("pair_id", "mask_name", "tile", "crs", "baseline", "split"), text),
    }
    counted = counted_of(row, class_names={1: text}, label_notes=[text])
    return report(description_of(counted, evidence, text=text), pictures(row, text))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_wrote_is_only_text(text: str) -> None:
    plain, hostile = parsed(report_of()), parsed(hostile_report(text))
    assert text in text_of(hostile)
    # The same kinds of elements and attributes as without: none came in with the text.
    allowed = {(name_of(one), *sorted(one.attrib)) for one in plain.iter()}
    assert {(name_of(one), *sorted(one.attrib)) for one in hostile.iter()} <= allowed
    assert not [one for one in hostile.iter() if name_of(one) == "script"]
    assert not [name for one in hostile.iter() for name in one.attrib if name.startswith("on")]


def report_of(**changes: Any) -> str:
    return report(description_of(**changes), pictures())


def test_nothing_is_fetched_from_anywhere() -> None:
    document = parsed(report_of())
    addresses = [
        one.attrib[name] for one in document.iter() for name in FETCHING if name in one.attrib
    ]
    assert len(addresses) == 4
    assert all(re.match(r"data:image/(png|webp);base64,", address) for address in addresses)
    assert not [one for one in document.iter() if name_of(one) in ("link", "script", "iframe")]
    style = text_of(next(one for one in document.iter() if name_of(one) == "style"))
    assert "url(" not in style
    assert "@import" not in style
    links = {one.attrib["href"] for one in document.iter() if name_of(one) == "a"}
    outside = {link for link in links if not link.startswith("#")}
    assert all(link.startswith("https://sentinels.copernicus.eu/") for link in outside)
    anchors = {one.attrib.get("id") for one in document.iter()}
    assert {link[1:] for link in links - outside} <= anchors


def test_the_policy_allows_its_own_styles_and_pictures_alone() -> None:
    document = parsed(report_of())
    policy = next(
        one.attrib["content"]
        for one in document.iter("meta")
        if one.attrib.get("http-equiv") == "Content-Security-Policy"
    )
    style = text_of(next(document.iter("style")))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.split("; ")[:3] == [
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{digest}'",
    ]
    assert not [one for one in document.iter() if "style" in one.attrib]


def test_pictures_have_words_and_tables_have_headings() -> None:
    document = parsed(report_of())
    assert all(len(one.attrib["alt"]) > 5 for one in document.iter("img"))
    for figure in document.iter("figure"):
        assert text_of(next(figure.iter("figcaption"))).strip()
    for table in document.iter("table"):
        assert text_of(next(table.iter("caption"))).strip()
        assert all(one.attrib.get("scope") in ("col", "row") for one in table.iter("th"))
        heads = len(list(next(table.iter("thead")).iter("th")))
        for row in next(table.iter("tbody")).iter("tr"):
            cells = [one for one in row if one.tag in ("th", "td")]
            assert sum(int(one.attrib.get("colspan", 1)) for one in cells) == heads
    headings = [
        int(name_of(one)[1]) for one in document.iter() if re.fullmatch(r"h\d", name_of(one))
    ]
    assert headings[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(headings))
    ids = [one.attrib["id"] for one in document.iter() if "id" in one.attrib]
    assert len(ids) == len(set(ids))


def test_the_report_says_settings_limits_terms_and_how_to_load() -> None:
    about = AboutDataset("Quarries", ("Ann Lee", "Bob"), "CC-BY-4.0", "© Planet 2020")
    described = description_of(
        title="Quarries",
        about=about,
        settings=[Setting("Pairs", "Clouds are assessed by", "Scene classification of L2A")],
        limits=["One limit."],
    )
    text = text_of(parsed(report(described, pictures())))
    for expected in (
        "Clouds are assessed by",
        "One limit.",
        "Licence: CC-BY-4.0.",
        "© Planet 2020.",
        "Contains modified Copernicus Sentinel data 2020.",
        "Ann Lee, Bob (2026): Quarries.",
        "Written on 2026-03-01",
    ):
        assert expected in text


def test_long_tables_end_and_say_how_much_more_there_is() -> None:
    decisions = DecisionCounts(
        [(f"r{n}", {"accept": 1}) for n in range(1000)],
        [("accept", f"reason {n}", 1) for n in range(1000)],
    )
    rows = [{**ROW, "tile": f"tile{n}"} for n in range(1000)]
    html = report(
        description_of(counted_of(*rows), ReviewEvidence([], decisions=decisions)), pictures()
    )
    text = text_of(parsed(html))
    assert "And 960 more reviewers." in text
    assert "And 960 more reasons." in text
    assert "and 970 more" in text
    assert len(html) < 100_000


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio of two colours `#rrggbb`."""

    def luminance(colour: str) -> float:
        values = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (
            v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_text_has_enough_contrast_in_light_dark_and_print() -> None:
    style = text_of(next(parsed(report_of()).iter("style")))
    schemes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{([^}]*)\}", style)
    ]
    assert len(schemes) == 3
    for scheme in schemes:
        for ground in ("ground", "panel"):
            for name in ("text", "quiet", "link"):
                assert contrast(scheme[name], scheme[ground]) >= 4.5, (name, scheme)
            for name in ("train", "val", "test"):
                assert contrast(scheme[name], scheme[ground]) >= 3, (name, scheme)
