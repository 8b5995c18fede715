"""The format `torchgeo`: folders of GeoTIFFs that TorchGeo's `images & labels` puts together right.

TorchGeo 0.9 and 0.10 intersect two datasets by place and time, and have one CRS for a dataset. So
there is a folder for each split and UTM zone, and each sample has a time of its own in the names of
its files: two instants a microsecond apart, in the second in which it was sensed. Their
`RasterDataset` reads them as the groups `start` and `stop` of its `filename_regex`. One instant
would not do: what its samplers ask for is open on one side, and would find nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from ...errors import ExportError
from ..request import FRACTIONS, HARD
from ..samples.sample import Sample
from .base import Content, Format, Part
from .loading import write_loader
from .rasters import write_classes, write_fractions, write_image, write_label, write_table

TABLE = "samples.csv"
LOADER = "torchgeo_data.py"
IMAGES, LABELS, SHARES = "images", "labels", "fractions"
_TIME = "%Y%m%dT%H%M%S%f"
# Two instants for each sample of a second.
_SAMPLES_IN_A_SECOND = 500_000


class TorchGeo(Format):
    """Images, labels and area shares in folders of their split and UTM zone."""

    name = "torchgeo"
    title = "TorchGeo"
    help = "A folder for each split and UTM zone; images meet their own labels only."
    loads = "sys.path.insert(0, 'DEST/torchgeo'); from torchgeo_data import *; Samples('train')[0]"

    def parts(self, content: Content) -> Sequence[Part]:
        """One a sample. Raises ExportError when more samples have one second than it can hold."""
        return [_part(sample, name, content) for sample, name in _named(content.samples)]

    def write(self, part: Part, content: Content, folder: Path) -> None:
        """Write the image and what was chosen of the label."""
        (sample,) = part.samples
        pixels = content.pixels(sample)
        for file in part.files:
            kind = Path(file).parent.name
            if kind == IMAGES:
                write_image(folder / file, pixels, folder)
            elif kind == LABELS:
                write_label(folder / file, pixels, content.classes, folder)
            else:
                write_fractions(folder / file, pixels, content.classes, folder)

    def finish(self, content: Content, folder: Path) -> Sequence[str]:
        """The tables of samples and classes, and the module with the classes of datasets."""
        loader = write_loader(folder, content, TABLE, "sample_id", LOADER)
        samples = write_table(folder / TABLE, content.samples)
        return [samples, write_classes(folder, content.classes), *loader]


def _part(sample: Sample, name: str, content: Content) -> Part:
    zone = f"{sample.split}/{sample.grid.crs.replace(':', '_')}"
    left_out = {FRACTIONS: LABELS, HARD: SHARES}.get(content.options.label)
    kinds = [kind for kind in (IMAGES, LABELS, SHARES) if kind != left_out]
    # A sample that gets another split, name or label is another part, so that its old files go.
    identity = f"{zone}/{name} {content.options.label}"
    return Part(identity, (sample,), tuple(f"{zone}/{kind}/{name}.tif" for kind in kinds))


def _named(samples: Sequence[Sample]) -> Iterator[tuple[Sample, str]]:
    """Each sample and the name of its files, without the suffix."""
    found: defaultdict[datetime, int] = defaultdict(int)
    for sample in samples:
        second = datetime.fromisoformat(sample.row["sensed_at"]).replace(microsecond=0)
        number = found[second]
        found[second] += 1
        if number >= _SAMPLES_IN_A_SECOND:
            raise ExportError(
                f"More than {_SAMPLES_IN_A_SECOND} samples are of {second:%Y-%m-%d %H:%M:%S}, and "
                "can't be told apart by time. Choose larger chips."
            )
        start = second + timedelta(microseconds=2 * number)
        stop = start + timedelta(microseconds=1)
        yield sample, f"{sample.sample_id}_{start.strftime(_TIME)}_{stop.strftime(_TIME)}"
