from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from detectors.guidance import lesson_of
from detectors.units import NEVER
from detectors.verdicts import Ruling, in_effect
from streams.decisions.ledger import Ledger
from streams.decisions.records import Configuration, DayBegun, Record, Ruled, Started
from streams.settings import Settings
from tests.decisions import a_budget, a_snooze, configured, ruled, settings_with
from tests.logs import DAY, MONDAY

FIRST = MONDAY // DAY
TWO, FIVE = a_budget(2.0), a_budget(5.0)


def heard(*records: Record) -> Ledger:
    """What these come to, in this order."""
    ledger = Ledger(Settings())
    for record in records:
        ledger.hear(record)
    return ledger


def hashes(ledger: Ledger, days: int = 4) -> list[str]:
    """By which configuration each of the first days is judged."""
    return [ledger.at(FIRST + day).held.config_hash for day in range(days)]


def test_without_decisions_the_file_holds() -> None:
    """And nothing is taught."""
    guidance = heard().at(FIRST)

    assert guidance.held.detection == Settings().detection
    assert guidance.held.config_hash == Settings().config_hash
    assert not guidance.lesson.factors


def test_a_day_has_begun_once_somebody_said_so() -> None:
    """Of that day or of a later one."""
    ledger = heard()
    assert ledger.begun == NEVER
    assert not ledger.has_begun(FIRST)

    ledger.hear(DayBegun(FIRST + 1))
    ledger.hear(DayBegun(FIRST))
    assert ledger.has_begun(FIRST)
    assert ledger.has_begun(FIRST + 1)
    assert not ledger.has_begun(FIRST + 2)


def test_a_configuration_holds_from_the_day_after_its_event_time() -> None:
    """And stays until the next one."""
    ledger = heard(configured(TWO, MONDAY), configured(FIVE, MONDAY + 2 * DAY))

    file, two, five = (one.config_hash for one in (Settings(), TWO, FIVE))
    assert hashes(ledger) == [file, two, two, five]


def test_a_decision_never_counts_for_a_day_that_had_begun() -> None:
    """It counts from the next one on, and says so from then on."""
    ledger = heard(DayBegun(FIRST + 1))
    late = ledger.hear(configured(TWO, MONDAY - 5 * DAY))
    said = ledger.hear(ruled(event_time=MONDAY - 5 * DAY))

    assert isinstance(late, Configuration)
    assert isinstance(said, Ruled)
    assert late.event_time == said.verdict.event_time == MONDAY + DAY
    assert hashes(ledger) == [Settings().config_hash] * 2 + [TWO.config_hash] * 2
    assert not ledger.at(FIRST + 1).lesson.factors
    assert ledger.at(FIRST + 2).lesson.factors


def test_verdicts_teach_what_they_teach_a_replay() -> None:
    """The lesson of a day is that of the verdicts in effect on it."""
    records = [ruled(alert_id=f"a{n}", event_time=MONDAY + n % 3 * DAY) for n in range(30)]
    ledger = heard(*records)

    for day in range(FIRST, FIRST + 5):
        due = in_effect([record.verdict for record in records], day).values()
        wanted = lesson_of(due, Settings().detection)
        assert ledger.at(day).lesson.factors == wanted.factors


def test_shares_of_a_new_configuration_are_what_verdicts_move() -> None:
    """A pattern that goes into the shadow has none."""
    shadow = settings_with(patterns={"bulk_scraping": {"shadow": True}})
    ledger = heard(ruled(event_time=MONDAY), configured(shadow, MONDAY + DAY))

    assert "bulk_scraping" in ledger.at(FIRST + 1).lesson.factors
    assert "bulk_scraping" not in ledger.at(FIRST + 2).lesson.factors


def test_nothing_is_learned_anew_on_a_day_without_news() -> None:
    """Stages are told only what has changed."""
    ledger = heard(ruled(event_time=MONDAY))

    assert ledger.at(FIRST + 1) is ledger.at(FIRST + 2)
    assert ledger.at(FIRST) is not ledger.at(FIRST + 1)


