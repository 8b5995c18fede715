"""The ground at 3 m: what covers it, in which mixture, how brightly lit.

Reflectance = shade * ((1 - mix) * first material + mix * second material), with the materials of
the pixel's cover: linear spectral mixing. Hence the area average of any band follows from the
area averages of the materials' shares, which are computed once for all bands and seasons.
"""

from dataclasses import dataclass

import numpy as np

from ..grids import ByteArray, FloatArray, area_average
from .materials import BANDS, Cover, Season, endmember_spectra


@dataclass(frozen=True)
class Landscape:
    """The ground, on the grid of `ground_transform()`.

    cover: uint8 (height, width), values of `Cover`.
    mix: float32, share 0...1 of the cover's second material.
    shade: float32, illumination relative to flat ground.
    """

    cover: ByteArray
    mix: FloatArray
    shade: FloatArray

    def reflectance(self, bands: tuple[str, ...], season: Season) -> FloatArray:
        """Surface reflectance at 3 m, float32 (bands, height, width)."""
        spectra = endmember_spectra(season)
        result = np.empty((len(bands), *self.cover.shape), np.float32)
        for index, band in enumerate(bands):
            first, second = spectra[:, :, BANDS.index(band)].T
            result[index] = first[self.cover]
            result[index] += (second - first)[self.cover] * self.mix
            result[index] *= self.shade
        return result

    def average_shares(self) -> FloatArray:
        """Exact area average of shade times share of each material at 10 m.

        Returns:
            float32 (covers, 2, height, width) on the granule's 10 m grid.
        """
        lit = self.shade
        lit_second = self.shade * self.mix
        pairs = []
        for cover in Cover:
            here = self.cover == cover
            second = area_average(lit_second * here)
            pairs.append((area_average(lit * here) - second, second))
        return np.array(pairs, np.float32)


def mixed_reflectance(shares: FloatArray, season: Season) -> FloatArray:
    """Surface reflectance of all BANDS at 10 m from `average_shares`, (bands, height, width)."""
    spectra = endmember_spectra(season).reshape(-1, len(BANDS))
    materials = shares.reshape(len(spectra), -1)
    return (spectra.T @ materials).reshape(len(BANDS), *shares.shape[2:])
