"""The match table: the selection out as CSV, and a person's table in."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate_core.errors import WrongUseError
from migrate_core.escaping import write_csv
from migrate_core.model import RankedScene
from migrate_core.scenes.match_table import (
    COLUMNS,
    import_match_table,
    match_rows,
    write_match_table,
)
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace
from tests.support.builders import a_mask, a_scene

SCENES = {
    name: f"S2A_MSIL2A_2020012{number}T104351_N0214_R008_T31TDG_2020012{number}T134500"
    for number, name in enumerate("ABC", start=1)
}


def ranked(name: str, **changes: Any) -> RankedScene:
    scene = a_scene(SCENES[name], **changes)
    return RankedScene(scene, 0.95, 1.5, 0.75, {"clear_sky": 1.0}, usable=True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two masks with the candidates A, B and C, of which A is selected."""
    store = open_store(Workspace(tmp_path / "workspace"))
    store.put_masks([a_mask("one.tif"), a_mask("two.tif")])
    items = [ranked("A"), ranked("B", cloud_percent=12.5), ranked("C", cloud_percent=None)]
    store.put_scenes(item.scene for item in items)
    store.put_candidates({"one": items, "two": items})
    yield store
    store.engine.dispose()


def selection(store: Store) -> dict[str, str]:
    short = {scene_id: name for name, scene_id in SCENES.items()}
    return {
        mask_id: short[candidate.ranked.scene.scene_id]
        for mask_id, candidates in store.candidates().items()
        for candidate in candidates
        if candidate.selected
    }


def table(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    """A CSV file in which A, B and C between bars stand for the names of scenes."""
    text = "\n".join(lines) + "\n"
    for name, scene_id in SCENES.items():
        text = text.replace(f"|{name}|", scene_id)
    path = folder / "match.csv"
    path.write_text(text, encoding=encoding)
    return path


# out


def test_the_table_has_the_articles_columns_first() -> None:
    assert COLUMNS == (
        "mask_name",
        "S2_name",
        "S2_uuid",
        "cloudcover",
        "mask_id",
        "source",
        "sensed_at",
        "days_offset",
        "coverage",
        "score",
        "selected",
    )


def test_each_candidate_is_a_row_and_the_selected_one_comes_first(
    store: Store, tmp_path: Path
) -> None:
    store.select("two", SCENES["B"])
    path = tmp_path / "out" / "match.csv"
    write_match_table(path, match_rows(store))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["mask_name"], row["S2_name"][10:20], row["selected"]) for row in rows] == [
        ("one.tif", "_20200121T", "true"),
        ("one.tif", "_20200122T", "false"),
        ("one.tif", "_20200123T", "false"),
        ("two.tif", "_20200122T", "true"),
        ("two.tif", "_20200121T", "false"),
        ("two.tif", "_20200123T", "false"),
    ]
    assert rows[1] == {
        "mask_name": "one.tif",
        "S2_name": SCENES["B"],
        "S2_uuid": SCENES["B"],
        "cloudcover": "12.5",
        "mask_id": "one",
        "source": "local:/scenes",
        "sensed_at": "2020-01-21T10:43:51Z",
        "days_offset": "1.5",
        "coverage": "0.95",
        "score": "0.75",
        "selected": "false",
    }
    assert rows[2]["cloudcover"] == ""


def test_what_went_out_comes_back_in(store: Store, tmp_path: Path) -> None:
    store.select("two", SCENES["C"])
    path = tmp_path / "match.csv"
    write_match_table(path, match_rows(store))
    before = selection(store)
    store.select("one", SCENES["B"])
    store.select("two", SCENES["B"])
    outcome = import_match_table(store, path)
    assert (outcome.selected, outcome.problems) == (2, ())
    assert selection(store) == before == {"one": "A", "two": "C"}


def test_names_beyond_ascii_survive(store: Store, tmp_path: Path) -> None:
    store.put_masks([a_mask('Müll, "groß".tif', mask_id="x", path="/x")])
    store.put_candidates({"x": [ranked("A"), ranked("B")]})
    store.select("x", SCENES["B"])
    path = tmp_path / "match.csv"
    write_match_table(path, match_rows(store))
    assert "Müll" in path.read_text(encoding="utf-8")
    store.select("x", SCENES["A"])
    import_match_table(store, path)
    assert selection(store)["x"] == "B"


# in


@pytest.mark.parametrize("suffix", ["", ".SAFE", ".zip"])
@pytest.mark.parametrize("mask", ["one.tif", "one"])
def test_the_articles_four_columns_are_enough(
    store: Store, tmp_path: Path, mask: str, suffix: str
) -> None:
    path = table(
        tmp_path,
        "mask_name,S2_name,S2_uuid,cloudcover",
        f"{mask},|C|{suffix},123-abc,7.5",
    )
    assert import_match_table(store, path).selected == 1
    assert selection(store) == {"one": "C", "two": "A"}


def test_without_a_mark_the_first_row_of_a_mask_is_selected(store: Store, tmp_path: Path) -> None:
    path = table(
        tmp_path, "mask_name,S2_name", "one.tif,|B|", "two.tif,|C|", "one.tif,|A|", "two.tif,|B|"
    )
    assert import_match_table(store, path).selected == 2
    assert selection(store) == {"one": "B", "two": "C"}


