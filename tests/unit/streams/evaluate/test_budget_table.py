import io

import pytest
from rich.console import Console

from detectors.alerts import PatternCode
from detectors.census import Accounts
from detectors.config import Detection
from detectors.levels import COUNTED
from detectors.standing import Standing
from detectors.tenure import Term
from streams.evaluate.budget import report
from streams.evaluate.budget_table import MOST_TENANTS, print_budget
from streams.terminal import console
from tests.alerts import an_alert

from .test_budget import WITHOUT_PERSONS, a_standing


def printed(*standings: Standing, alerts: int = 0) -> str:
    """What a pipe gets of these tenants, each space once."""
    file = io.StringIO()
    raised = [an_alert(alert_id=f"a{n}") for n in range(alerts)]
    print_budget(report(raised, [], Detection(), standings), console(file))
    return "\n".join(" ".join(line.split()) for line in file.getvalue().splitlines())


@pytest.mark.parametrize(
    ("actor_days", "alerts", "said"),
    [
        (1_000, 0, "It takes 35,889 more actor-days without another alert, 3,589 days at the"),
        (50_000, 0, "So the promise was kept here, with 95 % confidence."),
        (1_000, 9, "That is surely more than was promised: some of the alerts are real, or"),
    ],
)
def test_the_first_lines_say_how_things_stand(actor_days: int, alerts: int, said: str) -> None:
    """What was held, and what it would take to be sure."""
    text = printed(a_standing(term=Term(100, actor_days, actor_days)), alerts=alerts)

    assert text.startswith("1970-04-11 to 1970-07-19: 1 false alert per 10,000 actor-days promised")
    assert text.splitlines()[1].startswith(said)


def test_one_tenant_is_told_of_in_words() -> None:
    """By pattern, and what cannot be judged of it."""
    text = printed(a_standing(clean_days=12.0, ripe_in=9, accounts=Accounts(20, 5, 1)))

    assert "Held at t, per 10,000 actor-days" in text
    assert "bulk_scraping open 1,000 0 0 0.2 37 183,444" in text
    assert (
        "In what is rare its own traffic weighs 30%, by pattern; the shipped law the rest." in text
    )
    assert (
        "Not judged by unusual_activity: 12 of 50 clean days of accounts; until 1970-07-28.\n"
        in (text)
    )
    assert text.splitlines()[-1].startswith("Judged by less by bulk_scraping, ")
    assert "Held by tenant" not in text


def test_of_a_tenant_that_is_known_it_is_said_so() -> None:
    """Rather than nothing."""
    assert printed(a_standing()).endswith("\nAll patterns judge it in full.")


def test_what_never_judged_has_no_bound() -> None:
    """It would be a promise held by keeping silent."""
    assert "subject_pile_on - 0 0 0 0.05 - 737,776" in printed(a_standing(WITHOUT_PERSONS))


def test_tenants_are_tables() -> None:
    """The one with the most actor-days first; when each is ripe, if it is not."""
    small = a_standing(
        (1.0,) + (0.0,) * (COUNTED - 1),
        tenant="small\x1b",
        term=Term(150, 10, 0),
        clean_days=4.0,
        ripe_in=None,
    )
    own_law = dict.fromkeys(PatternCode, 0.1) | {PatternCode.BULK_SCRAPING: 0.4}
    text = printed(small, a_standing(own_law=own_law))

    assert "all open 1,010 0 0 1 37 35,879" in text
    assert text.index("\nt open 1,000") < text.index("\nsmall� open 10")
    assert "t 1970-04-11 L3 10%-40% 20 0 400 yes" in text
    assert "small� 1970-05-31 L0 30% 20 0 4 -" in text
    assert text.endswith("--tenant says of one what it lacks.")


def test_many_tenants_are_cut_to_the_largest() -> None:
    """And counted."""
    many = [a_standing(tenant=f"t{n}", term=Term(100, n + 1, 0)) for n in range(MOST_TENANTS + 3)]
    text = printed(*many)

    assert "\nt2 " not in text
    assert text.count("\nt3 ") == 2
    assert "… and 3 more, with fewer actor-days." in text


def test_the_table_fits_eighty_columns() -> None:
    """Pattern names are whole, up to a hundred thousand actor-days."""
    file = io.StringIO()
    out = Console(file=file, width=80, force_terminal=True, color_system=None, highlight=False)
    standing = a_standing(term=Term(100, 90_000, 90_000))
    alerts = [an_alert(alert_id=f"a{n}", pattern=PatternCode.SUBJECT_PILE_ON) for n in range(60)]
    print_budget(report(alerts, [], Detection(), [standing]), out)

    assert max(map(len, file.getvalue().splitlines())) <= 80
    assert all(code in file.getvalue() for code in PatternCode)
