"""The arrow of a shift, drawn by the light table's own code on a grey canvas in a real browser."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.browsing import REPOSITORY, browser_page, chromium

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

CODE = REPOSITORY / "pages" / "shared" / "review" / "lighttable"
YELLOW = (240, 228, 66)
DRAW = """async ([shift, width, height]) => {
  const { drawShift } = await import('/draw/furniture.js');
  const pen = new OffscreenCanvas(width, height).getContext('2d');
  pen.fillStyle = 'rgb(128, 128, 128)';
  pen.fillRect(0, 0, width, height);
  drawShift(pen, shift, 1);
  return [...pen.getImageData(0, 0, width, height).data];
}"""
Picture = NDArray[np.uint8]


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word on stderr."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """An empty page beside the light table's code."""
    chromium()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(CODE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with browser_page(tmp_path_factory.mktemp("profile")) as opened:
        opened.goto(f"http://127.0.0.1:{server.server_port}/")
        yield opened
    server.shutdown()
    server.server_close()


def drawn(
    page: Any, east_m: float, north_m: float, size: tuple[int, int] = (100, 110), **more: Any
):
    """The picture (height, width, 3) of a shift."""
    shift = {"east_m": east_m, "north_m": north_m, "ci_m": 0.5, "reliable": True, **more}
    values = page.evaluate(DRAW, [shift, *size])
    return np.array(values, dtype=np.uint8).reshape(size[1], size[0], 4)[..., :3]


def coloured(picture: Picture) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pixels that are nearly of the arrow's colour."""
    rows, columns = np.nonzero(np.abs(picture.astype(int) - YELLOW).max(axis=-1) <= 40)
    return rows, columns


@pytest.mark.parametrize(
    ("east", "north", "axis", "sign"),
    [(14.0, 0.0, 1, 1), (-14.0, 0.0, 1, -1), (0.0, 14.0, 0, -1), (0.0, -14.0, 0, 1)],
)
def test_the_arrow_points_where_the_mask_is_moved(
    page: Any, east: float, north: float, axis: int, sign: int
) -> None:
    start = [places.mean() for places in coloured(drawn(page, 0.0, 0.0))]
    places = coloured(drawn(page, east, north))
    assert sign * (places[axis].mean() - start[axis]) > 5
    assert places[1 - axis].mean() == pytest.approx(start[1 - axis], abs=1)


def test_it_is_as_long_as_the_shift_by_the_ring_of_one_pixel(page: Any) -> None:
    tips = [coloured(drawn(page, east, 0.0))[1].max() for east in (5.0, 10.0, 20.0)]
    assert np.diff(tips) == pytest.approx([5.5, 11], abs=0.6)  # 11 pixels are 10 m


def test_it_lies_in_a_corner_and_leaves_the_rest_alone(page: Any) -> None:
    rows, columns = np.nonzero((drawn(page, 3.0, 3.0) != 128).any(axis=-1))
    assert rows.max() < 90
    assert columns.max() < 90


def test_a_shift_that_is_not_reliable_looks_otherwise(page: Any) -> None:
    reliable, other = (
        len(coloured(drawn(page, 18.0, 0.0, reliable=known))[0]) for known in (True, False)
    )
    assert 0 < other < 0.9 * reliable


@pytest.mark.parametrize("size", [(30, 20), (84, 500), (1, 1)])
def test_small_and_narrow_pictures_hold_it(page: Any, size: tuple[int, int]) -> None:
    assert drawn(page, 0.0, 0.0, size).shape == (size[1], size[0], 3)