@pytest.mark.parametrize("mark", ["true", "True", "1", "yes", " TRUE "])
def test_a_marked_row_beats_the_first(store: Store, tmp_path: Path, mark: str) -> None:
    path = table(
        tmp_path,
        "mask_name,S2_name,selected",
        "one.tif,|B|,false",
        f"one.tif,|C|,{mark}",
        "one.tif,|A|,0",
    )
    import_match_table(store, path)
    assert selection(store)["one"] == "C"


def test_what_is_imported_is_a_persons_choice_and_survives_a_search(
    store: Store, tmp_path: Path
) -> None:
    import_match_table(store, table(tmp_path, "mask_name,S2_name", "one.tif,|C|"))
    store.put_candidates({"one": [ranked("B"), ranked("A"), ranked("C")]})
    assert selection(store)["one"] == "C"


def test_the_mask_id_decides_between_masks_of_one_name(store: Store, tmp_path: Path) -> None:
    store.put_masks([a_mask("one.tif", mask_id="other", path="/other/one.tif")])
    store.put_candidates({"other": [ranked("A"), ranked("B")]})
    ambiguous = table(tmp_path, "mask_name,S2_name", "one.tif,|B|")
    (problem,) = import_match_table(store, ambiguous).problems
    assert "2 masks have this name" in problem.message
    assert "other (/other/one.tif)" in problem.message
    path = table(tmp_path, "mask_name,S2_name,mask_id", "one.tif,|B|,other")
    assert import_match_table(store, path).problems == ()
    assert selection(store) == {"one": "A", "two": "A", "other": "B"}


def test_rows_of_two_masks_that_fit_one_are_not_followed(store: Store, tmp_path: Path) -> None:
    """As in a table of another workspace, in which two masks have the name."""
    rows = ("one.tif,|B|,one-y2020", "one.tif,|C|,one-y2021")
    path = table(tmp_path, "mask_name,S2_name,mask_id", *rows)
    outcome = import_match_table(store, path)
    assert [problem.item for problem in outcome.problems] == ["one-y2020", "one-y2021"]
    assert "only one has it here" in outcome.problems[0].message
    assert (outcome.selected, selection(store)["one"]) == (0, "A")
    exact = table(tmp_path, "mask_name,S2_name,mask_id", "one.tif,|B|,one", rows[1])
    outcome = import_match_table(store, exact)
    assert [problem.item for problem in outcome.problems] == ["one-y2021"]
    assert selection(store)["one"] == "B"


def test_rows_that_can_not_be_followed_are_problems_and_the_others_count(
    store: Store, tmp_path: Path
) -> None:
    path = table(
        tmp_path,
        "mask_name,S2_name",
        "nobody.tif,|A|",
        "one.tif,S2A_NEVER_SEEN",
        "two.tif,|B|",
    )
    outcome = import_match_table(store, path)
    assert outcome.selected == 1
    assert {problem.item: problem.message for problem in outcome.problems} == {
        "nobody.tif": "nobody.tif: no masks have this name; needed is one. Add the mask first.",
        "one.tif": "one.tif: S2A_NEVER_SEEN is not among its candidates. Search with a source "
        "that has it and a window that reaches it, then import again.",
    }
    assert selection(store) == {"one": "A", "two": "B"}


def test_a_table_saved_by_a_spreadsheet_is_read(store: Store, tmp_path: Path) -> None:
    path = table(tmp_path, "mask_name,S2_name,", "one.tif,|B|,,,", "", encoding="utf-8-sig")
    assert import_match_table(store, path).problems == ()
    assert selection(store)["one"] == "B"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["S2_name,S2_uuid", "|A|,1"], "the column mask_name is missing"),
        (["mask;scene", "a;b"], "the columns mask_name, S2_name are missing; the heading is mask;"),
        ([""], "the heading is empty"),
    ],
)
def test_a_table_without_the_needed_columns_is_wrong_use(
    store: Store, tmp_path: Path, lines: list[str], message: str
) -> None:
    with pytest.raises(WrongUseError, match=rf"match\.csv: .*{message}"):
        import_match_table(store, table(tmp_path, *lines))


def test_a_file_that_is_no_table_or_not_there_is_wrong_use(store: Store, tmp_path: Path) -> None:
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00\x80")
    for name in ("bytes.csv", "none.csv"):
        with pytest.raises(WrongUseError, match=f"{name}: it can't be read as a CSV table"):
            import_match_table(store, tmp_path / name)


def test_a_heading_alone_selects_nothing(store: Store, tmp_path: Path) -> None:
    outcome = import_match_table(store, table(tmp_path, "mask_name,S2_name"))
    assert (outcome.selected, outcome.problems) == (0, ())
    assert selection(store) == {"one": "A", "two": "A"}


@pytest.mark.parametrize("name", ["=1+1.tif", "-x.tif", "@a;b.tif", "'=1.tif", '+"q".tif'])
def test_a_name_that_a_spreadsheet_would_compute_goes_out_as_text_and_comes_back(
    store: Store, tmp_path: Path, name: str
) -> None:
    store.put_masks([replace(a_mask("one.tif"), name=name)])
    path = tmp_path / "out.csv"
    write_match_table(path, match_rows(store))
    with path.open(encoding="utf-8", newline="") as file:
        cells = [row["mask_name"] for row in csv.DictReader(file)]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    # By the name alone, as from a person's table.
    row = {"mask_name": name, "S2_name": SCENES["B"]}
    write_csv(tmp_path / "in.csv", COLUMNS[:2], [row])
    outcome = import_match_table(store, tmp_path / "in.csv")
    assert outcome.problems == ()
    assert selection(store)["one"] == "B"
    assert import_match_table(store, path).problems == ()
