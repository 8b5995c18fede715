"""The route by which a browser fetches a dataset as a zip."""

from __future__ import annotations

import io
import shutil
import zipfile
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from starlette.routing import Route

from migrate_core.export.dataset import export_dataset
from migrate_core.export.request import ExportRequest
from migrate_core.model import Decision
from migrate_core.review.run import decide
from pages.shared.export.routes import download_address, export_routes
from tests.support.app import APP
from tests.support.asgi import Answer, Client
from tests.support.pairs import Case

pytestmark = pytest.mark.usefixtures("plots_undrawn")


@pytest.fixture
def client(case: Case) -> Client:
    for pair in case.store.pairs():
        decide(case.store, Decision(pair.pair_id, "accept", "ann", None, datetime.now(UTC)))
    request = ExportRequest(case.workspace.exports / "first")
    export_dataset(case.store, case.workspace, request, lambda *_: None)
    return Client(list(export_routes()), {})


def get(client: Client, address: str, **changed: str) -> Answer:
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
    return client.get(parts.path, urlencode(query))


def test_a_listed_dataset_comes_as_a_zip_with_its_length(client: Client, case: Case) -> None:
    answer = get(client, download_address(case.workspace.exports / "first"))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''first.zip"
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        assert "first/manifest.csv" in archive.namelist()


def test_a_dataset_of_another_workspace_comes_by_the_name_of_that(
    client: Client, case: Case
) -> None:
    other = case.workspace.root.parent / "other"
    shutil.copytree(case.workspace.root, other)
    address = download_address(other / "exports" / "first")
    assert get(client, address).status == 404
    assert get(client, address, workspace="other").status == 200
    assert get(client, address, workspace="../other").status == 409


def test_no_other_folder_can_be_had(client: Client, case: Case) -> None:
    elsewhere = case.workspace.root.parent / "elsewhere"
    elsewhere.mkdir()
    address = download_address(case.workspace.exports / "first")
    assert get(client, download_address(elsewhere)).status == 404
    for name in ("../../elsewhere", "first", str(elsewhere), ""):
        assert get(client, address, dataset=name).status == 403
    assert get(client, address, key="0" * 64).status == 403
    assert get(client, address, key="ö").status == 403


def test_a_dataset_that_is_being_written_is_not_offered(client: Client, case: Case) -> None:
    folder = case.workspace.exports / "first"
    card = (folder / "dataset_card.md").read_text(encoding="utf-8")
    (folder / "dataset_card.md").write_text(
        card.partition("\n")[0] + "\n\nMade with migrate_core. The export was cut off: export "
        "again.\n"
    )
    assert get(client, download_address(folder)).status == 404


def test_the_app_has_the_route() -> None:
    assert "export_routes)" in APP.read_text(encoding="utf-8")
    assert [route.path for route in export_routes("/labels") if isinstance(route, Route)] == [
        "/labels/export-api/dataset.zip"
    ]
