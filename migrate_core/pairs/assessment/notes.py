"""What pair.json says of a label in sentences: for the reviewer, and for who uses the dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ...model import Pair
from ..files import Document
from ..image.offset_check import format_settled
from ..label.boundary_buffer import format_boundary_buffer
from ..label.small_objects import format_small_objects
from ..listing import change_text


def notes_on(document: Document) -> tuple[str, ...]:
    """What a reviewer should know beside the numbers, one sentence a note."""
    found = [f"{text}." for text in (document.get("objects") or {}).get("sentences", ())]
    if buffer := document.get("ignore_rim"):
        found.append(format_boundary_buffer(buffer["width_m"], buffer["labelled"]))
    if missing := document.get("missing_bands"):
        found.append(f"The product has no {', '.join(missing)}: the image has fewer bands.")
    check = document.get("offset_check") or {}
    if settled := check.get("settled"):
        found.append(format_settled(settled, check["darkest"]))
    change = document.get("change_found") or {}
    # What wasn't measured stands with the numbers, where the number would be.
    explained = change.get("explanation") if change.get("value") is not None else None
    reason = (document.get("registration") or {}).get("reason")
    found += [text for text in (reason, explained) if text]
    # Both may begin by saying that there is no source image.
    return tuple(dict.fromkeys(found))


def notes_on_many(documents: Iterable[Document]) -> tuple[str, ...]:
    """What is to be known of the labels of many pairs: small objects and boundary buffers.

    The objects of a mask that is in several pairs count once.
    """
    counts: dict[tuple[int, str | None], Counter[str]] = {}
    buffers: Counter[float] = Counter()
    seen: set[str] = set()
    total = 0
    for document in documents:
        total += 1
        buffers[(document.get("ignore_rim") or {}).get("width_m", 0.0)] += 1
        mask_id = document["mask"]["mask_id"]
        if mask_id in seen:
            continue
        seen.add(mask_id)
        for one in (document.get("objects") or {}).get("classes", ()):
            counted = counts.setdefault((one["stored"], one["name"]), Counter())
            counted.update(objects=one["objects"], small=one["under_50_m2"])
    sentences = [
        f"{format_small_objects(name or stored, counted['small'], counted['objects'])}."
        for (stored, name), counted in sorted(counts.items(), key=lambda item: item[0][0])
        if counted["small"]
    ]
    sentences += [
        f"{count} of {total} pairs ignore a buffer of {width:g} m on both sides of class borders."
        for width, count in sorted(buffers.items())
        if width
    ]
    return tuple(sentences)


def format_change(pair: Pair) -> str | None:
    """`0.12 of 1`, or `not measured: …` with the reason; None for a pair that isn't made."""
    return change_text(pair.occlusion is not None, pair.change, pair.change_note)
