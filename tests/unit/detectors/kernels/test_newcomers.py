"""Newcomers of a crowd against what is known of their accounts, photos and tenants."""

from typing import Any

import pytest

from tests.logs import Fields, at, batch, figures_of, in_order, search


def work(tenant: str = "acme", hour: int = 9, **shared: Any) -> list[Fields]:
    """Twenty days of twelve accounts, each day of other persons, whom two of them search for."""
    return [
        search(
            at(day, hour, i),
            f"{tenant}-{i}",
            f"client-{day}-{i // 2}",
            tenant_id=tenant,
            capture_class="live",
            **shared,
        )
        for day in range(20)
        for i in range(12)
    ]


def crowd(accounts: list[str], tenants: tuple[str, ...] = ("acme",), **shared: Any) -> list[Fields]:
    """One of the accounts each day from the twentieth on, of the tenants in turn."""
    return [
        search(
            at(20 + i, 12),
            account,
            "victim",
            tenant_id=tenants[i % len(tenants)],
            subject_namespace="web",
            **shared,
        )
        for i, account in enumerate(accounts)
    ]


def last_of(events: list[Fields]) -> Any:
    """The person's figures of the last search."""
    figures = figures_of(batch(in_order(events)))
    return figures.subjects[len(events) - 1]


def test_who_was_there_before_is_settled() -> None:
    """Accounts that began with the crowd are not."""
    old = last_of([*work(), *crowd([f"acme-{i}" for i in range(12)])])
    new = last_of([*work(), *crowd([f"guest-{i}" for i in range(12)])])

    assert old["crowd_settled"] == pytest.approx(1)
    assert new["crowd_settled"] < 0.1


def test_photos_are_compared_with_each_account_s_others() -> None:
    """Those of which nothing is known tell nothing."""
    accounts = [f"acme-{i}" for i in range(12)]
    told = last_of([*work(), *crowd(accounts, capture_class="social")])
    untold = last_of([*work(), *crowd(accounts)])

    assert told["crowd_social"] == pytest.approx(1)
    assert told["crowd_usual_social"] < 0.1
    assert told["crowd_known"] == pytest.approx(told["crowd_noted"])
    assert untold["crowd_known"] == 0


def test_most_are_of_one_tenant_or_of_several() -> None:
    """The majority's share; without one a half at most."""
    accounts = [f"guest-{i}" for i in range(12)]
    one = last_of([*work(), *crowd(accounts)])
    three = last_of([*work(), *crowd(accounts, ("acme", "bolt", "core"))])

    assert one["crowd_home"] == pytest.approx(1)
    assert three["crowd_home"] < 0.7


def test_whose_persons_they_are_is_learned() -> None:
    """A tenant that has persons of its own shares them with nobody."""
    accounts = [f"acme-{i}" for i in range(12)]
    own = last_of([*work(), *crowd(accounts)])
    web: Fields = {"subject_namespace": "web"}
    shared = last_of([*work(**web), *work("bolt", 8, **web), *crowd(accounts)])

    assert own["crowd_kin"] > 0.95
    assert shared["crowd_kin"] < 0.9
