"""Names of tenants, galleries, roles, purposes and units as 64-bit codes."""

from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .draft import Draft
from .packed import Packed
from .pseudonyms import PUBLIC_KEY, Scope, derived_key, hash_one
from .scopes import Scopes
from .siphash import siphash

MOST_WORDS = 65_536
"""Words behind codes that are kept at a time."""

NameField = Literal["tenant", "gallery", "unit", "role", "purpose"]
"""Columns of `EVENT` that hold codes of names."""

NAME_SCOPES: dict[NameField, Scope] = {
    "tenant": "host",
    "gallery": "tenant",
    "unit": "tenant",
    "role": "host",
    "purpose": "host",
}
"""Two tenants' galleries of one name are two galleries; an officer is one everywhere."""

_NAMES: dict[str, NameField] = {
    "gallery_id": "gallery",
    "actor_unit": "unit",
    "actor_role": "role",
    "purpose": "purpose",
}


def name_code(field: NameField, word: str, tenant: str = "") -> int:
    """The 64-bit code of a name, the same in every process and under every secret.

    Args:
        field: what is named.
        word: the name.
        tenant: whose it is, for a gallery or a unit.
    """
    within = tenant if NAME_SCOPES[field] == "tenant" else ""
    return hash_one(PUBLIC_KEY, field, NAME_SCOPES[field], within, word)[0]


class NameCodes:
    """Codes of a batch's names, and the words behind them.

    Args:
        tenants: what the numbers in a draft mean.
    """

    def __init__(self, tenants: Scopes) -> None:
        self._tenants = tenants
        self._words: dict[int, str] = {}

    def fill(self, draft: Draft) -> dict[int, str]:
        """Fill in the codes, and give the words of those that occur."""
        codes = self._tenants.table("code", _tenant_code)[:, 0]
        draft.rows["tenant"] = codes[draft.tenants]
        present = np.flatnonzero(np.bincount(draft.tenants)).tolist()
        words = {int(codes[number]): self._tenants.names[number] for number in present}
        for name, field in _NAMES.items():
            texts = draft.columns.texts.get(name)
            if texts is not None:
                codes = siphash(texts, *self._keys(field, draft), halves=1)[:, 0]
                draft.rows[field] = codes
                words |= self._words_of(codes, texts)
        return words

    def _keys(self, field: NameField, draft: Draft) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
        scope = NAME_SCOPES[field]
        derive = partial(derived_key, PUBLIC_KEY, field, scope)
        if scope == "tenant":
            return self._tenants.table(f"names of {field}", derive), draft.tenants
        return np.frombuffer(derive(""), "<u8").reshape(1, 2), np.zeros_like(draft.tenants)

    def _words_of(self, codes: NDArray[np.uint64], texts: Packed) -> dict[int, str]:
        present = [code for code in np.unique(codes).tolist() if code]
        if not self._words.keys() >= set(present):
            if len(self._words) > MOST_WORDS:
                self._words.clear()
            self._words.update(zip(codes.tolist(), texts.texts(), strict=True))
        return {code: self._words[code] for code in present}


def _tenant_code(tenant: str) -> bytes:
    return name_code("tenant", tenant).to_bytes(8, "little") + bytes(8)
