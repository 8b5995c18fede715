"""What a contestant takes is counted with its children, and what differs is found."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import requests

from benchmarks.speed.comparing import OURS, Compared, compete, differing
from benchmarks.speed.contestants import answers
from benchmarks.speed.data.masks import band_windows
from benchmarks.speed.data.product import tiles_under, touched_bytes
from benchmarks.speed.measuring.cost import Contestant, ContestantError, Cost, middle, run
from benchmarks.speed.measuring.server import serving
from benchmarks.speed.tables import Found, Row, at_least, at_most, markdown, number


def python(code: str, name: str = OURS) -> Contestant:
    return Contestant(name, (sys.executable, "-S", "-c", code))


BURN = "t = time.process_time()\nwhile time.process_time() - t < 0.4: pass\n"


def test_the_time_of_children_is_counted() -> None:
    own = f"import time\n{BURN}print(1)"
    _, alone = run(python(own))
    call = f"subprocess.run([sys.executable, '-S', '-c', {own!r}])"
    _, child = run(python(f"import subprocess, sys\n{call}"))
    assert 0.4 <= alone.cpu_s < 2
    assert 0.4 <= child.cpu_s < 2


def test_what_children_of_threads_read_and_hold_is_counted(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(bytes(30_000_000))
    held = f"import time; data = open({str(tmp_path / 'data')!r}, 'rb').read(); time.sleep(0.3)"
    code = (
        "import subprocess, sys, threading\n"
        f"call = lambda: subprocess.run([sys.executable, '-S', '-c', {held!r}])\n"
        "thread = threading.Thread(target=call)\nthread.start()\nthread.join()\n"
    )
    _, idle = run(python("pass"))
    _, cost = run(python(code))
    assert 30 <= cost.read_mb - idle.read_mb < 33
    assert cost.peak_mb >= 30 + idle.peak_mb


def test_the_last_line_is_the_answer_and_the_work_alone_is_what_it_says() -> None:
    answer, _ = run(python("print('words'); print('{\"a\": 1}')"))
    assert answer == {"a": 1}
    text = json.dumps({"answer": 5, "work": {"cpu_s": 7.0, "seconds": 8.0}})
    answer, cost = run(python(f"print({text!r})"))
    assert (answer, cost.cpu_s, cost.seconds) == (5, 7.0, 8.0)


def test_a_contestant_that_fails_says_why() -> None:
    with pytest.raises(ContestantError, match=r"ours: .*no way"):
        run(python("raise SystemExit('no way')"))
    assert "no way" in compete([lambda: python("raise SystemExit('no way')")], 1).problems[0]


def test_the_middle_of_several_runs_is_taken() -> None:
    costs = [Cost(n, 10 * n, 0, 0) for n in (3.0, 1.0, 2.0)]
    assert (middle(costs).cpu_s, middle(costs).seconds) == (2.0, 20.0)


def test_requests_and_bytes_are_counted_by_range(tmp_path: Path) -> None:
    content = bytes(range(256)) * 8
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "a.bin").write_bytes(content)
    with serving(tmp_path, 0) as server:
        url = f"{server.url}/bucket/a.bin"
        assert requests.head(url, timeout=5).headers["Content-Length"] == "2048"
        wanted = {"2-5": content[2:6], "-3": content[-3:], "2040-": content[2040:]}
        for asked, expected in wanted.items():
            answer = requests.get(url, headers={"Range": f"bytes={asked}"}, timeout=5)
            assert (answer.status_code, answer.content) == (206, expected)
        assert requests.get(url, headers={"Range": "bytes=9999-"}, timeout=5).status_code == 416
        assert (len(server.requests), server.bytes_sent) == (5, 4 + 3 + 8)
        assert requests.get(f"{server.url}/none", timeout=5).status_code == 404
        server.forget()
        listing = requests.get(f"{server.url}/bucket?list-type=2&prefix=a", timeout=5).text
        assert "<Key>a.bin</Key><Size>2048</Size>" in listing
        assert len(server.requests) == 1


def test_each_answer_is_late(tmp_path: Path) -> None:
    with serving(tmp_path, 0.2) as server:
        answer = requests.get(server.url, timeout=5)
        assert answer.elapsed.total_seconds() >= 0.2


def test_what_differs_is_found() -> None:
    ours = {"m": {"B02": "a", "B03": "b"}, "n": {"B02": "c"}}
    assert list(differing(ours, {"m": {"B02": "a"}})) == []
    assert list(differing(ours, {"m": {"B02": "x"}})) == ["m B02"]
    assert list(differing(ours, {"k": 1})) == ["k"]
    assert list(differing(ours, None)) == ["all"]
    assert list(differing(3, 4)) == ["all"]
    found = Compared(answers={OURS: ours, "by hand": {"n": {"B02": "y"}}})
    found.must_agree("case")
    assert found.problems == ["case: by hand has other pixels than ours (n B02)"]


def test_a_digest_is_that_of_numbers_shape_and_type() -> None:
    pixels = np.arange(6, dtype=np.uint16).reshape(2, 3)
    expected = hashlib.sha256(b"uint16 (2, 3) " + pixels.tobytes()).hexdigest()
    assert answers.digest(pixels) == expected
    assert answers.digest(pixels[:, ::-1]) != expected
    assert answers.digest(pixels.astype(np.int16)) != expected


def test_windows_are_widened_for_interpolation_and_tiles_are_counted() -> None:
    windows = band_windows(949, 949, 150, 150)
    assert windows["B02"] == (949, 949, 150, 150)
    assert windows["B05"] == (473, 473, 78, 78)
    assert windows["SCL"] == (474, 474, 76, 76)
    assert tiles_under(10, windows["B02"]) == 4
    assert tiles_under(20, windows["B05"]) == 1
    assert tiles_under(10, (0, 1000, 10, 100)) == 2


def test_touched_bytes_are_those_of_the_blocks_under_a_window(tmp_path: Path) -> None:
    pixels = np.zeros((512, 512), np.uint16)
    with rasterio.open(
        tmp_path / "B02.tif", "w", driver="GTiff", width=512, height=512, count=1, dtype="uint16",
        tiled=True, blockxsize=256, blockysize=256,
    ) as dataset:  # fmt: skip
        dataset.write(pixels, 1)
    files = {"B02": tmp_path / "B02.tif"}
    assert touched_bytes(files, {"B02": (0, 0, 256, 256)}) == 256 * 256 * 2
    assert touched_bytes(files, {"B02": (255, 10, 2, 2)}) == 2 * 256 * 256 * 2


def test_a_table_has_ratios_aims_and_what_was_wrong() -> None:
    fast, slow = Cost(1, 2, 100, 5), Cost(12.5, 30, 400, 1000)
    rows = [Row("case", OURS, fast), Row("case", "by hand", slow, fast)]
    aims = [at_most("not more than 3", 4, 3), at_least("at least 3", 4, 3, " times")]
    text = markdown(Found("Title", rows, aims, ["pixels differ"], ["odc-stac, since"]))
    assert "| case | by hand | 12.5 | 12.5 | 30.0 | 400 | 1,000 |" in text
    assert "| not more than 3 | 4.00 | missed |" in text
    assert "| at least 3 | 4.00 times | met |" in text
    assert "**Wrong: pixels differ**" in text
    assert "Left out: odc-stac, since" in text
    assert "requests" not in text
    assert "requests" in markdown(Found("T", [Row("case", OURS, Cost(1, 2, 3, 4, 5, 6))]))
    assert [number(value) for value in (0.123, 12.34, 1234.5)] == ["0.12", "12.3", "1,234"]


def test_the_command_ends_with_an_error_for_an_unknown_name() -> None:
    command = [sys.executable, "-m", "benchmarks.speed", "nothing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no such benchmark: nothing; there are start, one-mask" in done.stderr


def test_by_hand_imports_nothing_of_the_program() -> None:
    code = (
        "import sys, benchmarks.speed.contestants.by_hand\n"
        "print([name for name in sys.modules if name.startswith('migrate_core')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
