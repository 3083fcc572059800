"""Police agencies that share galleries: shifts, cases, lists, and famous crimes.

Origins: 2,228 entities were on Clearview's leaked list, from small towns to federal bodies;
a murder victim drew 158 queries by 110 users at 59 agencies in a month (Austin Daily Herald); a
bulletin told users to keep the reason vague, as in "Investigation"; NIST calls a search
with threshold 0 and a fixed list of candidates an investigation. How often officers search
is not published: rates are drawn wide.
"""

from collections.abc import Iterator

import numpy as np

from ..almanac import DAY, ZONES
from ..clients import NAMES
from ..levels import Level
from ..population import ROLES, Slot, accounts, opened_before
from ..randomness import I64, chance, some, zipf_rank
from ..searches import Stage
from .caseload import Cases
from .founding import Cohort, Founding, World, arrivals, head_count
from .places import Columns, Places, machines, open_places, people_at_work
from .police_episodes import famous_case, training_day
from .police_lives import LIVES, Force

ROLE_OF = {
    "patrol": "officer",
    "detective": "detective",
    "long_case_detective": "detective",
    "repeat_suspect_investigator": "detective",
    "supervisor": "supervisor",
    "wanted_list_analyst": "analyst",
    "nightly_roster": "service",
}
DETECTIVES = ("detective", "long_case_detective", "repeat_suspect_investigator")


def found(founding: Founding) -> World:
    """Agencies, galleries, officers and their cases."""
    draw = founding.parameters
    people = draw.log_uniform("gallery_people", 2e5, 5e6)
    exponent = draw.uniform("popularity_exponent", 1.1, 1.7)
    founding.add_gallery(people, shared=True)
    force = Force(founding, _agency_sizes(founding))
    places = open_places(founding.stream("places"), founding.population.networks)
    _open_agencies(founding, force)
    officers = _hire(founding, force, places)
    cases = Cases()
    force.stage = Stage(
        almanac=founding.almanac,
        shapes=founding.shapes,
        population=founding.population,
        popularity=exponent,
        news=arrivals(founding, 1.0, int(people), exponent),
        caseload=cases,
    )
    _open_cases(founding, force, officers, cases)
    return World(force.stage, _cohorts(founding, force, officers))


def _agency_sizes(founding: Founding) -> list[int]:
    """Officers per agency: 5 to 300, most of them small."""
    rng = founding.stream("agencies")
    typical = founding.parameters.log_uniform("agency_size", 15, 60)
    sizes: list[int] = []
    while sum(sizes) < founding.actors:
        size = int(np.clip(rng.lognormal(np.log(typical), 0.9), 5, 300))
        sizes.append(min(size, founding.actors - sum(sizes)))
    founding.parameters.values["agencies"] = len(sizes)
    return sizes


def _open_agencies(founding: Founding, force: Force) -> None:
    """Each agency's law and habits: level, purposes, case numbers, shifts, lists, gallery."""
    draw = founding.parameters
    discipline = draw.uniform("case_discipline", 0.5, 0.92)
    reasons = draw.uniform("purpose_given", 0.6, 0.98)
    without_cases = draw.uniform("share_without_cases", 0.0, 0.3)
    open_searches = draw.uniform("share_threshold_zero", 0.1, 0.6)
    regions = founding.stream("regions").dirichlet(np.full(len(ZONES), 0.4))
    for agency in range(len(force.sizes)):
        rng = founding.stream("agency", agency)
        given = float(rng.beta(12 * reasons, 12 * (1 - reasons)))
        usual = float(rng.beta(6, 2))
        codes = ("identification", "missing_person", "welfare_check", "intelligence", "training")
        rest = given * (1 - usual) * rng.dirichlet(np.full(len(codes), 0.6))
        purposes = {"investigation": given * usual, **dict(zip(codes, rest.tolist(), strict=True))}
        level = Level.L2 if rng.random() < without_cases else Level.L3
        founding.add_tenant(rng, level, purposes, int(rng.choice([20, 50, 100])))
        own = chance(rng, 0.25)
        force.gallery.append(founding.add_gallery(rng.lognormal(10.5, 0.8)) if own else 0)
        zero = rng.random() < open_searches
        force.threshold.append(0.0 if zero else round(float(rng.uniform(0.5, 0.75)), 2))
        force.limit.append(int(rng.choice([5, 10, 20, 50], p=(0.3, 0.35, 0.25, 0.1))))
        force.discipline.append(float(rng.beta(8 * discipline, 8 * (1 - discipline))))
        force.zone.append(int(rng.choice(len(ZONES), p=regions)))
        force.office.append(founding.population.networks.add(ZONES[force.zone[-1]][1], 1))
        force.rotation.append(int(rng.choice([0, 7, 14, 28])))
        force.four_on.append(chance(rng, 0.3))
        size = founding.population.galleries[force.gallery[-1]].size
        force.locality.append(int(rng.integers(size)))


