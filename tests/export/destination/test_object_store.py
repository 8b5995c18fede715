"""Datasets in an object store, against moto's server, looked into with boto3."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from migrate_core.errors import (
    CredentialsError,
    JobCancelledError,
    TransferError,
    WrongUseError,
)
from migrate_core.export.dataset import Dataset, export_dataset
from migrate_core.export.destination import bucket as bucket_module
from migrate_core.export.destination.address import parse_address, resolve_destination
from migrate_core.export.destination.object_store import object_store_of
from migrate_core.export.formats.geotiff import Chips, Geotiff
from migrate_core.export.request import ChipOptions, ExportRequest
from migrate_core.settings import ServiceSettings, load_settings
from migrate_core.store.serialize import from_json, to_json
from migrate_core.transfer.http.retry import RetryPolicy
from tests.support.exports import Exportable, exportable, spread_out

pytestmark = [pytest.mark.usefixtures("plots_undrawn"), pytest.mark.services]
ADDRESS = "s3://data/sets/first"
HASTY = RetryPolicy(attempts=1, first_wait_s=0.01)
SECRET = "s3cr3t-of-mine"


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadedMotoServer]:
    found = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    found.start()
    yield found
    found.stop()


@pytest.fixture
def services(server: ThreadedMotoServer) -> ServiceSettings:
    host, port = server.get_host_and_port()
    return ServiceSettings(
        aws_endpoint_url=f"http://{host}:{port}",
        aws_access_key_id="AKEYOFMINE",
        aws_secret_access_key=SECRET,
    )


@pytest.fixture
def client(services: ServiceSettings) -> Iterator[Any]:
    found = boto3.client(
        "s3",
        endpoint_url=services.aws_endpoint_url,
        aws_access_key_id="AKEYOFMINE",
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )
    found.create_bucket(Bucket="data")
    yield found
    for one in found.list_objects_v2(Bucket="data").get("Contents", ()):
        found.delete_object(Bucket="data", Key=one["Key"])
    found.delete_bucket(Bucket="data")
    found.close()


@pytest.fixture
def made(tmp_path: Path) -> Exportable:
    return exportable(tmp_path / "made", spread_out(4))


def stored(client: Any, below: str = "sets/first/") -> dict[str, bytes]:
    listed = client.list_objects_v2(Bucket="data", Prefix=below).get("Contents", ())
    return {
        one["Key"].removeprefix(below): client.get_object(Bucket="data", Key=one["Key"])[
            "Body"
        ].read()
        for one in listed
    }


def send(
    made: Exportable, services: ServiceSettings, progress: Any = None, **wanted: Any
) -> Dataset:
    folder, sent_to = resolve_destination(ADDRESS, made.workspace)
    given: dict[str, Any] = {"formats": ("geotiff", "chips"), "chips": ChipOptions(32, 32)}
    request = ExportRequest(folder, sent_to=sent_to, **{**given, **wanted})
    target = object_store_of(request, services, HASTY)
    told = progress or (lambda *_: None)
    return export_dataset(made.store, made.workspace, request, told, target)


def test_the_objects_are_the_files_of_the_same_export_into_a_folder(
    made: Exportable, services: ServiceSettings, client: Any, tmp_path: Path
) -> None:
    send(made, services)
    made.export(tmp_path / "first", "geotiff", "chips", chips=ChipOptions(32, 32))
    files = {
        path.relative_to(tmp_path / "first").as_posix(): path.read_bytes()
        for path in (tmp_path / "first").rglob("*")
        if path.is_file()
    }
    found = stored(client)
    assert found.pop(".export.sent.jsonl")
    assert found.keys() == files.keys()
    # GeoParquet is written anew, with the same rows.
    assert {name for name in files if files[name] != found[name]} <= {"manifest.parquet"}
    folder, _ = resolve_destination(ADDRESS, made.workspace)
    assert not list(folder.rglob("*.tif"))


def test_parts_that_are_still_being_sent_when_all_is_written_arrive_as_well(
    made: Exportable,
    services: ServiceSettings,
    client: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put = bucket_module.Bucket.put

    def slow(self: Any, name: str, path: Path) -> str:
        time.sleep(0.3 if name.startswith("chips/") else 0)
        return put(self, name, path)

    monkeypatch.setattr(bucket_module.Bucket, "put", slow)
    send(made, services)
    made.export(tmp_path / "first", "geotiff", "chips", chips=ChipOptions(32, 32))
    files = [path for path in (tmp_path / "first").rglob("*") if path.is_file()]
    names = {path.relative_to(tmp_path / "first").as_posix() for path in files}
    assert stored(client).keys() - {".export.sent.jsonl"} == names


def test_again_only_what_has_changed_is_written_and_the_stale_goes(
    made: Exportable, services: ServiceSettings, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(made, services, formats=("geotiff",))
    puts: list[str] = []
    put = bucket_module.Bucket.put

    def counted(self: Any, name: str, path: Path) -> str:
        puts.append(name)
        return put(self, name, path)

    monkeypatch.setattr(bucket_module.Bucket, "put", counted)
    assert send(made, services, formats=("geotiff",)).rewritten == 0
    assert not [name for name in puts if name.endswith(".tif")]
    client.delete_object(Bucket="data", Key=f"sets/first/labels/{made.pair_ids[0]}.tif")
    client.put_object(
        Bucket="data", Key=f"sets/first/images/{made.pair_ids[1]}.tif", Body=b"another's"
    )
    client.put_object(Bucket="data", Key="sets/first/notes.txt", Body=b"mine")
    assert send(made, services, formats=("geotiff",)).rewritten == 2
    send(made, services, formats=("chips",))
    found = stored(client)
    assert found["notes.txt"] == b"mine"
    assert not [name for name in found if name.startswith(("images/", "labels/"))]
    assert [name for name in found if name.startswith("chips/images/")]


def test_another_workspace_goes_on_with_what_is_there(
    made: Exportable, services: ServiceSettings, client: Any
) -> None:
    send(made, services)
    shutil.rmtree(made.workspace.root / "sending")
    assert send(made, services).rewritten == 0


def test_a_cancelled_one_is_readable_and_goes_on(
    made: Exportable, services: ServiceSettings, client: Any
) -> None:
    def cancel(finished: int, _total: int) -> None:
        if finished == 2:
            raise JobCancelledError("stop")

    with pytest.raises(JobCancelledError):
        send(made, services, cancel, formats=("geotiff",))
    found = stored(client)
    card = found["dataset_card.md"].decode()
    assert "2 pairs are there" in card
    assert all(
        pair_id.replace("_", "\\_") in card or pair_id in card for pair_id in made.pair_ids[2:]
    )
    assert found["manifest.csv"].decode().count("\n") == 3
    for pair_id in made.pair_ids[:2]:
        assert f"images/{pair_id}.tif" in found
    assert send(made, services, formats=("geotiff",)).rewritten == 2
    assert "cut off" not in stored(client)["dataset_card.md"].decode()


def test_a_lost_connection_keeps_what_was_sent_and_is_reported(
    made: Exportable,
    services: ServiceSettings,
    client: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put, broken = bucket_module.Bucket.put, True

    def breaking(self: Any, name: str, path: Path) -> str:
        if broken and made.pair_ids[2] in name:
            self._store = self._store.__class__(
                "http://127.0.0.1:9", access_key="a", secret_key="b"
            )
        return put(self, name, path)

    monkeypatch.setattr(bucket_module.Bucket, "put", breaking)
    with pytest.raises(TransferError, match=r"s3://data/sets/first at .*what was sent is kept"):
        send(made, services, formats=("geotiff",))
    assert "cut off" in stored(client)["dataset_card.md"].decode()
    folder, _ = resolve_destination(ADDRESS, made.workspace)
    assert made.pair_ids[2][:3] in (folder / "dataset_card.md").read_text(encoding="utf-8")
    broken = False
    assert send(made, services, formats=("geotiff",)).rewritten < 4
    assert len([name for name in stored(client) if name.endswith(".tif")]) == 16


def test_files_that_later_steps_open_stay_here_until_then(
    made: Exportable, services: ServiceSettings, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    finish = Chips.finish

    def counting(self: Chips, content: Any, folder: Path) -> Any:
        seen.append(len(list(folder.rglob("*.tif"))))
        return finish(self, content, folder)

    monkeypatch.setattr(Chips, "streams", False)
    monkeypatch.setattr(Chips, "finish", counting)
    dataset = send(made, services)
    assert Geotiff.streams
    assert seen == [dataset.samples["chips"] * 4]
    folder, _ = resolve_destination(ADDRESS, made.workspace)
    assert not list(folder.rglob("*.tif"))


def test_large_files_go_in_pieces(
    made: Exportable,
    services: ServiceSettings,
    client: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bucket_module, "_PIECE_BYTES", 5 * 1024 * 1024)
    path = tmp_path / "large"
    path.write_bytes(bytes(range(256)) * 50_000)
    folder, sent_to = resolve_destination(ADDRESS, made.workspace)
    target = object_store_of(ExportRequest(folder, sent_to=sent_to), services, HASTY)
    etag = target._bucket.put("large", path)
    target.close()
    assert etag.endswith("-3")
    assert client.head_object(Bucket="data", Key="sets/first/large")["ETag"] == f'"{etag}"'
    assert stored(client)["large"] == path.read_bytes()
    assert not client.list_multipart_uploads(Bucket="data").get("Uploads")


def test_a_prefix_with_other_objects_is_refused_and_left_alone(
    made: Exportable, services: ServiceSettings, client: Any
) -> None:
    client.put_object(Bucket="data", Key="sets/first/holiday.jpg", Body=b"x")
    client.put_object(Bucket="data", Key="sets/first2/x", Body=b"x")
    with pytest.raises(WrongUseError, match="s3://data/sets/first has other objects"):
        send(made, services)
    assert list(stored(client)) == ["holiday.jpg"]
    client.delete_object(Bucket="data", Key="sets/first/holiday.jpg")
    send(made, services)
    assert stored(client, "sets/first2/") == {"x": b"x"}


def test_what_is_wrong_is_told_without_keys(
    made: Exportable,
    services: ServiceSettings,
    client: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # By name: tests before may have set the level of the program's own logger.
    caplog.set_level(logging.DEBUG, logger="migrate_core")
    with pytest.raises(CredentialsError, match="AWS_SECRET_ACCESS_KEY"):
        send(made, ServiceSettings())
    with monkeypatch.context() as patch:
        patch.setattr("tests.export.destination.test_object_store.ADDRESS", "s3://nowhere/x")
        with pytest.raises(TransferError, match="there is no bucket nowhere") as caught:
            send(made, services)
    send(made, services)
    files = (path for path in made.workspace.root.rglob("*") if path.is_file())
    # The server runs in this process, and writes down what it is asked.
    logged = "".join(one.getMessage() for one in caplog.records if one.name.startswith("migrate"))
    assert "PUT" in logged
    for text in (logged, repr(caught.value), repr(caught.value.__cause__)):
        assert SECRET not in text
        assert "Signature=" not in text
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("text", "bucket", "prefix"),
    [("s3://b-1/a/b/", "b-1", "a/b"), ("s3://b.c", "b.c", ""), ("s3://abc/ä b", "abc", "ä b")],
)
def test_an_address_is_read_as_people_write_it(text: str, bucket: str, prefix: str) -> None:
    found = parse_address(text)
    assert (found.bucket, found.prefix) == (bucket, prefix)


@pytest.mark.parametrize("text", ["s3:/b/x", "s3://", "s3://b/../x", "S3://abc", "s3://abc/a//b"])
def test_what_is_no_address_is_refused(text: str, made: Exportable) -> None:
    with pytest.raises(WrongUseError, match=r"s3://BUCKET/PREFIX"):
        resolve_destination(text, made.workspace)


def test_requests_and_settings_travel(made: Exportable) -> None:
    folder, sent_to = resolve_destination(ADDRESS, made.workspace)
    request = ExportRequest(folder, sent_to=sent_to)
    assert from_json(ExportRequest, to_json(request)) == request
    assert folder.is_relative_to(made.workspace.root)
    with pytest.raises(WrongUseError, match="zip"):
        ExportRequest(folder, archive=True, sent_to=sent_to).check()
    with pytest.raises(WrongUseError, match="as text"):
        resolve_destination(Path(ADDRESS), made.workspace)
    environ = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1/", "AWS_ACCESS_KEY_ID": "AK"}
    services = load_settings(made.workspace.root, environ).services
    assert services.aws_endpoint_url == "http://127.0.0.1:1"
    assert "AK" not in repr(services)
