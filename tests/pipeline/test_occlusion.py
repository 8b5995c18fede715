"""What occludes the ground is one thing and one share, from the ranking to the dataset."""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from migrate_core.export.report.plots import occlusion_of_labels
from migrate_core.export.report.statistics import Statistics
from migrate_core.model import Pair
from migrate_core.pairs.flags import OCCLUSION_KINDS, occluded
from migrate_core.products.scene_classes import SCL_FLAGS
from migrate_core.review.queue_rows import queue_rows
from migrate_core.scenes.cloud_cover.mask_areas import MaskArea, mask_area
from migrate_core.store.serialize import from_json, to_json
from migrate_core.text import format_share
from tests.support.occlusion import (
    GROUNDS,
    IN_SCENE,
    LABEL,
    OVERLAPS,
    USABLE,
    Made,
    make_everything,
    run,
)
from tests.support.pairs import CRS, placed, registered, write_mask
from tests.support.threads import InThreads

names = pytest.mark.parametrize("name", GROUNDS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    found = make_everything(tmp_path_factory.mktemp("one"))
    yield found
    found.case.store.engine.dispose()


@names
def test_the_ranking_counts_what_occludes_the_label(made: Made, name: str) -> None:
    ground, ranked = GROUNDS[name], made.candidates[name].ranked
    percent = pytest.approx(100 * ground.in_scene, abs=0.001)
    assert ranked.occluded_over_label_percent == percent
    assert 100 * (1 - ranked.terms["clear_label"]) == percent
    with_data = 4 - ground.classes.count(0) - ground.classes.count(1)
    over = 100 * ground.quarters / with_data
    assert ranked.cloud_over_mask_percent == pytest.approx(over, abs=0.001)
    assert ranked.usable == (name in USABLE)


@names
def test_pair_queue_manifest_and_suggestion_have_the_same_share(made: Made, name: str) -> None:
    pair, share = made.pairs[name], pytest.approx(GROUNDS[name].in_pair, abs=1e-6)
    assert pair.occluded is not None
    assert pair.occluded.labelled == share
    assert {row.pair_id: row.occluded for row in queue_rows(made.case.store)}[pair.pair_id] == share
    assert float(made.manifest[name]["occluded_labelled"]) == share
    document = made.case.workspace.pair(pair.pair_id) / "pair.json"
    assert json.loads(document.read_text(encoding="utf-8"))["occluded"]["labelled"] == share
    assert pair.suggestion is not None
    reported = f"{format_share(GROUNDS[name].in_pair)} of the label is occluded"
    assert pair.suggestion.reason.startswith(
        reported if GROUNDS[name].in_pair else "The label is clear"
    )


@names
def test_without_the_source_image_ranking_and_pair_agree(made: Made, name: str) -> None:
    """Before a pair is made nobody looks at the source image: only there may they differ."""
    ranked, pair = made.candidates[name].ranked, made.pairs[name]
    assert pair.occluded is not None
    in_pair, in_scene = pair.occluded.labelled, ranked.occluded_over_label_percent
    assert in_pair is not None
    if not GROUNDS[name].source:
        assert 100 * in_pair == pytest.approx(in_scene, abs=0.001)


def test_a_snowed_label_is_unusable_and_rejected(made: Made) -> None:
    assert not made.candidates["snow"].ranked.usable
    assert made.pairs["snow"].suggestion is not None
    assert made.pairs["snow"].suggestion.verdict == "reject"


def test_thin_cloud_alone_is_doubtful_and_no_reason_to_reject(made: Made) -> None:
    assert made.pairs["class10"].suggestion is not None
    assert made.pairs["class10"].suggestion.verdict == "unsure"


def test_the_cloud_of_the_manifest_is_cloud_alone(made: Made) -> None:
    cloud = {name: float(row["cloud_labelled"]) for name, row in made.manifest.items()}
    thirds = {
        name: sum(value in (8, 9, *OVERLAPS) for value in ground.classes[:3])
        for name, ground in GROUNDS.items()
    }
    assert cloud == {name: pytest.approx(count / 3, abs=1e-6) for name, count in thirds.items()}


def test_what_the_source_image_shows_is_empty_where_nothing_records_it(made: Made) -> None:
    source = {name: row["source_labelled"] for name, row in made.manifest.items()}
    recorded = {name: float(text) for name, text in source.items() if text}
    assert recorded == {
        "cloud_in_both": pytest.approx(2 / 3, abs=1e-6),
        "source_alone": pytest.approx(1 / 3, abs=1e-6),
    }


def test_the_document_of_pairs_keeps_its_keys(made: Made) -> None:
    rows = json.loads(run(made.case, "pairs", "list", "--json"))
    keys = {"cloud", "shadow", "cirrus", "snow", "nodata", "source"}
    assert all(set(part) == keys for row in rows for part in row["occlusion"].values())
    assert all(set(row["occlusion"]) == {"all", "labelled"} for row in rows)
    assert all("occluded" not in row for row in rows)


def test_the_card_tells_the_shares_of_the_manifest(made: Made) -> None:
    card = (made.dataset / "dataset_card.md").read_text(encoding="utf-8")
    shares = [ground.in_pair for ground in GROUNDS.values()]
    assert (
        f"Label occluded (by anything): median {format_share(median(shares))}, largest 100.0 %."
        in card
    )
    assert "Label under cloud: median 0.0 %, largest 66.7 %." in card
    assert f"Cloud in scene: median {IN_SCENE} %, largest {IN_SCENE} %." in card


def test_the_plot_draws_the_share_and_its_causes_beside_each_other(made: Made) -> None:
    """Causes overlap: stacked they would be higher than the share that is occluded."""
    rows = [
        {**row, **{key: float(value or 0) for key, value in row.items() if "_labelled" in key}}
        for row in made.manifest.values()
    ]
    (axes,) = occlusion_of_labels(Statistics(rows, {}, {}, 0.0)).axes
    heights = [bar.get_height() for bar in axes.patches]
    expected = sorted((100 * ground.in_pair for ground in GROUNDS.values()), reverse=True)
    assert heights == pytest.approx(expected, abs=1e-3)
    shadow = next(one for one in axes.collections if one.get_label() == "cloud shadow")
    assert [y for _, y in shadow.get_offsets()] == pytest.approx([100 / 3, 100 / 3], abs=1e-3)


# pairs of earlier versions


@pytest.mark.parametrize("lost", [("occluded",), ("occluded", "one_sided")])
def test_a_pair_of_an_earlier_version_is_looked_at_again(made: Made, lost: tuple[str, ...]) -> None:
    """Its rasters say what its document lacks; shares of single causes are never added up."""
    case, pair = made.case, made.pairs["cloud_and_shadow"]
    path = case.workspace.pair(pair.pair_id) / "pair.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    old = {name: value for name, value in document.items() if name not in lost}
    path.write_text(json.dumps(old), encoding="utf-8")
    stored = {name: value for name, value in to_json(pair).items() if name not in lost}
    case.store.put_pairs([from_json(Pair, stored)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("migrate_core.pairs.run.workers.WorkerPool", InThreads)
        case.make()
    again = case.store.pair(pair.pair_id)
    assert again is not None
    assert again.occluded == pair.occluded
    assert json.loads(path.read_text(encoding="utf-8"))["occluded"] == document["occluded"]
    case.store.put_pairs([pair])
    path.write_text(json.dumps(document), encoding="utf-8")


# any classes at all


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> MaskArea:
    path = write_mask(tmp_path_factory.mktemp("m") / "m.tif", LABEL, placed(2, 2, 10))
    return mask_area(registered(path), CRS)


@given(classes=hnp.arrays(np.uint8, (4, 4), elements=st.integers(0, 11)))
def test_ranking_and_pair_agree_on_any_scene_classification(
    area: MaskArea, classes: NDArray[np.uint8]
) -> None:
    assert area.grid.shape == (4, 4)
    ranked = area.measure(SCL_FLAGS[classes]).occluded_over_label_percent
    flags = SCL_FLAGS[np.kron(classes, np.ones((2, 2), np.uint8))]
    found = occluded(flags, LABEL, OCCLUSION_KINDS, empty_allowed=False).labelled
    assert found is not None
    assert ranked == pytest.approx(100 * found, abs=0.001)