def _hire(founding: Founding, force: Force, places: Places) -> dict[str, I64]:
    """The officers of all agencies by what they do."""
    shares = founding.parameters.shares(
        "share",
        150,
        patrol=0.52,
        detective=0.26,
        supervisor=0.08,
        wanted_list_analyst=0.03,
        long_case_detective=0.03,
        repeat_suspect_investigator=0.06,
        nightly_roster=0.014,
    )
    counts = head_count(founding.actors, dict(shares))
    agencies = founding.stream("postings").permutation(
        np.repeat(np.arange(len(force.sizes)), force.sizes)
    )
    officers: dict[str, I64] = {}
    hired = 0
    for name, count in counts.items():
        agency = agencies[hired : hired + count]
        hired += count
        officers[name] = _enlist(founding, force, places, name, agency)
    return officers


def _enlist(founding: Founding, force: Force, places: Places, name: str, agency: I64) -> I64:
    rng = founding.stream("enlist", name)
    n = len(agency)
    zone = np.array(force.zone)[agency]
    office = np.array(force.office)[agency]
    where: Columns
    if name == "nightly_roster":
        where = machines(rng, places, office, n) | {"egress": 1}
    else:
        outdoors = rng.beta(4, 3, n) if name == "patrol" else rng.beta(1, 8, n)
        station = np.where(some(rng, n, 0.5), agency, -1)
        where = people_at_work(rng, places, zone, office, outdoors, station)
        where["client"][some(rng, n, 0.6), Slot.MOBILE] = NAMES.index("terminal")
    opened = opened_before(rng, founding.almanac.start, n, 500.0)
    recruit = some(rng, n, 0.06)
    inside = rng.integers(founding.almanac.start, founding.almanac.end, n)
    discipline = np.array(force.discipline)[agency]
    return founding.population.admit(
        accounts(
            n,
            tenant=agency,
            role=ROLES.index(ROLE_OF[name]),
            unit=rng.integers(0, 1 + np.array(force.sizes)[agency] // 12),
            created=np.where(recruit & (name != "nightly_roster"), inside, opened),
            zone=zone,
            gallery=np.array(force.gallery)[agency],
            limit=np.array(force.limit)[agency],
            threshold=np.array(force.threshold)[agency],
            discipline=rng.beta(10 * discipline + 0.1, 10 * (1 - discipline) + 0.1),
            locality=np.array(force.locality)[agency],
            key_days=0.0 if name != "nightly_roster" else 90.0,
            **where,
        )
    )


def _open_cases(founding: Founding, force: Force, officers: dict[str, I64], cases: Cases) -> None:
    """Cases arrive at every detective's desk from four months before the window on."""
    rng = founding.stream("cases")
    draw = founding.parameters
    days_between = draw.log_uniform("days_between_cases", 3, 9)
    typical_days = draw.log_uniform("case_days", 6, 20)
    helpers = draw.uniform("helpers_per_case", 0.4, 1.6)
    table = founding.population.actors
    detectives = np.concatenate([officers[name] for name in DETECTIVES])
    first, last = founding.almanac.start - 120 * DAY, founding.almanac.end
    for lead in detectives.tolist():
        agency = int(table["tenant"][lead])
        near = detectives[table["tenant"][detectives] == agency]
        for opened in rng.uniform(first, last, rng.poisson((last - first) / DAY / days_between)):
            days = float(np.clip(rng.lognormal(np.log(typical_days), 1.1), 1, 400))
            case = cases.open(opened, days, 0.3 * days + 2, _suspects(rng, force, agency))
            cases.join(case, lead, rng.gamma(2.0))
            for helper in rng.choice(near, rng.poisson(helpers)).tolist():
                cases.join(case, helper, rng.gamma(1.0, 0.4))
    for lead in officers["long_case_detective"].tolist():
        agency = int(table["tenant"][lead])
        opened = founding.almanac.start + rng.uniform(-200, 0.3 * founding.almanac.days) * DAY
        few = _suspects(rng, force, agency)[: int(rng.choice([1, 2, 3], p=(0.5, 0.3, 0.2)))]
        case = cases.open(opened, 1000, 1000, few)
        # As much as all the other cases together, or far more.
        cases.join(case, lead, 2.0 * rng.lognormal(1.0, 0.7))
        near = detectives[table["tenant"][detectives] == agency]
        for partner in rng.choice(near, rng.poisson(0.8)).tolist():
            cases.join(case, partner, rng.gamma(1.0, 0.5))


def _suspects(rng: np.random.Generator, force: Force, agency: int) -> list[int]:
    """Whom a case is about: known offenders of the area, and people never searched before."""
    size = force.stage.population.galleries[force.gallery[agency]].size
    n = 1 + min(int(rng.geometric(0.45)) - 1, 9)
    known = (force.locality[agency] + zipf_rank(rng.random(n), size, force.stage.popularity)) % size
    people: list[int] = np.where(some(rng, n, 0.4), known, rng.integers(0, size, n)).tolist()
    return people


def _cohorts(founding: Founding, force: Force, officers: dict[str, I64]) -> Iterator[Cohort]:
    for name, actors in officers.items():
        if len(actors):
            rhythm, taste = LIVES[name](founding.stream(name), force, actors)
            lookalike = name not in ("patrol", "detective", "supervisor")
            yield Cohort(name, actors, rhythm, taste, lookalike=lookalike)
    people = np.concatenate(
        [actors for name, actors in officers.items() if name != "nightly_roster"]
    )
    yield from famous_case(founding, force, people)
    yield from training_day(founding, force, people)
