"""What `reload` says of a change before it is published."""

from streams.commands.reload import compared
from streams.decisions.changes import fixed_of, tables_of
from streams.decisions.ledger import Ledger
from streams.decisions.records import Started
from tests.decisions import NOW, a_budget, configured

BUDGET = "budget.false_alerts_per_10000_actor_days"


def started(budget: float) -> Started:
    """What a worker said of itself that has this budget in its file."""
    settings = a_budget(budget)
    return Started(NOW, settings.config_hash, fixed_of(settings), tables_of(settings))


def test_the_first_configuration_is_compared_with_what_workers_have() -> None:
    """In their files, as long as the topic has none."""
    ledger = Ledger(a_budget(5))
    ledger.hear(started(2))

    header, line = compared(ledger, tables_of(a_budget(5)))
    assert header.startswith("There is no configuration in the topic yet; against what the worker")
    assert line == f"{BUDGET}: 2.0 -> 5.0"
    (same,) = compared(ledger, tables_of(a_budget(2)))
    assert "It is what the worker that started last has in its file" in same


def test_without_anything_to_compare_with_that_is_said() -> None:
    """Also of a worker that did not say yet what it has in its file; then the defaults serve."""
    ledger = Ledger(a_budget(5))
    assert compared(ledger, tables_of(a_budget(5)))[0].endswith("against the defaults:")
    ledger.hear(Started(NOW, "0123456789ab", {}))

    (_, line) = compared(ledger, tables_of(a_budget(5)))
    assert line == f"{BUDGET}: 1.0 -> 5.0"


def test_the_newest_configuration_in_the_topic_comes_first() -> None:
    """Whatever a file of a worker says."""
    ledger = Ledger(a_budget(5))
    ledger.hear(configured(a_budget(3)))
    ledger.hear(started(2))

    assert compared(ledger, tables_of(a_budget(5))) == [f"{BUDGET}: 3.0 -> 5.0"]
