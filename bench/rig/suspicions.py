"""What other methods suspect, judged by the labels as alerts are, and thresholds for them.

A suspicion is an account on a day, with a score. To the other methods' favour it finds every
campaign of its people in that time, whatever misuse it takes it for, and thresholds are chosen
afterwards, by the labels, one for each role of each world.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from streams.evaluate import Labels
from streams.evaluate.matching import GRACE
from streams.evaluate.records import Campaign, moment

EPISODE_DAYS = 30
"""False alerts on one entity within so many days count once, as one alert covers them."""


class Suspicion(NamedTuple):
    """One entity on one day.

    Attributes:
        group: whoever shares a threshold.
        score: the larger, the more suspicious.
        at: when, in seconds since the epoch: the day's last search.
        tenant: of the account, or of those who searched the person.
        actor: the account; empty if it is about a person only.
        subject: the person; empty if it is about an account only.
    """

    group: str
    score: float
    at: float
    tenant: str
    actor: str
    subject: str = ""


class Step(NamedTuple):
    """What comes in when a threshold is lowered to `score`.

    Attributes:
        score: the threshold.
        found: campaigns of which there is an alert then.
        false: false alerts, each an entity and a span of time.
    """

    score: float
    found: frozenset[str]
    false: frozenset[str]


class Fates:
    """Which campaigns a suspicion finds, and whether it is false."""

    def __init__(self, labels: Labels) -> None:
        self._of: defaultdict[tuple[str, str], list[Campaign]] = defaultdict(list)
        for campaign in labels.campaigns:
            for actor in campaign.actors:
                self._of["actor", actor].append(campaign)
            for subject in campaign.subjects:
                self._of["subject", subject].append(campaign)

    def of(self, suspicion: Suspicion) -> tuple[frozenset[str], bool]:
        """Campaigns found, and whether nobody of any campaign is concerned."""
        at = datetime.fromtimestamp(suspicion.at, UTC)
        found, false = set(), True
        involved = [
            *self._of.get(("actor", suspicion.actor), ()),
            *self._of.get(("subject", suspicion.subject), ()),
        ]
        for campaign in involved:
            if campaign.tenants and suspicion.tenant not in campaign.tenants:
                continue
            agrees = not (campaign.subjects and suspicion.subject) or (
                suspicion.subject in campaign.subjects
            )
            within = moment(campaign.start) <= at <= moment(campaign.end) + GRACE
            if campaign.ambiguous:
                false = false and not agrees
            elif within:
                false = False
                if agrees:
                    found.add(campaign.campaign_id)
        return frozenset(found), false


def ladder(
    suspicions: Iterable[Suspicion], fates: Fates, run: str, most_false: int
) -> dict[str, list[Step]]:
    """Each group's steps, from the highest score down to so many false alerts.

    Args:
        suspicions: of one run.
        fates: what its labels say of them.
        run: its name, which tells its campaigns and false alerts from other runs'.
        most_false: lower thresholds are of no use.
    """
    steps: defaultdict[str, list[Step]] = defaultdict(list)
    wrong: defaultdict[str, set[str]] = defaultdict(set)
    for one in sorted(suspicions, key=lambda one: -one.score):
        if len(wrong[one.group]) > most_false:
            continue
        found, false = fates.of(one)
        span = int(one.at // 86_400 // EPISODE_DAYS)
        accused = {f"{run} {one.tenant} {one.actor} {one.subject} {span}"} if false else set()
        wrong[one.group] |= accused
        if found or accused:
            names = frozenset(f"{run} {name}" for name in found)
            steps[one.group].append(Step(one.score, names, frozenset(accused)))
    return dict(steps)


def merged(ladders: Iterable[Mapping[str, Sequence[Step]]]) -> dict[str, list[Step]]:
    """The ladders of several runs as one: a step for each score."""
    together: defaultdict[str, list[Step]] = defaultdict(list)
    for one in ladders:
        for group, steps in one.items():
            together[group].extend(steps)
    return {group: list(_by_score(steps)) for group, steps in together.items()}


def _by_score(steps: Sequence[Step]) -> Iterator[Step]:
    scores: defaultdict[float, list[Step]] = defaultdict(list)
    for step in steps:
        scores[step.score].append(step)
    for score in sorted(scores, reverse=True):
        same = scores[score]
        yield Step(
            score,
            frozenset().union(*(step.found for step in same)),
            frozenset().union(*(step.false for step in same)),
        )


class Outcome(NamedTuple):
    """Campaigns found, false alerts, and each group's threshold."""

    found: set[str]
    false: set[str]
    limits: dict[str, float]


def best(ladders: Mapping[str, Sequence[Step]], allowed: int) -> Outcome:
    """What the best thresholds come to.

    Thresholds are lowered one after the other, always the one that finds the most for each
    false alert, as long as there are not more than `allowed`.
    """
    found: set[str] = set()
    false: set[str] = set()
    limits: dict[str, float] = {}
    place = dict.fromkeys(ladders, 0)
    while True:
        offers = [
            offer
            for group, steps in ladders.items()
            if (offer := _offer(group, steps[place[group] :], found, false)) is not None
            and len(false) + offer.cost <= allowed
        ]
        if not offers:
            return Outcome(found, false, limits)
        chosen = max(offers, key=lambda offer: (offer.gain / (offer.cost + 1e-3), offer.gain))
        steps = ladders[chosen.group][place[chosen.group] :][: chosen.steps]
        found.update(*(step.found for step in steps))
        false.update(*(step.false for step in steps))
        place[chosen.group] += chosen.steps
        limits[chosen.group] = steps[-1].score


def applied(ladders: Mapping[str, Sequence[Step]], limits: Mapping[str, float]) -> Outcome:
    """What thresholds come to that were chosen elsewhere; a group without one has no alerts."""
    passed = [
        step
        for group, steps in ladders.items()
        for step in steps
        if group in limits and step.score >= limits[group]
    ]
    return Outcome(
        found=set().union(*(step.found for step in passed)),
        false=set().union(*(step.false for step in passed)),
        limits=dict(limits),
    )


class _Offer(NamedTuple):
    group: str
    steps: int
    gain: int
    cost: int


def _offer(group: str, steps: Sequence[Step], found: set[str], false: set[str]) -> _Offer | None:
    """Lower one threshold until something new is found."""
    accused: set[str] = set()
    for number, step in enumerate(steps, start=1):
        accused |= step.false - false
        gain = len(step.found - found)
        if gain:
            return _Offer(group, number, gain, len(accused))
    return None
