"""unusual_activity: a day that is like nothing the account or its peers do, whatever it is."""

from typing import Annotated, ClassVar, Final

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from ..alerts import EntityType, PatternCode, Reason, Severity, Taxonomy
from ..base import Figures, Positive, Share, StageKind
from ..estimators import DEFAULT, maker_of
from ..state.conduct import Habit


class UnusualActivity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What nobody named: an account's day that neither its past nor its peers explain.

    Counted is what a day is made of, whatever the operation: comparisons, entries, removals,
    lists, embeddings, failures, refusals, different thresholds, persons per probe, and what
    happens in a gallery, at an hour, from a client or a network, or with a threshold that the
    account never used. Having any of these on a day is so rare, for the account and its peers;
    and so much of it, rarer, which counts for the one that there is most too much of. Evidence
    is the sum of these surprises, to which an estimator of anomaly that
    learns from the tenant's clean days adds, for how strange the combination is, at most a
    share of it. An event on which another pattern alerts is left to that.

    A day is looked at when its events reach 3, and whenever they have doubled.

    Fails when: the tenant has less than 50 clean actor-days (it is not judged then); the
    misuse is made of what the account does every day; it begins so slowly that it is learned
    before it is suspected; all peers begin it at the same time, which looks like a new
    product, and is alerted on.

    Sources: one-class support vectors (Scholkopf et al., Neural Computation 2001); an access
    log's strange days without a rule (Boxwala et al., JAMIA 2011); account takeover, model
    extraction (MITRE ATLAS AML.T0012, AML.T0024.002).
    """

    code: ClassVar[PatternCode] = PatternCode.UNUSUAL_ACTIVITY
    entity: ClassVar[EntityType] = "actor"
    judged_on: ClassVar[StageKind] = "actor"
    level: ClassVar[int] = 0
    quiet_days: ClassVar[int] = 3
    memory_days: ClassVar[int] = 30
    taxonomy: ClassVar[Taxonomy] = Taxonomy(
        owasp_api="API6:2023", mitre_atlas="AML.T0012", mitre_attack="T1078"
    )

    # `bench/null.py --seeds 1-6`: 164,655 innocent actor-days.
    null: ClassVar[tuple[float, float]] = (-2.9, 0.53)

    budget_share: Annotated[Share, Meta(description="share of the alert budget")] = 0.15
    shadow: Annotated[bool, Meta(description="run and explain, but page nobody")] = False
    estimator: Annotated[
        str, Meta(description="class of river.anomaly, and its parameters, for combinations")
    ] = DEFAULT
    combination_share: Annotated[
        Positive,
        Meta(description="most that the combination adds, as a share of the surprise of its parts"),
    ] = 0.1

    def __post_init__(self) -> None:
        """Refuse an estimator that there is not.

        Raises:
            ValueError: river has none like it, or it takes no such parameters.
        """
        if self.estimator != DEFAULT:
            maker_of(self.estimator)

    def evidence(self, figures: Figures) -> NDArray[np.float64]:
        """Nats per event; NaN where too little is known of the tenant."""
        actors = figures.actors
        odd = actors["odd"].astype(np.float64)
        most = self.combination_share * odd
        nats: NDArray[np.float64] = odd + np.minimum(actors["rare"], most)
        return nats

    def most_severe(self, figures: Figures) -> Severity:  # noqa: ARG002  same for all
        """High: it says that something is strange, not what is wrong."""
        return Severity.HIGH

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """Why, strongest first, for figures of one event."""
        row = figures.actors[0]
        habits = zip(
            row["habit"], row["habit_found"], row["habit_usual"], row["habit_nats"], strict=True
        )
        found = [
            _reason(Habit(int(habit)), float(seen), float(usual))
            for habit, seen, usual, nats in habits
            if nats >= _WORTH_SAYING
        ]
        rare = float(row["rare"])
        if rare >= _WORTH_SAYING:
            share = float(np.exp(-rare))
            text = f"such a combination is expected on {share:.2g} of the tenant's days"
            found.append(Reason("combination", rare, 1.0, "nats", text))
        return tuple(found)


_WORTH_SAYING: Final = 1.0

_WORDS: Final = {
    Habit.SEARCHES: ("searches", "searches"),
    Habit.VERIFIES: ("comparisons", "comparisons with a person"),
    Habit.ENROLS: ("entries", "faces entered"),
    Habit.DELETES: ("removals", "faces removed"),
    Habit.LISTS: ("lists", "requests for lists of a gallery"),
    Habit.EMBEDDINGS: ("embeddings", "embeddings taken"),
    Habit.OTHERS: ("other_operations", "detections and other operations"),
    Habit.GALLERIES: ("galleries", "different galleries"),
    Habit.FAILURES: ("failures", "failed requests"),
    Habit.DENIALS: ("denials", "denied requests"),
    Habit.SOCIAL: ("social_media", "probes from social media"),
    Habit.SWEEP: ("sweep", "different thresholds and limits"),
    Habit.FANOUT: ("persons_per_probe", "different persons per probe"),
    Habit.STRANGE_GALLERY: ("strange_gallery", "requests outside the account's usual gallery"),
    Habit.STRANGE_HOUR: ("strange_hours", "requests at hours at which it never worked"),
    Habit.STRANGE_CLIENT: ("strange_client", "requests from a client that it never had"),
    Habit.STRANGE_NETWORK: ("strange_network", "requests from a network that it never had"),
    Habit.STRANGE_ORIGIN: (
        "strange_origin",
        "requests from a client and a network that it both never had",
    ),
    Habit.STRANGE_DEMAND: ("strange_demand", "requests with a limit or threshold new to it"),
}


def _reason(habit: Habit, seen: float, usual: float) -> Reason:
    """A habit's number in words."""
    feature, words = _WORDS[habit]
    text = f"{seen:,.0f} {words} in a day so far; {usual:.2g} are usual"
    return Reason(feature, seen, usual, "number", text)
