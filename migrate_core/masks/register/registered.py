"""Which registered mask a file is: by where it lies, and by what is in it.

Another path is another mask. The same mask is what lies at the same path, however that is spelled;
what was moved, so that nothing is left at its old path; and what is uploaded again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import MaskError
from ...model import Mask
from ...store.base import Store
from ...store.masks import Listed, listed_masks, masks_of, masks_with_pairs
from ...workspace import upload_location
from ..raster.content import check_unchanged
from ..raster.identity import canonical_path, content_id, ids_of_copies, mask_identity
from .describe import ACQUIRED

# Kinds of notes, in words for several masks.
_COPY = "have the name and content of others elsewhere and are masks of their own"
_MOVED = "were moved and stay the same masks, with their dates, pairs and decisions"
_AGAIN = "came by the same zip or upload before and stay the same masks"
_SPELLED = "were added by another path to the same file and stay the same masks"


@dataclass(frozen=True)
class Note:
    """A note on one mask, and what is said when it holds for several."""

    kind: str
    text: str


def summed_up(notes: Iterable[Note]) -> list[str]:
    """One sentence for each kind of notes: the only one, or the first and how many there are."""
    found: dict[str, list[str]] = {}
    for note in notes:
        found.setdefault(note.kind, []).append(note.text)
    return [
        texts[0] if len(texts) == 1 else f"{len(texts)} masks {kind}. The first: {texts[0]}"
        for kind, texts in found.items()
    ]


_Key = tuple[str, str | None]
_Index = dict[_Key, dict[str, None]]


class Registered:
    """The masks of a store while files are added, which of them each file is, and what to say.

    `paths` are all files of this adding: what was moved goes to the one whose path is most like
    the old one.
    """

    def __init__(self, store: Store, paths: Iterable[Path]) -> None:
        self._store = store
        self._listed: dict[str, Listed] = {}
        self._by_content: _Index = defaultdict(dict)
        self._by_name: _Index = defaultdict(dict)
        self._by_path: dict[_Key, str] = {}
        self._by_location: dict[_Key, dict[str, str]] = {}
        self._fresh: dict[str, Mask] = {}
        self._gone: set[str] = set()
        self._stale: set[str] = set()
        self._paired: frozenset[str] | None = None
        self._locations: dict[str, str] = {}
        self._ends = {end for path in paths for end in _ends(path)}
        self.notes: list[Note] = []
        # Paths under which masks were listed that are put to another one.
        self.left: set[str] = set()
        for listed in listed_masks(store):
            self._take_in(listed)

    def at(self, path: Path, part: str | None) -> str | None:
        """The id of the mask that is listed at a path, however that was spelled."""
        exact = self._by_path.get((str(path), part))
        if exact is not None:
            return exact
        # Where the files lie is looked up for those of the name only, and once.
        name = path.name, part
        if name not in self._by_location:
            ids = self._by_name.get(name)
            if not ids:
                return None
            self._by_location[name] = {self._location(self._listed[one].path): one for one in ids}
        return self._by_location[name].get(self._location(str(path)))

    def known_as(self, mask: Mask) -> Mask | None:
        """The mask in the store that this one, read from a file, is; None for another one."""
        here = self.listed(mask)
        if here is not None and here.sha256 == mask.sha256:
            return here
        return self._from_another_path(mask)

    def listed(self, mask: Mask) -> Mask | None:
        """The mask that is listed where this one lies, whatever is in it."""
        listed = self.at(Path(mask.path), mask.part)
        return self._mask(listed) if listed else None

    def settled(self, mask: Mask, known: Mask | None) -> Mask:
        """The mask under the id that it keeps, or gets as a new one; it counts as listed then."""
        here = self.at(Path(mask.path), mask.part)
        if known is not None and content_id(known.mask_id) == mask.mask_id:
            settled = with_id(mask, known.mask_id)
        else:
            settled = with_id(mask, self._free_id(mask, here))
            if settled.mask_id != mask.mask_id:
                self._tell_of_copy(settled, self._mask(mask.mask_id))
        if here is not None:
            # What lay here may have gone elsewhere, where its content is looked for.
            self._unplace(self._listed[here])
            if self._listed[here].path != mask.path:
                self._stale.add(here)
        if known is not None:
            self._leave_out(known.mask_id)
            if known.path != mask.path:
                self._tell_of_path(settled, known)
                self._stale.add(known.mask_id)
                self.left.add(known.path)
        self._stale.discard(settled.mask_id)
        self._fresh[settled.mask_id] = settled
        self._take_in(Listed(settled.mask_id, mask.path, mask.part, mask.sha256))
        return settled

    def has_pair(self, mask: Mask) -> bool:
        """Whether a pair was made of a mask."""
        if self._paired is None:
            self._paired = masks_with_pairs(self._store)
        return mask.mask_id in self._paired

    def put(self, masks: Sequence[Mask]) -> frozenset[str]:
        """Write masks that are settled, and take off the list what they were listed as before.

        Returns the ids that were taken off.
        """
        gone = frozenset(self._stale)
        if gone:
            self._store.remove_masks(gone)
            self._stale.clear()
        self.left.clear()
        self._store.put_masks(masks)
        return gone

    def _take_in(self, listed: Listed) -> None:
        self._listed[listed.mask_id] = listed
        self._by_path[listed.path, listed.part] = listed.mask_id
        name = Path(listed.path).name, listed.part
        self._by_name[name][listed.mask_id] = None
        if name in self._by_location:
            self._by_location[name][self._location(listed.path)] = listed.mask_id
        if (content := _content(listed)) is not None:
            self._by_content[content][listed.mask_id] = None

    def _leave_out(self, mask_id: str) -> None:
        if listed := self._listed.pop(mask_id, None):
            self._unplace(listed)
            if (content := _content(listed)) is not None:
                self._by_content[content].pop(mask_id, None)

    def _unplace(self, listed: Listed) -> None:
        """Let the place of a mask be free for another one."""
        name = Path(listed.path).name, listed.part
        self._by_name[name].pop(listed.mask_id, None)
        if self._by_path.get((listed.path, listed.part)) == listed.mask_id:
            del self._by_path[listed.path, listed.part]
        if (locations := self._by_location.get(name)) is not None:
            location = self._location(listed.path)
            if locations.get(location) == listed.mask_id:
                del locations[location]

    def _location(self, path: str) -> str:
        if path not in self._locations:
            self._locations[path] = canonical_path(Path(path))
        return self._locations[path]

    def _mask(self, mask_id: str) -> Mask | None:
        """A mask as it stands in the store; None when it was taken off the list meanwhile."""
        if mask_id in self._fresh:
            return self._fresh[mask_id]
        return next(masks_of(self._store, [mask_id]), None)

    def _from_another_path(self, mask: Mask) -> Mask | None:
        """The mask that this one is although it was listed at another path."""
        content = _content(mask)
        if content is None:
            return None
        found = map(self._mask, list(self._by_content[content]))
        others = [other for other in found if other is not None]
        again = next((other for other in others if _uploaded_again(other, mask)), None)
        return again or _best([one for one in others if self._has_moved(one, mask)], mask)

    def _has_moved(self, other: Mask, mask: Mask) -> bool:
        """Whether a mask is gone from its path, and no file of this adding is more like it."""
        ends = [end for end in _ends(Path(other.path)) if end in self._ends]
        most = len(ends[-1]) if ends else 0
        alike = _likeness(other.path, mask.path) >= most
        return alike and not _of_another_day(other, mask) and self._is_gone(other)

    def _is_gone(self, other: Mask) -> bool:
        """Whether a mask doesn't lie at its path any more; what was just read does."""
        if other.mask_id in self._fresh:
            return False
        if other.mask_id not in self._gone:
            try:
                check_unchanged(other)
            except MaskError:
                self._gone.add(other.mask_id)
                return True
        return other.mask_id in self._gone

    def _free_id(self, mask: Mask, here: str | None) -> str:
        """The id by name and content; where another mask has that, one that the path is part of."""

        def is_free(one: str) -> bool:
            return one == here or one not in self._listed or self._mask(one) is None

        if is_free(mask.mask_id):  # as most are; where the file lies need not be looked up then
            return mask.mask_id
        location = f"{self._location(mask.path)}#{mask.part}"
        return next(filter(is_free, ids_of_copies(mask.mask_id, location)))

    def _tell_of_copy(self, mask: Mask, other: Mask | None) -> None:
        if other is None:
            return
        if not self._is_gone(other):
            why = f"{mask.path} is an exact copy of {other.path} ({other.mask_id})"
        elif _of_another_day(other, mask):
            why = (
                f"{mask.path} has the content of {other.path} ({other.mask_id}), which is gone, "
                f"but is of {mask.acquired} and not of {other.acquired}"
            )
        else:
            why = (
                f"{mask.path} has the content of {other.path} ({other.mask_id}), which is gone, "
                "but others are as much like that"
            )
        text = f"{mask.name}: {why}. It is added as a mask of its own, {mask.mask_id}."
        self.notes.append(Note(_COPY, text))

    def _tell_of_path(self, mask: Mask, known: Mask) -> None:
        """What becomes of a mask that was listed at another path."""
        if _uploaded_again(known, mask):
            kind = _AGAIN
            sentences = [
                f"it came by the same zip or upload before: the same mask, {mask.mask_id}.",
                "To have both, add it under another name.",
            ]
            if mask.acquired != known.acquired:
                date = f"Its date is {mask.acquired} now, not {known.acquired}."
                sentences.insert(1, date)
            text = " ".join(sentences)
        elif self._location(known.path) == self._location(mask.path):
            kind = _SPELLED
            text = f"it is the file that was added as {known.path} and stays the same mask."
        else:
            kind = _MOVED
            text = (
                f"it was moved here from {known.path} and stays the same mask, {mask.mask_id}, "
                "with its date, pairs and decisions."
            )
        self.notes.append(Note(kind, f"{mask.name}: {text}"))


