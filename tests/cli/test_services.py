"""The command line against a service on loopback, as processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box, mapping

from tests.support.pairs import Safe, checkered, placed, write_mask, write_safe
from tests.support.servers.cdse import PASSWORD, Cdse, cdse_running

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_S = 120


def run(cdse: Cdse, workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    known = cdse.settings
    environ = {
        **os.environ,
        "CDSE_ODATA_URL": known.cdse_odata_url,
        "CDSE_DOWNLOAD_URL": known.cdse_download_url,
        "CDSE_TOKEN_URL": known.cdse_token_url,
        "CDSE_USERNAME": known.cdse_username or "",
        "CDSE_PASSWORD": known.cdse_password or "",
    }
    command = [sys.executable, "-m", "migrate_core", "--workspace", str(workspace), *arguments]
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def answer(cdse: Cdse, workspace: Path, *arguments: str) -> Any:
    done = run(cdse, workspace, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_masks_become_pairs_from_the_copernicus_data_space(tmp_path: Path) -> None:
    safe = write_safe(tmp_path / "archive", Safe())
    for number in range(2):
        write_mask(
            tmp_path / f"masks/m{number}.tif", checkered(8, 4), placed(2 + 9 * number, 3, 10)
        )
    workspace = tmp_path / "workspace"
    with cdse_running() as cdse:
        cdse.offer("u-1", safe, footprint=mapping(box(2.5, 42.0, 3.5, 43.0)))
        answer(cdse, workspace, "masks", "add", str(tmp_path / "masks"), "--date", "2020-02-02")
        found = answer(cdse, workspace, "scenes", "search", "--source", "cdse")
        assert [item["scenes"][0]["source"] for item in found] == ["cdse", "cdse"]
        pairs = answer(cdse, workspace, "pairs", "make", "--workers", "2", "--access", "product")
        assert [pair["state"] for pair in pairs] == ["done", "done"]
        assert cdse.server is not None
        assert len(cdse.server.asked_for("$value")) == 1
        again = answer(cdse, workspace, "pairs", "make", "--access", "product")
        assert again == pairs
        assert cdse.grants == ["password"]
