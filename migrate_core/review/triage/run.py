"""The use cases: learn from decisions, say what is expected of pairs, accept them automatically."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ...errors import WrongUseError
from ...jobs.background import now_utc
from ...model import Batch, Decision
from ...states import Basis, BatchKind, Verdict
from ...store.base import Store
from ...store.review.batches import append_batch
from ...store.review.models import newest_model, put_model
from ...store.review.settings import ReviewSettings, put_review_settings, review_settings
from ...store.serialize import from_json, to_json
from ...text import NOT_KNOWN, _, format_time
from ..batches import undo_batch
from .acceptance import Audit, ScoredPairs, Selection, audit_of, selection, why_stopped
from .audit import AuditFindings
from .features import NAMES, feature_table, features_of
from .learning import Prediction, TriageModel, learnt, prediction
from .reviewed import ReviewedPairs, reviewed_pairs

_NO_MODEL = "Nothing was learnt yet. `review triage learn` learns from what persons decided."


@dataclass(frozen=True)
class TriageState:
    """Where triage stands.

    `on` is whether automatic acceptance is switched on, `stopped` why it accepts nothing more,
    None where it may. `learnable` says why nothing can be learnt now, None where it can.
    `accepted` pairs are accepted by models alone, `undecided` ones by nobody and nothing. The model
    of `version`, made at `made_at`, has learnt from `good` and `bad` pairs; `auc` is as in
    `ScoredPairs`. `to_audit` are accepted pairs that persons are to look at, `audit` what they
    found. Of the undecided pairs the model `would_accept` some now, and take the acceptance of
    `would_withdraw` pairs back.
    """

    on: bool
    stopped: str | None
    learnable: str | None
    accepted: int
    version: str | None = None
    good: int = 0
    bad: int = 0
    audit: AuditFindings | None = None
    to_audit: tuple[str, ...] = ()
    undecided: int = 0
    made_at: datetime | None = None
    auc: float | None = None
    would_accept: int = 0
    would_withdraw: int = 0

    @property
    def learnt(self) -> str:
        """What the model was learnt from, and how well it tells good pairs from bad ones."""
        if self.version is None or self.made_at is None:
            return _("Nothing was learnt yet.")
        return _(
            "Model {version}, learnt at {when} from {good:,} accepted and {bad:,} other pairs. "
            "AUC: {auc} (the chance that it prefers a good pair to a bad one of the random sample, "
            "0.5 where it knows nothing)."
        ).format(
            version=self.version,
            when=format_time(self.made_at),
            good=self.good,
            bad=self.bad,
            auc=_(NOT_KNOWN) if self.auc is None else f"{self.auc:.2f}",
        )

    @property
    def plan(self) -> str:
        """What would be accepted now, and of what the acceptance would be taken back."""
        form = _("Would accept {accept:,} of {undecided:,} undecided pairs.")
        if self.would_withdraw:
            form = _(
                "Would accept {accept:,} of {undecided:,} undecided pairs. The acceptance of "
                "{withdraw:,} pairs would be taken back."
            )
        return form.format(
            accept=self.would_accept, undecided=self.undecided, withdraw=self.would_withdraw
        )


@dataclass(frozen=True)
class Accepted:
    """What a run accepted, or would: ids of pairs, and those whose acceptance it takes back.

    `batch_id` is None where nothing was written, `stopped` why nothing may be accepted.
    """

    version: str
    accepted: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    stopped: str | None = None
    batch_id: str | None = None

    @property
    def result(self) -> str:
        """What was accepted and taken back."""
        back = f"; the acceptance of {len(self.withdrawn):,} was taken back"
        return (
            f"{len(self.accepted):,} pairs were accepted by model {self.version}"
            f"{back if self.withdrawn else ''}."
        )


def learn(store: Store) -> TriageModel:
    """Learn from all decisions of persons; the model is in use from now on.

    Raises WrongUseError where they are too few.
    """
    pairs = reviewed_pairs(store)
    examples = pairs.examples
    if why := examples.why_not():
        raise WrongUseError(why)
    model = learnt(examples, pairs.named(pairs.sampled), now_utc())
    put_model(store, model.version, model.made_at, to_json(model))
    return model


def present_model(store: Store) -> TriageModel | None:
    """The model in use; None where nothing was learnt from the features that pairs have now."""
    document = newest_model(store)
    if document is None or tuple(document["names"]) != NAMES:
        return None
    return from_json(TriageModel, document)


def predictions(store: Store) -> dict[str, float]:
    """How likely persons accept each finished pair, 0…1, by pair_id; empty without a model."""
    model = present_model(store)
    if model is None:
        return {}
    table = feature_table(store)
    found = model.fitted.probabilities(table.scaled)
    return dict(zip(table.pair_ids, found.tolist(), strict=True))


def explained(store: Store, pair_id: str) -> Prediction | None:
    """What the model says of a pair, and why; None without a model, or such a finished pair.

    An attention check has it as any pair, by its own numbers.
    """
    model = present_model(store)
    table = features_of(store, pair_id) if model else None
    return prediction(model, table) if model and table and table.pair_ids else None


def triage_state(store: Store) -> TriageState:
    """Whether automatic acceptance is on, or why it is stopped, and what the audit found."""
    settings, pairs, model = review_settings(store), reviewed_pairs(store), present_model(store)
    unseen = [found.acceptance for found in pairs.decisions if found.good is None]
    found = TriageState(
        settings.auto_accept,
        _NO_MODEL,
        pairs.examples.why_not(),
        accepted=len(unseen) - unseen.count(None),
        undecided=sum(found.is_open for found in pairs.decisions),
    )
    if model is None:
        return found
    scored = ScoredPairs(model, pairs)
    audit = _audit(scored, settings)
    stopped = why_stopped(scored, audit)
    chosen = None if stopped else selection(scored, audit, settings.promised_share)
    return replace(
        found,
        stopped=stopped,
        version=model.version,
        good=model.good,
        bad=model.bad,
        audit=audit.findings,
        to_audit=audit.open_ids,
        made_at=model.made_at,
        auc=scored.auc,
        would_accept=int(chosen.accept.sum()) if chosen else 0,
        would_withdraw=int(chosen.withdraw.sum()) if chosen else 0,
    )


def switch(store: Store, *, on: bool) -> None:
    """Allow automatic acceptance, or not any more; what is accepted stays until it is undone."""
    put_review_settings(store, replace(review_settings(store), auto_accept=on))


def accept_automatically(store: Store, *, dry_run: bool = False) -> Accepted:
    """Accept what the model may accept, as one batch, which can be undone in one step.

    A `dry_run` writes nothing. Raises WrongUseError where it isn't switched on, unless it is one,
    and where nothing was learnt.
    """
    settings, model = review_settings(store), present_model(store)
    if not (settings.auto_accept or dry_run):
        raise WrongUseError(
            "Automatic acceptance is off. `review triage switch on` switches it on, and "
            "`review triage accept --dry-run` shows what it would do."
        )
    if model is None:
        raise WrongUseError(_NO_MODEL)
    scored = ScoredPairs(model, reviewed_pairs(store))
    audit = _audit(scored, settings)
    if stopped := why_stopped(scored, audit):
        return Accepted(model.version, stopped=stopped)
    chosen = selection(scored, audit, settings.promised_share)
    pairs = scored.pairs
    found = Accepted(model.version, pairs.named(chosen.accept), pairs.named(chosen.withdraw))
    if dry_run or not (found.accepted or found.withdrawn):
        return found
    batch = _batch(scored, settings, len(found.accepted))
    append_batch(store, batch, list(_entries(batch, pairs, chosen)))
    return replace(found, batch_id=batch.batch_id)


def undo_acceptance(store: Store, actor: str) -> int:
    """Take back all that models have accepted; returns how many pairs were concerned.

    What persons said of these pairs stays.
    """
    accepted = (found.acceptance for found in reviewed_pairs(store).decisions)
    batches = {entry.batch for entry in accepted if entry is not None and entry.batch}
    return sum(undo_batch(store, batch, actor) for batch in sorted(batches))


def _audit(scored: ScoredPairs, settings: ReviewSettings) -> Audit:
    return audit_of(scored, settings.promised_share, settings.audit_share)


def _batch(scored: ScoredPairs, settings: ReviewSettings, accepted: int) -> Batch:
    version, promised = scored.model.version, f"{100 * settings.promised_share:g} %"
    document = {
        "text": f"triage {version}: at most {promised} bad pairs promised on average",
        "accepted": accepted,
        "model": version,
        "promised_share": settings.promised_share,
        "random_sample": int(scored.pairs.sampled.sum()),
    }
    reviewer = scored.model.reviewer
    return Batch(uuid.uuid4().hex, BatchKind.MODEL, document, reviewer, now_utc())


def _entries(batch: Batch, pairs: ReviewedPairs, chosen: Selection) -> Iterator[Decision]:
    """The entries of a batch; what is taken back names the batch that it was accepted by."""
    reason = f"triage: at most {100 * batch.document['promised_share']:g} % bad on average"
    for pair_id in pairs.named(chosen.accept):
        yield Decision(
            pair_id,
            Verdict.ACCEPT,
            batch.reviewer,
            reason,
            batch.made_at,
            Basis.MODEL,
            batch.batch_id,
        )
    for row in chosen.withdraw.nonzero()[0]:
        before = pairs.decisions[row].acceptance
        if before is not None:
            yield replace(before, verdict=Verdict.UNDO, reason=None, decided_at=batch.made_at)