def test_a_configuration_of_another_version_is_refused() -> None:
    """The old one stays, and it is said why; a good one puts it right."""
    ledger = heard(configured(TWO))
    unknown = configured(FIVE)
    unknown.tables["budget"]["novelty"] = 1
    lacking = configured(FIVE)
    del lacking.tables["learning"]["suspect_score"]

    whys = []
    for record in (unknown, lacking):
        ledger.hear(record)
        whys.append(ledger.refused or "")
        assert hashes(ledger)[1] == TWO.config_hash
    assert "budget.novelty: unknown key" in whys[0]
    assert "another version" in whys[1]

    ledger = heard(configured(TWO), unknown, configured(FIVE))
    assert ledger.refused is None
    assert hashes(ledger)[1] == FIVE.config_hash


def test_files_say_the_rest() -> None:
    """Limits and the estimator are those of the worker, whoever wrote the record."""
    own = settings_with(limits={"actors": 5_000}, budget={"false_alerts_per_10000_actor_days": 9.0})
    ledger = Ledger(own)
    ledger.hear(configured(TWO))

    detection = ledger.at(FIRST + 1).held.detection
    assert detection.limits.actors == 5_000
    assert detection.budget.false_alerts_per_10000_actor_days == 2.0


def test_a_snooze_that_is_written_again_is_another() -> None:
    """As when it is ended: the last word holds."""
    ledger = heard(a_snooze(), a_snooze(snooze_id="ffffffff"), a_snooze(until=5))

    assert {one.snooze_id: one.until for one in ledger.silences.snoozes}["0a1b2c3d"] == 5
    assert len(ledger.silences.snoozes) == 2


def test_silences_are_found_once_until_they_change() -> None:
    """They are asked of every alert, and a ledger holds many verdicts."""
    ledger = heard(a_snooze(), configured(TWO))
    found = ledger.silences
    ledger.hear(ruled())
    assert ledger.silences is found

    ledger.hear(a_snooze(snooze_id="ffffffff"))
    assert len(ledger.silences.snoozes) == 2


def test_suppressions_hold_as_soon_as_they_are_read() -> None:
    """Whom to wake goes by the clock, so it does not wait for a day of the log."""
    table = {"id": "x", "owner": "soc", "reason": "test", "until": "2026-03-31T00:00:00Z"}
    quiet = settings_with(suppressions=[table | {"tenants": ["t"]}])
    ledger = heard(configured(quiet, MONDAY + 100 * DAY))

    assert [one.id for one in ledger.silences.suppressions] == ["x"]
    assert hashes(ledger) == [Settings().config_hash] * 4


def test_what_a_worker_runs_with_is_known() -> None:
    """From the one that started last."""
    started = [Started(n, "0123456789ab", {"limits.actors": n}) for n in range(2)]

    assert heard(*started).started == started[1]


records = st.lists(
    st.one_of(
        st.integers(0, 6).map(lambda day: DayBegun(FIRST + day)),
        st.builds(
            ruled,
            alert_id=st.sampled_from(["a", "b", "c"]),
            verdict=st.sampled_from(Ruling),
            event_time=st.integers(0, 6 * DAY).map(lambda after: MONDAY + after),
        ),
        st.builds(
            configured,
            st.sampled_from([TWO, FIVE]),
            st.integers(0, 6 * DAY).map(lambda after: MONDAY + after),
        ),
    ),
    max_size=20,
)


@given(records, records)
def test_what_counts_for_a_day_that_has_begun_is_settled(
    before: Sequence[Record], after: Sequence[Record]
) -> None:
    """Whatever is written later; so it does not matter when a worker reads the topic."""
    early, late = heard(*before), heard(*before, *after)

    for day in range(FIRST, early.begun + 1):
        one, other = early.at(day), late.at(day)
        assert one.held == other.held
        assert one.lesson.factors == other.lesson.factors


@given(records)
def test_an_export_says_the_same(written: Sequence[Record]) -> None:
    """Decisions as they count come to the same without the beginnings of days between them."""
    ledger = heard(*written)
    again = heard(*ledger.decisions())

    for day in range(FIRST, FIRST + 8):
        assert ledger.at(day).held == again.at(day).held
        assert ledger.at(day).lesson.factors == again.at(day).lesson.factors
