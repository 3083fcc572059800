"""Labels say the truth about the log that they come with."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

from detectors.alerts import PatternCode
from streams.simulate import CAMPAIGNS, Recipe, build
from tests.unit.streams.simulate.made_worlds import Made, made_of

# Cases are the police's; elsewhere a crowd cannot be told from fans, or accounts are too few.
WITHOUT: dict[str, set[PatternCode]] = {
    "consumer": {PatternCode.CASE_LAUNDERING, PatternCode.SUBJECT_PILE_ON},
    "gateway": {PatternCode.CASE_LAUNDERING, PatternCode.SUBJECT_PILE_ON},
    "police": set(),
}


def campaigns(made: Made) -> list[dict[str, Any]]:
    """The campaign lines."""
    return [label for label in made.labels if label["type"] == "campaign"]


def test_meta_comes_first_and_counts(made: Made) -> None:
    """Seed, world and size, and the actor-days that rates are of."""
    meta = made.labels[0]
    actor_days = {(event["actor_id"], event["event_time"][:10]) for event in made.events}

    assert meta["type"] == "meta"
    assert [label["type"] for label in made.labels].count("meta") == 1
    assert (meta["world"], meta["seed"]) == (made.scenario.recipe.world, 11)
    assert meta["days"] == 60
    assert meta["events"] == len(made.events)
    assert meta["actors"] == len({event["actor_id"] for event in made.events})
    assert meta["actor_days"] == len(actor_days)
    assert len(meta["parameters"]) >= 10


def test_clean_actor_days_leave_misuse_out(made: Made) -> None:
    """An actor is not clean from a campaign's first day to the day after its last."""
    dirty = set()
    for label in campaigns(made):
        day = date.fromisoformat(label["start"][:10])
        while day <= date.fromisoformat(label["end"][:10]) + timedelta(days=1):
            dirty |= {(actor, day.isoformat()) for actor in label["actors"]}
            day += timedelta(days=1)
    actor_days = {(event["actor_id"], event["event_time"][:10]) for event in made.events}

    assert made.labels[0]["clean_actor_days"] == len(actor_days - dirty)


def test_campaigns_point_at_events(made: Made) -> None:
    """Every event of a campaign exists once, is by its actors, in its tenants and its time."""
    by_id = {event["event_id"]: event for event in made.events}
    labelled = [event_id for label in campaigns(made) for event_id in label["event_ids"]]
    assert len(set(labelled)) == len(labelled) > 0

    for label in campaigns(made):
        events = [by_id[event_id] for event_id in label["event_ids"]]
        assert {event["actor_id"] for event in events} == set(label["actors"])
        assert {event["tenant_id"] for event in events} == set(label["tenants"])
        times = [event["event_time"] for event in events]
        assert times == sorted(times)
        assert (times[0], times[-1]) == (label["start"], label["end"])
        assert made.labels[0]["start"] <= label["start"] <= label["end"] < made.labels[0]["end"]


def test_stalking_is_about_its_subjects(made: Made) -> None:
    """Most look-ups find one of the people that the label names; poor photos find others."""
    by_id = {event["event_id"]: event for event in made.events}
    found = [label for label in campaigns(made) if label["pattern"] == "persistent_stalking"]
    assert found

    for label in found:
        subjects = [by_id[event_id].get("subject_id") for event_id in label["event_ids"]]
        named = [subject for subject in subjects if subject is not None]
        assert sum(subject in label["subjects"] for subject in named) > 0.5 * len(named)


def test_every_difficulty_is_there(made: Made) -> None:
    """Each pattern that fits has one or two campaigns of each difficulty, by their own actors."""
    planted = [label for label in campaigns(made) if not label["ambiguous"]]
    counts = Counter((label["pattern"], label["difficulty"]) for label in planted)
    # Somebody may be in two crowds, but in no crowd and another campaign.
    crowds = [label for label in planted if label["pattern"] == PatternCode.SUBJECT_PILE_ON]
    actors = [actor for label in planted if label not in crowds for actor in label["actors"]]
    actors += {actor for label in crowds for actor in label["actors"]}

    assert set(counts.values()) <= {1, 2}
    assert made.labels[0]["campaigns"] == len(planted)
    assert set(counts) == {
        (pattern, difficulty)
        for pattern in CAMPAIGNS.keys() - WITHOUT[made.scenario.recipe.world]
        for difficulty in ("blatant", "moderate", "stealthy")
    }
    assert len(set(actors)) == len(actors)


def test_groups_are_innocent(made: Made) -> None:
    """Look-alikes are named, search, and are in no campaign that is certain."""
    groups = [label for label in made.labels if label["type"] == "group"]
    searching = {event["actor_id"] for event in made.events}
    guilty = {
        actor for label in campaigns(made) if not label["ambiguous"] for actor in label["actors"]
    }

    assert len({group["name"] for group in groups}) == len(groups) >= 4
    for group in groups:
        assert set(group["actors"]) <= searching
        assert guilty.isdisjoint(group["actors"])


def test_worlds_have_their_lookalikes() -> None:
    """The groups that each world is known for."""
    expected = {
        "consumer": {
            "verified_self_search_weekly",
            "unverified_self_search",
            "celebrity_fans",
            "client_watch_agency",
            "journalist_binge",
            "date_check",
            "one_day_binge",
        },
        "police": {
            "long_case_detective",
            "wanted_list_analyst",
            "nightly_roster",
            "repeat_suspect_investigator",
        },
        "gateway": {"steady_business", "access_control", "test_suite", "load_test"},
    }
    for world, names in expected.items():
        groups = {label["name"] for label in made_of(world).labels if label["type"] == "group"}
        assert names <= groups


def test_unverified_own_faces_are_ambiguous() -> None:
    """Nobody can say whether such an actor looks for himself, so the label does not either."""
    made = made_of("consumer")
    (group,) = (label for label in made.labels if label.get("name") == "unverified_self_search")
    ambiguous = [label for label in campaigns(made) if label["ambiguous"]]
    relations = defaultdict(set)
    by_id = {event["event_id"]: event for event in made.events}
    for label in ambiguous:
        for event_id in label["event_ids"]:
            relations[label["campaign_id"]].add(by_id[event_id].get("subject_relation"))

    assert {actor for label in ambiguous for actor in label["actors"]} & set(group["actors"])
    assert all(len(label["subjects"]) == 1 for label in ambiguous)
    assert all(kinds <= {None, "unknown"} for kinds in relations.values())


def test_campaigns_can_be_left_out_or_chosen() -> None:
    """None, only one pattern, or several times as many."""

    def patterns(**options: Any) -> Counter[str]:
        scenario = build(Recipe(world="police", seed=9, actors=150, days=45, **options))
        return Counter(
            label["pattern"] for label in scenario.labels() if label["type"] == "campaign"
        )

    usual = patterns()
    assert patterns(campaigns=0) == Counter()
    assert set(patterns(patterns=["bulk_scraping"])) == {"bulk_scraping"}
    assert patterns(campaigns=3).total() > 2 * usual.total()
