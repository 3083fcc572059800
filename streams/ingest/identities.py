"""Ids to pseudonyms, column by column: here plain ids end."""

from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detectors.events import EVENT

from .draft import Draft
from .networks import OTHER, network_of, plain_networks
from .packed import pack
from .pseudonyms import Kind, Names, derived_key
from .scopes import Scopes
from .siphash import siphash

SubjectScope = Literal["tenant", "host"]
"""Within what subjects are unique where an event names no `subject_namespace`."""

_IDS: dict[str, Kind] = {
    "actor_id": "actor",
    "credential_id": "credential",
    "case_ref": "case",
    "device_id": "device",
    "probe_id": "probe",
    "probe_cluster_id": "probe_cluster",
    "user_agent": "user_agent",
    "tls_ja4": "tls",
}

Keys = tuple[NDArray[np.uint64], NDArray[np.int32]]
"""Hash keys, and for each event the row of its own."""


class Identities:
    """Pseudonyms of everything that stands for a person, a client or a case.

    Args:
        names: the secret, and who wants to know what is behind a pseudonym.
        subjects: within what subjects are unique where the event does not say.
        tenants: what the numbers in a draft mean.
    """

    def __init__(self, names: Names, subjects: SubjectScope, tenants: Scopes) -> None:
        self._names = names
        self._subjects = subjects
        self._tenants = tenants
        self._namespaces = Scopes()

    def fill(self, draft: Draft) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Fill in every id, and give what `EventBatch` holds of the candidates."""
        self._fill_events(draft)
        for name, kind in _IDS.items():
            if name in draft.columns.texts:
                self._fill_ids(draft, name, kind, self._keys(kind, draft))
        self._fill_networks(draft)
        keys = self._subject_keys(draft)
        if "subject_id" in draft.columns.texts:
            self._fill_ids(draft, "subject_id", "subject", keys)
        return _exposed(draft, keys)

    def _keys(self, kind: str, draft: Draft) -> Keys:
        """The keys of one kind of id within each event's tenant."""
        derive = partial(derived_key, self._names.secret, kind, "tenant")
        return self._tenants.table(kind, derive), draft.tenants

    def _fill_events(self, draft: Draft) -> None:
        # No pseudonym, but under a key nobody can choose two ids that become one event.
        ids = draft.columns.texts["event_id"]
        draft.rows["event"] = siphash(ids, *self._keys("event", draft), halves=1)[:, 0]

    def _fill_ids(self, draft: Draft, name: str, kind: Kind, keys: Keys) -> None:
        ids = draft.columns.texts[name]
        if EVENT[kind].subdtype is None:
            draft.rows[kind] = siphash(ids, *keys, halves=1)[:, 0]
            return
        draft.rows[kind] = pairs = siphash(ids, *keys)
        if self._names.remembers:
            self._names.remember(kind, pairs, ids.texts())

    def _fill_networks(self, draft: Draft) -> None:
        addresses = draft.columns.texts.get("source_ip")
        if addresses is None:
            return
        table, which = self._keys("network", draft)
        networks, kinds = plain_networks(addresses)
        pairs = siphash(networks, table, which)
        others = np.flatnonzero(kinds == OTHER)
        found: list[str | None] = []
        if len(others):
            found = [network_of(address) for address in addresses.only(others).texts()]
            pairs[others] = siphash(pack(found), table, which[others])
            draft.dropped["source_ip"] += found.count(None)
        draft.rows["network"] = pairs
        if self._names.remembers:
            self._names.remember("network", pairs, networks.texts())
            self._names.remember("network", pairs[others], found)

    def _subject_keys(self, draft: Draft) -> Keys:
        derive = partial(derived_key, self._names.secret, "subject")
        if self._subjects == "tenant":
            table, which = self._keys("subject", draft)
        else:
            table = np.frombuffer(derive("host", ""), "<u8").reshape(1, 2)
            which = np.zeros_like(draft.tenants)
        namespaces = draft.columns.texts.get("subject_namespace")
        if namespaces is None:
            return table, which
        named = namespaces.sizes() > 0
        numbers = self._namespaces.of(namespaces)
        own = self._namespaces.table("subject", partial(derive, "namespace"))
        return np.concatenate((table, own)), np.where(named, numbers + len(table), which)


def _exposed(draft: Draft, keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The first halves of the candidates' pseudonyms, and where each event's begin and end."""
    table, which = keys
    offsets = draft.columns.offsets
    repeated = np.repeat(which, np.diff(offsets))
    exposed = siphash(draft.columns.candidates, table, repeated, halves=1)[:, 0]
    if not exposed.all():  # an empty id is nobody
        somebody = exposed != 0
        offsets = np.concatenate(([0], np.cumsum(somebody)))[offsets]
        exposed = exposed[somebody]
    return offsets, np.ascontiguousarray(exposed)
