"""README.md of the format `huggingface`: the YAML that the Hub and `datasets` read, and a text.

The fields of the YAML: https://huggingface.co/docs/hub/datasets-cards and, for what `datasets`
takes, https://huggingface.co/docs/datasets/repository_structure
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....escaping import markdown_text
from ..base import SPLITS, Content, Part
from .columns import columns
from .described import FLAG_MEANINGS, about
from .shards import sample_bytes

# Of the licences that the Hub knows by name, those that SPDX calls otherwise than in lower case.
_OTHER_NAMES = {
    "odbl-1.0": "odbl",
    "odc-by-1.0": "odc-by",
    "pddl-1.0": "pddl",
    "gpl-3.0-only": "gpl-3.0",
    "gpl-3.0-or-later": "gpl-3.0",
}
_SAME_NAMES = {
    "apache-2.0",
    "bsd-3-clause",
    "cc0-1.0",
    "cc-by-3.0",
    "cc-by-4.0",
    "cc-by-nc-4.0",
    "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-4.0",
    "cc-by-nd-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cdla-permissive-2.0",
    "mit",
}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))


def hub_card(content: Content, parts: Sequence[Part], folder: Path) -> str:
    """The text of README.md for the files of `parts`, which lie in `folder`."""
    import yaml

    head = yaml.safe_dump(
        _front_matter(content, parts, folder), allow_unicode=True, sort_keys=False, width=1000
    )
    return f"---\n{head}---\n\n{_text(content)}"


def _front_matter(content: Content, parts: Sequence[Part], folder: Path) -> dict[str, Any]:
    there = [split for split in SPLITS if content.of_split(split)]
    return {
        "pretty_name": content.name,
        **_licence(content.about.licence),
        "task_categories": ["image-segmentation"],
        "tags": ["remote-sensing", "sentinel-2", "semantic-segmentation"],
        "size_categories": [_size_category(len(content.samples))],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": split, "path": f"data/{split}-*.parquet"} for split in there
                ],
            }
        ],
        "dataset_info": _info(content, parts, there, folder),
    }


def _info(
    content: Content, parts: Sequence[Part], there: Sequence[str], folder: Path
) -> dict[str, Any]:
    """Columns and splits, with their sizes in bytes: of the pixels, and of the files."""
    splits = []
    for split in there:
        samples = content.of_split(split)
        used = sum(sample_bytes(sample, content) for sample in samples)
        splits.append({"name": split, "num_bytes": used, "num_examples": len(samples)})
    return {
        "features": [column.yaml for column in columns(content)],
        "splits": splits,
        "download_size": sum((folder / part.files[0]).stat().st_size for part in parts),
        "dataset_size": sum(split["num_bytes"] for split in splits),
    }


def _licence(given: str) -> dict[str, str]:
    """The Hub's name of a licence; one that it doesn't know is `other`, with its own name."""
    if not given:
        return {}
    name = given.strip().lower()
    if name in _SAME_NAMES or name in _OTHER_NAMES:
        return {"license": _OTHER_NAMES.get(name, name)}
    return {"license": "other", "license_name": given.strip()}


def _size_category(count: int) -> str:
    return next((name for limit, name in _SIZES if count < limit), "n>1M")


def _text(content: Content) -> str:
    known = about(content)
    scale = known["image"]["reflectance_scale"]
    reflectance = "reflectance" if scale == 1 else f"reflectance = value x {scale:g}"
    arrays = [column.name for column in columns(content) if "shape" in column.feature]
    rows = [
        f"| {one['value']} | {markdown_text(one['name'])} | `{one['colour']}` |"
        for one in known["label"]["classes"]
    ]
    lines = [
        f"# {markdown_text(content.name)}",
        "",
        "Migrated segmentation labels with the Sentinel-2 images of the same ground.",
        "",
        "```python",
        "import datasets",
        "",
        'dataset = datasets.load_dataset("FOLDER").with_format("numpy")',
        "```",
        "",
        f"Each row is a chip of {content.chip_size} x {content.chip_size} pixels of 10 m, with "
        f"{_listed(arrays)}.",
        "",
        f"- `image` has the bands {', '.join(content.bands)}; {reflectance}, 0 is no data.",
        *_label_lines(arrays),
        f"- `quality` has flags: {_flags()}.",
        "- `transform` and `crs` say where a chip lies; `row` and `column` where in its pair.",
        "- `classes` are those that are in a chip. All chips of a pair are in one split.",
        "",
        "| value | class | colour |",
        "| --- | --- | --- |",
        *rows,
        "| 255 | ignore | |",
        "",
        *map(markdown_text, known["attribution"]),
    ]
    return "\n".join(lines) + "\n"


def _label_lines(arrays: Sequence[str]) -> list[str]:
    found = []
    if "label" in arrays:
        found.append("- `label` has the values of the table; leave out 255 when you train.")
    if "fractions" in arrays:
        found.append(
            "- `fractions` are the area shares 0 to 1 of the classes, in the order of the table; "
            "all are 0 where nothing is known."
        )
    return found


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _flags() -> str:
    return ", ".join(
        f"{int(flag)} {meaning.replace('_', ' ')}" for flag, meaning in FLAG_MEANINGS.items()
    )
