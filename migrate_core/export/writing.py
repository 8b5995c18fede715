"""Writing the parts of all formats: what is there stays, and what is no longer wanted goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .croissant.document import write_croissant
from .destination.target import Target
from .formats.base import Content, Format, Part
from .journal import Journal, Stamps

# The name under which the files that hold for all samples of a format are noted.
COMMON = "*"

# Called with (finished, total); raises JobCancelledError when somebody asked to stop.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Planned:
    """A format, what it is to hold, and its parts."""

    form: Format
    content: Content
    parts: tuple[Part, ...]


@dataclass
class Outcome:
    """What came of it: parts that were written, and that were there already, by format."""

    done: dict[str, list[Part]] = field(default_factory=dict)
    rewritten: int = 0

    def finished_samples(self, planned: Planned) -> set[str]:
        """The ids of a format's samples that are in the dataset."""
        parts = self.done.get(planned.form.name, ())
        return {sample.sample_id for part in parts for sample in part.samples}

    def keep(self, plan: Sequence[Planned], target: Target) -> None:
        """Leave out what has not come to where the dataset lies."""
        for planned in plan:
            form, parts = planned.form, self.done.get(planned.form.name, ())
            self.done[form.name] = [
                part
                for part in parts
                if all(map(target.there, form.in_dataset(part.files, target.folder)))
            ]


def write_parts(
    plan: Sequence[Planned], target: Target, outcome: Outcome, progress: Progress
) -> None:
    """Write all parts that aren't there as they should be; `outcome` is filled as it goes.

    So it says what is done also when this ends by an error or a cancellation.
    """
    finished, total = 0, sum(len(part.samples) for planned in plan for part in planned.parts)
    with Journal(target.folder) as journal:
        for planned in plan:
            form, content = planned.form, planned.content
            folder = form.folder(target.folder)
            stamps = Stamps(form, content, target.folder)
            there = target.kept if form.streams else target.at_hand
            done = outcome.done.setdefault(form.name, [])
            for part in planned.parts:
                progress(finished, total)
                wanted = stamps.written(part)
                if not journal.has(wanted, there):
                    _delete(target.folder, set(journal.files_of(wanted)) - set(wanted.files))
                    form.write(part, content, folder)
                    journal.note(wanted)
                    outcome.rewritten += 1
                    target.took(wanted.files, keep=not form.streams)
                done.append(part)
                finished += len(part.samples)
    progress(total, total)


def remove_stale(plan: Sequence[Planned], destination: Path) -> None:
    """Take away the files of parts that are in the dataset and not in the plan."""
    journal = Journal(destination)
    wanted = {(one.form.name, part.name) for one in plan for part in one.parts}
    wanted |= {(one.form.name, COMMON) for one in plan}
    kept = {
        name
        for one in plan
        for part in one.parts
        for name in one.form.in_dataset(part.files, destination)
    }
    stale = [one for one in journal.all() if (one.format, one.part) not in wanted]
    _delete(destination, (name for one in stale for name in one.files if name not in kept))
    journal.forget(stale)


def _delete(destination: Path, names: Iterable[str]) -> None:
    """Delete files, and folders that are empty without them; only below the dataset."""
    for name in names:
        path = destination / name
        if ".." in Path(name).parts or Path(name).is_absolute():
            continue
        path.unlink(missing_ok=True)
        parent = path.parent
        while parent != destination and parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent


def finish_all(
    plan: Sequence[Planned],
    destination: Path,
    outcome: Outcome,
    progress: Progress = lambda *_: None,
) -> None:
    """Write what holds for all samples of each format, of those that are there."""
    with Journal(destination) as journal:
        for number, planned in enumerate(plan):
            progress(number, len(plan))
            there = outcome.finished_samples(planned)
            content = planned.content
            if len(there) < len(content.samples):
                content = content.only([one for one in content.samples if one.sample_id in there])
            if content.samples:
                folder = planned.form.folder(destination)
                names = planned.form.finish(content, folder)
                done, today = outcome.done[planned.form.name], datetime.now(UTC).date()
                described = write_croissant(planned.form, content, done, folder, today)
                stamps = Stamps(planned.form, content, destination)
                journal.note(stamps.written(Part(COMMON, (), (*names, *described))))
