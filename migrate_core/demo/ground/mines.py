"""The mines: analytic outlines of pits and ponds, the objects that labels are drawn around."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from ..grids import to_utm

VERTICES = 240
WAVES = (2, 3, 4, 5, 7)


@dataclass(frozen=True)
class Boundary:
    """A closed curve in local metres: an ellipse whose radius is perturbed by a few waves."""

    x: float
    y: float
    semi_axes_m: tuple[float, float]
    rotation_deg: float
    amplitudes: tuple[float, ...]
    phases: tuple[float, ...]

    def polar(
        self, x: NDArray[np.floating], y: NDArray[np.floating]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Share of the way from the centre (0) to the outline (1), and the angle in the ellipse."""
        turn = np.radians(self.rotation_deg)
        east, south = x - self.x, y - self.y
        u = (east * np.cos(turn) + south * np.sin(turn)) / self.semi_axes_m[0]
        v = (south * np.cos(turn) - east * np.sin(turn)) / self.semi_axes_m[1]
        angle = np.arctan2(v, u)
        return np.hypot(u, v) / self._radius(angle), angle

    def _radius(self, angle: NDArray[np.floating]) -> NDArray[np.floating]:
        waves = zip(WAVES, self.amplitudes, self.phases, strict=True)
        terms = [size * np.cos(wave * angle + phase) for wave, size, phase in waves]
        return np.asarray(1 + np.sum(terms, axis=0))

    def polygon(self) -> Polygon:
        """The outline in UTM. This polygon, not the curve, is the truth of the label."""
        angle = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
        radius = self._radius(angle)
        u = self.semi_axes_m[0] * radius * np.cos(angle)
        v = self.semi_axes_m[1] * radius * np.sin(angle)
        turn = np.radians(self.rotation_deg)
        x = self.x + u * np.cos(turn) - v * np.sin(turn)
        y = self.y + u * np.sin(turn) + v * np.cos(turn)
        return Polygon([to_utm(float(px), float(py)) for px, py in zip(x, y, strict=True)])


@dataclass(frozen=True)
class Mine:
    """A pit with benches, and the pond on its floor if it has one."""

    name: str
    site: str
    pit: Boundary
    pond: Boundary | None
    benches: int


# Name, site, centre, semi-axes, rotation in degrees, benches; ponds by the name of their pit.
_PITS = (
    ("north pit", "north_pit", (1480, 1210), (470, 305), 18, 6),
    ("east quarry", "east_quarry", (4230, 1230), (335, 265), -35, 5),
    ("east quarry annex", "east_quarry", (4700, 1640), (125, 90), 30, 2),
    ("west pit", "west_pit", (2940, 2850), (400, 255), 62, 5),
    ("edge quarry", "edge_quarry", (5770, 3500), (300, 235), 10, 4),
    ("twin pit 1", "twin_pits", (1180, 4330), (370, 270), -22, 5),
    ("twin pit 2", "twin_pits", (1960, 4760), (265, 205), 40, 4),
    ("south mine", "south_mine", (3750, 4650), (385, 300), 5, 6),
)
_PONDS = {
    "twin pit 1": ((1250, 4380), (125, 75), -30),
    "twin pit 2": ((1930, 4790), (90, 58), 20),
    "south mine": ((3690, 4710), (100, 62), -15),
}


def _boundary(
    rng: np.random.Generator,
    centre: tuple[float, float],
    semi_axes_m: tuple[float, float],
    rotation_deg: float,
) -> Boundary:
    # Amplitudes fall with the wave number: a pit has bays, not teeth.
    amplitudes = rng.uniform(0.03, 0.13, len(WAVES)) / np.sqrt(WAVES)
    phases = rng.uniform(0, 2 * np.pi, len(WAVES))
    return Boundary(*centre, semi_axes_m, rotation_deg, tuple(amplitudes), tuple(phases))


def make_mines(rng: np.random.Generator) -> tuple[Mine, ...]:
    """The mines of the case; where they lie is fixed, their outlines depend on `rng`."""
    mines = []
    for name, site, centre, semi_axes_m, rotation_deg, benches in _PITS:
        pit = _boundary(rng, centre, semi_axes_m, rotation_deg)
        pond = _boundary(rng, *_PONDS[name]) if name in _PONDS else None
        mines.append(Mine(name, site, pit, pond, benches))
    return tuple(mines)
