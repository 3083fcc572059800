"""Ids to pseudonyms, column by column: here plain ids end."""

from functools import partial
from itertools import chain
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detectors.events import EVENT

from .draft import Draft
from .networks import OTHER, ipv4_networks, network_of
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
            if name in draft.columns:
                self._fill_ids(draft, name, kind, self._keys(kind, draft))
        self._fill_networks(draft)
        keys = self._subject_keys(draft)
        if "subject_id" in draft.columns:
            self._fill_ids(draft, "subject_id", "subject", keys)
        return _exposed(draft, keys)

    def _keys(self, kind: str, draft: Draft) -> Keys:
        """The keys of one kind of id within each event's tenant."""
        derive = partial(derived_key, self._names.secret, kind, "tenant")
        return self._tenants.table(kind, derive), draft.tenants

    def _fill_events(self, draft: Draft) -> None:
        # No pseudonym, but under a key nobody can choose two ids that become one event.
        ids = pack(draft.columns["event_id"])
        draft.rows["event"] = siphash(ids, *self._keys("event", draft), halves=1)[:, 0]

    def _fill_ids(self, draft: Draft, name: str, kind: Kind, keys: Keys) -> None:
        ids = draft.columns[name]
        if EVENT[kind].subdtype is None:
            draft.rows[kind] = siphash(pack(ids), *keys, halves=1)[:, 0]
            return
        draft.rows[kind] = pairs = siphash(pack(ids), *keys)
        if self._names.remembers:
            self._names.remember(kind, pairs, ids)

    def _fill_networks(self, draft: Draft) -> None:
        addresses = draft.columns.get("source_ip")
        if addresses is None:
            return
        table, which = self._keys("network", draft)
        networks, kinds = ipv4_networks(pack(addresses))
        pairs = siphash(networks, table, which)
        others = np.flatnonzero(kinds == OTHER)
        if len(others):
            found = [network_of(addresses[i]) for i in others.tolist()]
            pairs[others] = siphash(pack(found), table, which[others])
            draft.dropped["source_ip"] += found.count(None)
        draft.rows["network"] = pairs
        if self._names.remembers:
            plain = [network_of(address) if address else None for address in addresses]
            self._names.remember("network", pairs, plain)

    def _subject_keys(self, draft: Draft) -> Keys:
        derive = partial(derived_key, self._names.secret, "subject")
        if self._subjects == "tenant":
            table, which = self._keys("subject", draft)
        else:
            table = np.frombuffer(derive("host", ""), "<u8").reshape(1, 2)
            which = np.zeros_like(draft.tenants)
        namespaces = draft.columns.get("subject_namespace")
        if namespaces is None or not any(namespaces):
            return table, which
        named = np.array([bool(name) for name in namespaces])
        numbers = self._namespaces.number([name or "" for name in namespaces])
        own = self._namespaces.table("subject", partial(derive, "namespace"))
        return np.concatenate((table, own)), np.where(named, numbers + len(table), which)


def _exposed(draft: Draft, keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The first halves of the candidates' pseudonyms, and where each event's begin and end."""
    offsets = np.zeros(len(draft.rows) + 1, np.int64)
    lists = draft.columns.get("candidate_ids")
    if lists is None:
        return offsets, np.empty(0, np.uint64)
    table, which = keys
    lengths = np.array([len(ids) if ids else 0 for ids in lists])
    np.cumsum(lengths, out=offsets[1:])
    ids = list(chain.from_iterable(filter(None, lists)))
    exposed = siphash(pack(ids), table, np.repeat(which, lengths), halves=1)[:, 0]
    if not exposed.all():  # an empty id is nobody
        somebody = exposed != 0
        offsets = np.concatenate(([0], np.cumsum(somebody)))[offsets]
        exposed = exposed[somebody]
    return offsets, np.ascontiguousarray(exposed)
