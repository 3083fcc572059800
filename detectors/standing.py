"""How far each tenant is judged: since when, on how many days, and what is not known of it yet."""

from dataclasses import dataclass

from .alerts import PatternCode
from .census import Accounts, accounts
from .levels import Levels
from .pipeline import Pipeline
from .tails import law_of, own_share
from .tenure import OPEN_DAYS, Term, clean_days, days_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a tenant on the day that is being filled.

    Attributes:
        tenant: its name.
        today: the day, since the epoch, UTC.
        term: since when it is judged, and on how many actor-days.
        level: its capability level, 0 to 3.
        carried: the shares of its searches that carry the fields of each row of `levels.carried`.
        blind: patterns that cannot see there, for want of fields.
        accounts: of the tenant.
        clean_days: unsuspected days of its accounts that are remembered.
        ripe_in: days until these are enough for `unusual_activity`, at their present rate; None
            if they never are, or nobody can say.
        own_law: by pattern, how much its own traffic weighs, against the null law, in what is
            taken for rare.
    """

    tenant: str
    today: int
    term: Term
    level: int
    carried: tuple[float, ...]
    blind: frozenset[PatternCode]
    accounts: Accounts
    clean_days: float
    ripe_in: int | None
    own_law: dict[PatternCode, float]


def standings(pipeline: Pipeline, levels: Levels) -> list[Standing]:
    """Every tenant's, in order of their names.

    Args:
        pipeline: that judged its events.
        levels: measured from the same events.
    """
    terms = pipeline.tenure.terms(pipeline.actors)
    held, clean = accounts(pipeline.actors), clean_days(pipeline.peers)
    peers = pipeline.peers
    days = dict(zip(peers.tenants.tolist(), peers.actor_days.tolist(), strict=True))
    laws = {pattern.code: law_of(pattern, pipeline.budget) for pattern in pipeline.patterns}
    # Peers of a day know of the days that were over as the day before began.
    over = pipeline.today - 1 - OPEN_DAYS
    found = []
    for code, term in terms.items():
        name, known = levels.names[code], clean.get(code, 0.0)
        found.append(
            Standing(
                tenant=name,
                today=pipeline.today,
                term=term,
                level=levels.of(name),
                carried=levels.shares(name),
                blind=frozenset(
                    pattern.code
                    for pattern in pipeline.patterns
                    if levels.blind(name, pattern.code, pattern.level)
                ),
                accounts=held.get(code, Accounts()),
                clean_days=known,
                ripe_in=days_until(known, over - term.since + 1),
                own_law={
                    pattern: own_share(law, days.get(code, 0.0)) for pattern, law in laws.items()
                },
            )
        )
    return sorted(found, key=lambda standing: standing.tenant)
