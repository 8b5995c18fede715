"""The format `huggingface`: Parquet files per split with the arrays of each sample in a row.

The library `datasets` loads the folder in one line, also as a stream; README.md has the card that
the Hugging Face Hub shows: https://huggingface.co/docs/hub/datasets-cards
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....workspace import written_then_renamed
from ...samples.sample import Sample
from ..base import Content, Cut, Format, Part, batched
from .columns import nested, schema
from .described import about_sample, array_names, arrays_of, classes_in
from .hub_card import hub_card
from .shards import is_first, remove_others, sample_bytes, shards

DATA = "data"
CARD = "README.md"
# What is in memory at once, and what who reads a stream waits for first.
_ROW_GROUP_BYTES = 16 * 1024 * 1024
_TEXTS = ("sample_id", "pair_id", "scene_id", "sensed_at", "crs")


class HuggingFace(Format):
    """Parquet files of chips, since `datasets` wants arrays of one shape."""

    name = "huggingface"
    title = "Hugging Face datasets"
    help = "Parquet files with the arrays of chips of one size, and a card for the Hub."
    loads = "datasets.load_dataset('DEST/huggingface').with_format('numpy')"
    cut = Cut.ALWAYS

    def parts(self, content: Content) -> Sequence[Part]:
        """One a Parquet file."""
        return [
            Part(f"{split}-{number:05}", samples, (f"{DATA}/{split}-{number:05}.parquet",))
            for split, number, samples in shards(content)
        ]

    def write(self, part: Part, content: Content, folder: Path) -> None:
        """Write a Parquet file, a group of rows after the other."""
        import pyarrow.parquet as pq

        # It tells how many rows there are, and `datasets` refuses to load others.
        (folder / CARD).unlink(missing_ok=True)
        columns = schema(content)
        if is_first(part, content):
            _remove_other_schemas(folder, columns)
        per_group = max(1, _ROW_GROUP_BYTES // sample_bytes(part.samples[0], content))
        with (
            written_then_renamed(folder / part.files[0], apart=folder) as temporary,
            pq.ParquetWriter(
                temporary,
                columns,
                compression="zstd",
                use_dictionary=list(_TEXTS),
                write_statistics=list(_TEXTS),
            ) as writer,
        ):
            for samples in batched(part.samples, per_group):
                writer.write_table(_table(samples, content, columns), row_group_size=per_group)

    def finish(self, content: Content, folder: Path) -> Sequence[str]:
        """The card, which says what the splits hold."""
        parts = self.parts(content)
        remove_others(_files(folder), [folder / part.files[0] for part in parts])
        with written_then_renamed(folder / CARD) as temporary:
            temporary.write_text(hub_card(content, parts, folder), encoding="utf-8")
        return [CARD]


def _files(folder: Path) -> list[Path]:
    return sorted((folder / DATA).glob("*.parquet"))


def _remove_other_schemas(folder: Path, columns: Any) -> None:
    """Take away shards of other bands, values or classes, which don't load with these."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in _files(folder):
        try:
            same = pq.read_schema(path).metadata == columns.metadata
        except (OSError, pa.ArrowInvalid):
            same = False
        if not same:
            path.unlink(missing_ok=True)


def _table(samples: Sequence[Sample], content: Content, columns: Any) -> Any:
    """Some rows."""
    import pyarrow as pa

    known: dict[str, list[Any]] = {name: [] for name in columns.names}
    for sample in samples:
        pixels = content.pixels(sample)
        values = {
            **arrays_of(pixels, content),
            **about_sample(sample),
            "classes": classes_in(pixels),
        }
        for name, value in values.items():
            known[name].append(value)
    pixel_columns = array_names(content)
    filled = [
        nested(known[field.name])
        if field.name in pixel_columns
        else pa.array(known[field.name], field.type)
        for field in columns
    ]
    return pa.table(filled, schema=columns)
