"""s2cloudless on spectra whose meaning is plain."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from migrate_core.pairs.clouds.detector import BANDS, detect

# Top-of-atmosphere reflectances by band, in the order of BANDS.
CLOUD = (0.72, 0.73, 0.70, 0.71, 0.72, 0.72, 0.45, 0.002, 0.46, 0.36)
GRASS = (0.13, 0.10, 0.06, 0.11, 0.36, 0.38, 0.15, 0.001, 0.20, 0.10)


def cloud_flags(where: NDArray[np.bool_]) -> dict[str, NDArray[np.float32]]:
    """Grass, with cloud over it where `where` is true."""
    return {
        name: np.where(where, cloud, grass).astype(np.float32)
        for name, cloud, grass in zip(BANDS, CLOUD, GRASS, strict=True)
    }


def test_grass_is_clear_and_a_cloud_is_a_cloud() -> None:
    where = np.zeros((60, 60), dtype=bool)
    where[20:40, 20:40] = True
    found = detect(cloud_flags(where))
    assert found.body[where].all()
    assert not found.cloud[:10].any()
    assert (found.cloud | ~found.body).all()


def test_a_cloud_is_grown_by_at_most_what_is_stated() -> None:
    where = np.zeros((60, 60), dtype=bool)
    where[20:40, 20:40] = True
    rows = np.nonzero(detect(cloud_flags(where)).cloud.any(axis=1))[0]
    # Averaging over a disc of 4 pixels reaches 4 farther, growing another 2.
    assert 20 - 6 <= rows.min() < 20
    assert 39 < rows.max() <= 39 + 6


def test_what_has_no_data_is_no_cloud() -> None:
    bands = cloud_flags(np.zeros((30, 30), dtype=bool))
    bands["B10"][:, :10] = np.nan
    found = detect(bands)
    assert not found.cloud.any()


@pytest.mark.parametrize("shape", [(1, 1), (3, 50)])
def test_small_windows_will_do(shape: tuple[int, int]) -> None:
    assert detect(cloud_flags(np.ones(shape, dtype=bool))).cloud.shape == shape