def with_id(mask: Mask, mask_id: str) -> Mask:
    """The mask under an id; the same one where that is its own, as for most."""
    return mask if mask.mask_id == mask_id else replace(mask, mask_id=mask_id)


def _content(mask: Mask | Listed) -> _Key | None:
    """What masks of one name and content have in common; None where the content isn't known."""
    if mask.sha256 is None:
        return None
    return mask_identity(Path(mask.path).stem, mask.sha256), mask.part


def _ends(path: Path) -> Iterator[tuple[str, ...]]:
    """The last part of a path, the last two, and so on."""
    return (path.parts[-count:] for count in range(1, len(path.parts) + 1))


def _likeness(one: str, other: str) -> int:
    """How many parts two paths have in common from their ends."""
    ends = set(_ends(Path(one)))
    return max((len(end) for end in _ends(Path(other)) if end in ends), default=0)


def _best(moved: Iterable[Mask], mask: Mask) -> Mask | None:
    """The mask whose path, or else date, is most like that of this one; None when in doubt."""

    def rank(other: Mask) -> tuple[int, bool]:
        return _likeness(other.path, mask.path), other.acquired == mask.acquired

    ranked = sorted(moved, key=rank, reverse=True)
    if len(ranked) > 1 and rank(ranked[0]) == rank(ranked[1]):
        return None
    return ranked[0] if ranked else None


def _uploaded_again(other: Mask, mask: Mask) -> bool:
    """Whether both came through the browser, or by the same zip, as files of the same place."""
    before, now = upload_location(other.path), upload_location(mask.path)
    if before is None or now is None or other.path == mask.path:
        return False
    # What an older version of this program has saved doesn't tell where it was from.
    return before[1] == now[1] and before[0] in (now[0], None)


def _of_another_day(other: Mask, mask: Mask) -> bool:
    """Whether a file is dated otherwise than the mask that it may be; a person's date stays."""
    if other.acquired is None or mask.acquired is None:
        return False
    options_before = ACQUIRED in other.user_set and ACQUIRED not in mask.user_set
    return not options_before and other.acquired.first_day != mask.acquired.first_day
