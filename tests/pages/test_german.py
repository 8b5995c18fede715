"""Pages in German: what is looked up by a name, counted, or put together is German, too."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from migrate_core.cli import cli
from migrate_core.errors import ExportError
from migrate_core.jobs.background import messages, working
from migrate_core.states import Level
from tests.support.app import all_text, open_page
from tests.support.pairs import Case, Safe, write_safe


def german(path: str) -> AppTest:
    return open_page(path, language="de")


def labels(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.sidebar.get("page_link")]


def titles(app: AppTest) -> str:
    """What the configuration of the first table says, the titles of its columns among it."""
    return str(app.dataframe[0].proto.columns)


def test_the_frame_counts_the_stages_and_names_the_next_step(case: Case) -> None:
    app = german("pages/1_Masks.py")
    assert app.title[0].value == "Masken"
    assert labels(app)[:4] == [
        "Start",
        "**Masken** :small[3 bereit]",
        "**Szenen** :small[3 zugeordnet]",
        "**Paare** :small[3 erzeugt]",
    ]
    assert "**:blue[Weiter: Szenen suchen]**" in labels(app)
    assert "**Bewölkung der Szene**: Bewölkung der ganzen Szene" in all_text(app)


def test_home_tells_what_waits_for_whom(case: Case) -> None:
    app = german("app.py")
    assert "3 Paare warten auf Sichtung" in all_text(app)
    assert "Segmentierungsmasken" in all_text(app)
    assert "Zu jeder Maske wird eine Sentinel-2-Szene gesucht" in all_text(app)


def test_masks_are_listed_and_described(case: Case) -> None:
    app = german("pages/1_Masks.py")
    assert "**Ausgangsbild** keine" in all_text(app)
    assert "3 Masken" in [caption.value for caption in app.caption]
    assert '"label": "Klassen"' in titles(app)
    assert set(app.dataframe[0].value["state"]) == {"bereit"}


def errors(app: AppTest) -> str:
    return " ".join(error.value for error in app.error)


def test_what_is_wrong_in_a_form_is_said_in_the_language_of_the_page(case: Case) -> None:
    app = german("pages/1_Masks.py")
    (date,) = [one for one in app.text_input if (one.key or "").startswith("masks_batch_date")]
    date.set_value("May")
    (look,) = [one for one in app.button if (one.key or "").startswith("masks_batch_look")]
    assert "'May' ist kein Datum" in errors(look.click().run())
    app.text_input(key="masks_folder").set_value("/no/such/folder").run()
    app.button(key="masks_add_folder").click().run()
    assert "/no/such/folder: Eine solche Datei" in errors(app)
    app = german("pages/5_Export.py")
    app.text_input(key="export_folder").set_value("s3://").run()
    assert "s3:// nennt keinen Bucket" in errors(app)


def test_what_is_wrong_in_a_command_is_said_in_english(case: Case) -> None:
    german("pages/1_Masks.py")
    command = ["--workspace", str(case.workspace.root), "masks", "edit", "--date", "May"]
    result = CliRunner().invoke(cli, [*command, "--yes"])
    assert "'May' is not a date" in result.stderr


def test_masks_that_cannot_be_read_are_reported_in_german(case: Case, tmp_path: Path) -> None:
    (tmp_path / "broken.tif").write_text("no raster")
    command = ["--workspace", str(case.workspace.root), "masks", "add"]
    result = CliRunner().invoke(cli, [*command, str(tmp_path / "broken.tif")])
    assert "broken.tif: it can't be opened as GTiff" in result.stderr
    said = all_text(german("pages/1_Masks.py")).replace("\\", "")
    assert "0 hinzugefügt, 1 nicht lesbar." in said
    assert "broken.tif: nicht als GTiff zu öffnen (Text, der mit 'no raster' beginnt)" in said
    assert "can't be" not in said


def test_a_search_that_failed_says_so_in_german(case: Case, tmp_path: Path) -> None:
    command = ["--workspace", str(case.workspace.root), "scenes", "search"]
    result = CliRunner().invoke(cli, [*command, "--source", f"local:{tmp_path / 'nowhere'}"])
    assert "nowhere: there is no such folder." in result.stderr
    said = errors(german("pages/2_Scenes.py")).replace("\\", "")
    assert "nowhere: Diesen Ordner gibt es nicht. Den Pfad prüfen" in said
    assert "there is no such folder" not in said


def test_a_job_that_failed_is_stored_in_english_and_reported_in_german(case: Case) -> None:
    why = "p1: image.tif is gone. Run `pairs make`, which makes the pair again."
    with pytest.raises(ExportError), working(case.store, "export"):
        raise ExportError(why)
    assert messages(case.store, "export", Level.ERROR) == (why,)
    app = german("pages/5_Export.py")
    assert "p1: image.tif fehlt. " in errors(app).replace("\\", "")
    assert "das erzeugt das Paar neu" in errors(app)
    app = open_page("pages/5_Export.py", language="en")
    assert "p1: image.tif is gone." in errors(app).replace("\\", "")


def test_scenes_are_ranked_and_the_limits_are_said(case: Case, tmp_path: Path) -> None:
    write_safe(tmp_path / "scenes", Safe(cloud_percent=2.0))
    command = ["--workspace", str(case.workspace.root), "scenes", "search", "--days", "20"]
    result = CliRunner().invoke(cli, [*command, "--source", f"local:{tmp_path / 'scenes'}"])
    assert result.exit_code == 0, result.stderr
    app = german("pages/2_Scenes.py")
    said = all_text(app)
    assert "Alle 3 Masken haben eine brauchbare Szene." in said
    assert "Brauchbare Szenen kommen zuerst: höchstens 10 % Bewölkung" in said
    assert "Abdeckung des Footprints 100.0 %" in said
    assert "1 von 1" in set(app.dataframe[0].value["usable"])


def test_the_language_of_a_person_outlives_a_change_of_the_workspace(
    case: Case, made: Path
) -> None:
    shutil.copytree(made, case.workspace.root.parent / "other")
    app = open_page("pages/1_Masks.py")
    app.selectbox(key="language").select("de").run()
    assert app.title[0].value == "Masken"
    app.query_params["workspace"] = "other"
    app.run()
    assert "Arbeitsbereich `other`" in all_text(app)
    assert app.title[0].value == "Masken"
    assert app.selectbox(key="language").value == "de"
