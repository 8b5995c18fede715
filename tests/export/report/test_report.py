"""Card and report of an export: their numbers are those of its rasters and its manifest."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import html5lib
import numpy as np
import pandas as pd
import pytest
import rasterio
from PIL import Image

from migrate_core.export.contents import files_of_dataset
from migrate_core.export.formats.registry import format_named
from migrate_core.export.report.columns import COLUMNS
from migrate_core.export.report.pictures.captions import PLOT_CAPTIONS
from migrate_core.export.request import AboutDataset, ChipOptions, PixelOptions
from migrate_core.model import Decision, Occluded, Shift
from migrate_core.review.run import decide
from tests.support.exports import CLASSES, Exportable, MadePair, exportable, spread_out

pytestmark = pytest.mark.usefixtures("plots_undrawn")


@pytest.fixture
def made(tmp_path: Path) -> Exportable:
    """Eight accepted pairs, a rejected and an unsure one, by three reviewers."""
    pairs = [replace(one, reviewer=f"r{n % 2}") for n, one in enumerate(spread_out(8))]
    far = MadePair(east_m=700_000, verdict="reject", reviewer="eve")
    unsure = MadePair(east_m=720_000, verdict="unsure", reviewer="eve")
    return exportable(tmp_path / "ws", [*pairs, far, unsure])


def tables(html: str) -> dict[str, list[list[str]]]:
    """The cells of each table of a report, by the caption."""
    document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    found = {}
    for table in document.iter("table"):
        caption = "".join(next(table.iter("caption")).itertext()).strip()
        found[caption] = [
            ["".join(cell.itertext()).strip() for cell in row if cell.tag in ("th", "td")]
            for row in table.iter("tr")
        ]
    return found


def table(html: str, beginning: str) -> list[list[str]]:
    (found,) = [rows for name, rows in tables(html).items() if name.startswith(beginning)]
    return found


def markdown_table(card: str, heading: str) -> list[list[str]]:
    """The cells of the rows of a table in a card, by its first line."""
    lines = card[card.index(heading) :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def counted_labels(out: Path) -> pd.DataFrame:
    """Numbers of pixels by split (rows) and class value (columns), by rasterio and pandas alone."""
    manifest = pd.read_csv(out / "manifest.csv")
    parts = []
    for row in manifest.itertuples():
        with rasterio.open(out / "labels" / f"{row.pair_id}.tif") as dataset:
            values, counts = np.unique(dataset.read(1), return_counts=True)
        parts.append(pd.DataFrame({"split": row.split, "value": values, "count": counts}))
    return pd.concat(parts).pivot_table(
        index="split", columns="value", values="count", aggfunc="sum", fill_value=0
    )


@pytest.mark.parametrize("ignore", ["applied", "kept", "occluded"])
def test_areas_and_shares_are_those_of_the_labels(
    made: Exportable, tmp_path: Path, ignore: str
) -> None:
    out = tmp_path / "out"
    made.export(out, pixels=PixelOptions(ignore=ignore))
    counts = counted_labels(out)
    known = counts.drop(columns=[255], errors="ignore")
    html = (out / "report.html").read_text(encoding="utf-8")
    card = (out / "dataset_card.md").read_text(encoding="utf-8")
    head, *rows = table(html, "Classes over all pairs")
    splits = [title.removesuffix(", %") for title in head[4:]]
    assert splits == ["train", "val", "test"]
    assert len(rows) == len(CLASSES)
    for value, row in zip(CLASSES, rows, strict=True):
        total = known[value].sum()
        assert row[0] == f"{value} ({CLASSES[value]})"
        assert float(row[1]) == pytest.approx(total * 0.01, abs=0.0051)
        assert float(row[2]) == pytest.approx(100 * total / known.values.sum(), abs=0.0051)
        for split, shown in zip(splits, row[4:], strict=True):
            share = known.loc[split, value] / known.loc[split].sum()
            assert float(shown) == pytest.approx(100 * share, abs=0.0051)
    assert [row[4:] for row in rows] == [
        row[1:] for row in markdown_table(card, "| class | train |")
    ]
    ignored = counts[255].sum() / counts.values.sum()
    assert f"{100 * ignored:.1f} % of all pixels are ignored (255)." in card


def test_numbers_of_pairs_are_those_of_the_manifest(made: Exportable, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made.export(out)
    manifest = pd.read_csv(out / "manifest.csv")
    html = (out / "report.html").read_text(encoding="utf-8")
    cells = dict(table(html, "Numbers of pairs")[1:])
    by_split = manifest["split"].value_counts()
    assert cells["split"] == ", ".join(f"{by_split[s]} {s}" for s in ("train", "val", "test"))
    tiles = dict(re.findall(r"(\w+): (\d+)", cells["MGRS tile"]))
    assert {k: int(v) for k, v in tiles.items()} == manifest["tile"].value_counts().to_dict()
    scenes = table(html, "Products that pixels come from")[1:]
    assert {name: int(n) for name, n in scenes} == manifest["scene_id"].value_counts().to_dict()
    card = (out / "dataset_card.md").read_text(encoding="utf-8")
    median = f"{manifest['days_offset'].abs().median():.1f}"
    largest = f"{manifest['days_offset'].abs().max():.1f}"
    assert f"- Days between mask and scene: median {median}, largest {largest}.\n" in card
    (origin,) = markdown_table(card, "| source images |")
    assert origin[:3] == ["PlanetScope", "8", "8"]
    assert origin[-1] == f"{manifest['acquired'].min()} to {manifest['acquired'].max()}"


def test_decisions_are_counted_by_reviewer_and_reason_also_of_what_stays_out(
    made: Exportable, tmp_path: Path
) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    decide(made.store, Decision(made.pair_ids[8], "reject", "eve", "cloud | shadow", noon))
    decide(made.store, Decision(made.pair_ids[0], "accept", "r0", "clear", noon))
    out = tmp_path / "out"
    made.export(out)
    html = (out / "report.html").read_text(encoding="utf-8")
    expected = [["r0", "4", "0", "0"], ["r1", "4", "0", "0"], ["eve", "0", "1", "1"]]
    assert table(html, "Decisions that count")[1:] == expected
    reasons = table(html, "The same by reason")[1:]
    assert sorted(reasons) == [
        ["accept", "clear", "1"],
        ["accept", "none given", "7"],
        ["reject", "cloud | shadow", "1"],
        ["unsure", "none given", "1"],
    ]
    card = (out / "dataset_card.md").read_text(encoding="utf-8")
    assert markdown_table(card, "| reviewer | accept |") == expected
    assert "(accepted: 8, rejected: 1, unsure: 1):" in card
    assert r"| reject | cloud \| shadow | 1 |" in card


def test_the_worst_pairs_are_the_most_occluded_and_the_best_the_least(
    made: Exportable, tmp_path: Path
) -> None:
    shares = dict(zip(made.pair_ids, np.linspace(0.1, 0.8, 8), strict=False))
    pairs = [
        replace(pair, occluded=Occluded(0.0, float(shares.get(pair.pair_id, 0.0))))
        for pair in made.store.pairs()
    ]
    made.store.put_pairs(pairs)
    made.export(tmp_path / "out")
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    worst, best = html.split("<h3>Best</h3>")
    worst = worst.split("<h3>Worst</h3>")[1]
    best = best.split("<section")[0]
    ordered = sorted(made.pair_ids[:8], key=lambda pair_id: -shares[pair_id])
    assert re.findall(r"<figcaption><code>([^<]*)</code>", worst) == ordered[:4]
    assert re.findall(r"<figcaption><code>([^<]*)</code>", best) == ordered[4:][::-1]
    assert "Label occluded 80.0 %" in worst
    pictures = re.findall(r"data:image/webp;base64,([^\"]+)", html)
    assert len(pictures) == 8
    for content in pictures:
        with Image.open(io.BytesIO(base64.b64decode(content))) as image:
            assert image.size[0] > 2 * 150
            assert np.asarray(image.convert("L")).std() > 1


def test_report_and_citation_belong_to_the_dataset_and_its_zip(
    made: Exportable, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    dataset = made.export(out, archive=True)
    assert {"report.html", "CITATION.cff"} <= set(files_of_dataset(out))
    assert dataset.archive is not None
    with zipfile.ZipFile(dataset.archive) as archive:
        report = archive.read("out/report.html")
    assert report == (out / "report.html").read_bytes()


def test_every_column_of_the_manifest_is_explained(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path / "out")
    columns = list(pd.read_csv(tmp_path / "out" / "manifest.csv").columns)
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    shown = table(html, "What the columns say")[1:]
    assert [name for name, _ in shown] == columns
    assert all(len(text) > 10 for _, text in shown)
    assert set(COLUMNS) == set(columns)


def test_formats_chips_and_settings_are_named(made: Exportable, tmp_path: Path) -> None:
    out = tmp_path / "out"
    about = AboutDataset("Quarries <1>", ("Ann",), "CC-BY-4.0", "© Planet")
    dataset = made.export(
        out,
        "geotiff",
        "chips",
        chips=ChipOptions(32, 16, "drop"),
        pixels=PixelOptions(("B04", "B08"), "float32"),
        about=about,
    )
    html = (out / "report.html").read_text(encoding="utf-8")
    settings = {name: value for _, name, value in table(html, "How it was made")[1:]}
    assert settings["Which pairs go in"] == "Accepted"
    assert settings["Bands"] == "B04, B08"
    assert settings["Values of images"] == "reflectance (float32)"
    assert settings["Cut into"].startswith("32 x 32 pixels, 16 pixels from one to the next")
    chips = pd.read_csv(out / "chips" / "chips.csv")
    assert len(chips) == dataset.samples["chips"]
    by_split = chips["split"].value_counts()
    named = ", ".join(f"{by_split[s]} {s}" for s in ("train", "val", "test"))
    assert f"Samples: {named}; chips of 32 x 32 pixels." in html
    card = (out / "dataset_card.md").read_text(encoding="utf-8")
    assert f"`{format_named('chips').loads}`" in card
    assert "of 20 m, brought" not in card
    assert "<title>Quarries &lt;1&gt;: report" in html


def test_of_what_was_measured_there_is_a_plot_and_no_longer_when_it_is_gone(
    made: Exportable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from migrate_core.export.report.plots import write_plots

    monkeypatch.setattr("migrate_core.export.dataset.write_plots", write_plots)
    out = tmp_path / "out"
    pairs = made.store.pairs()
    moved = [replace(pair, shift=Shift(3.0, 4.0, 1.0, True), change=0.25) for pair in pairs]
    made.store.put_pairs(moved)
    made.export(out)
    names = {path.stem for path in (out / "plots").iterdir()}
    assert names == set(PLOT_CAPTIONS)
    html = (out / "report.html").read_text(encoding="utf-8")
    assert html.count("data:image/png;base64,") == len(PLOT_CAPTIONS)
    assert "Histogram of shift of masks against Sentinel-2 over 8 pairs" in html
    assert "from 5.00 m to 5.00 m, median 5.00 m." in html
    made.store.put_pairs(pairs)
    made.export(out)
    left = {path.stem for path in (out / "plots").iterdir()}
    assert left == names - {"histogram_shift", "histogram_change"}
    card = (out / "dataset_card.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(plots/(\w+)\.png\)", card)) == left


def words_of(path: str) -> str:
    """The source of a page with its strings joined."""
    root: Any = Path(__file__).resolve().parents[3]
    return re.sub(r'"\s*\n\s*"', "", (root / path).read_text(encoding="utf-8"))


def test_settings_are_called_as_on_the_pages(made: Exportable, tmp_path: Path) -> None:
    made.export(tmp_path / "out")
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    named = [(page, name) for page, name, _ in table(html, "How it was made")[1:]]
    form, choice = words_of("pages/shared/pairs/form.py"), words_of("pages/shared/export/choose.py")
    of_pairs = [name for page, name in named if page == "Pairs"]
    assert len(of_pairs) == 6
    assert all(f'"{name}"' in form for name in of_pairs)
    for name in ("Which pairs go in", "Only pairs that a person looked at"):
        assert ("Export", name) in named
        assert f'"{name}"' in choice
