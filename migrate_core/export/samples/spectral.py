"""What the bands of Sentinel-2 see: their names in the field, centres and widths."""

from __future__ import annotations

from dataclasses import dataclass

from ...products.product import WAVELENGTH_NM

# The names of the EO extension of STAC, version 1.1.0.
_COMMON_NAMES = {
    "B01": "coastal",
    "B02": "blue",
    "B03": "green",
    "B04": "red",
    "B05": "rededge071",
    "B06": "rededge075",
    "B07": "rededge078",
    "B08": "nir",
    "B8A": "nir08",
    "B09": "nir09",
    "B10": "cirrus",
    "B11": "swir16",
    "B12": "swir22",
}
# Full width at half maximum in nanometres, from where the centres are: products.product.
_BANDWIDTH_NM = {
    "B01": 21,
    "B02": 66,
    "B03": 36,
    "B04": 31,
    "B05": 15,
    "B06": 15,
    "B07": 20,
    "B08": 106,
    "B8A": 21,
    "B09": 20,
    "B10": 31,
    "B11": 91,
    "B12": 175,
}


@dataclass(frozen=True)
class SpectralBand:
    """A band: its name, common name, centre and full width at half maximum in nanometres."""

    name: str
    common_name: str
    centre_nm: int
    width_nm: int


def spectral_band(name: str) -> SpectralBand | None:
    """What is known of a band; None for one that isn't Sentinel-2's."""
    if name not in WAVELENGTH_NM:
        return None
    return SpectralBand(name, _COMMON_NAMES[name], WAVELENGTH_NM[name], _BANDWIDTH_NM[name])
