"""From planned searches to query events, `probewatch.query.v1`.

An event depends on its own row alone: neither on its neighbours nor on how many are
rendered at once. Only addresses, versions and credentials follow the clock.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detectors.events import CaptureClass, Operation, Outcome, Records, Relation

from .almanac import DAY, HOUR, ZONES, Almanac
from .candidates import Results, results
from .clients import FIRST_SCRIPT, fingerprint, releases, user_agent
from .levels import LEVEL_OF_FIELD, OPTIONAL, Level
from .population import PURPOSES, ROLES, Population, Slot
from .randomness import F64, I64, U64, Dice, fold, hexadecimal

Event = dict[str, Any]

CHUNK = 2048
"""Events rendered at once."""

CROWDED = 0.06
"""Share of photos with more faces than one."""

REFUSAL = 0.001
"""Share of requests that are denied, for a missing right or an expired contract."""

BAD_IMAGE, NO_FACE, THROTTLED, REFUSED = range(1, 5)
ERRORS = (
    None,
    "InvalidImageFormatException",
    "NoFaceInImage",
    "ThrottlingException",
    "AccessDeniedException",
)


class Renderer:
    """Renders rows of one world.

    Args:
        population: everybody in it.
        almanac: its calendar.
        ceiling: highest level of any tenant's log.
    """

    def __init__(self, population: Population, almanac: Almanac, ceiling: Level) -> None:
        self._population = population
        self._start = almanac.start
        self._tenant_ids = population.tenant_ids()
        self._gallery_ids = hexadecimal(
            population.keys("gallery", np.arange(len(population.galleries))), 8, "g"
        )
        self._logged = _logged_fields(population, ceiling)

    def events(self, rows: Records) -> Iterator[Event]:
        """The events of these rows, in their order."""
        for at in range(0, len(rows), CHUNK):
            yield from self._chunk(rows[at : at + CHUNK])

    def _chunk(self, rows: Records) -> Iterator[Event]:
        population = self._population
        actors = population.actors[rows["actor"]]
        keys = event_keys(population, rows)
        dice = Dice(keys)
        error = _errors(population, rows, actors, dice)
        found = results(population, rows)
        failed = error > 0

        columns: dict[str, list[Any]] = {
            "event_id": event_ids(keys),
            "event_time": timestamps(rows["time"]),
            "tenant_id": [self._tenant_ids[tenant] for tenant in actors["tenant"].tolist()],
            "actor_id": population.actor_ids(rows["actor"]),
            "operation": _words(Operation, rows["operation"]),
            "outcome": _words(Outcome, np.array([0, 1, 1, 1, 2])[error]),
        }
        columns |= self._access(rows, actors, dice, error)
        columns |= self._probe(rows, dice, error, found)
        columns |= self._answer(rows, actors, found, failed)
        required = [name for name in columns if name not in OPTIONAL]
        logged = self._logged[actors["tenant"]]
        optional = [_where(logged[:, OPTIONAL.index(name)], columns[name]) for name in OPTIONAL]
        names = (*required, *OPTIONAL)
        for values in zip(*(columns[name] for name in required), *optional, strict=True):
            yield {
                name: value for name, value in zip(names, values, strict=True) if value is not None
            }

    def _access(
        self, rows: Records, actors: Records, dice: Dice, error: I64
    ) -> dict[str, list[Any]]:
        """Who, when, from where."""
        population = self._population
        slot = rows["slot"]
        guest = rows["guest"] > 0
        whose = np.where(guest, rows["guest"] - 1, rows["actor"])
        hosts = population.actors[whose]
        of_slot = {
            name: np.take_along_axis(hosts[name], slot[:, None].astype(np.int64), axis=1)[:, 0]
            for name in ("network", "lease", "egress", "shared", "client", "station")
        }
        # A guest's machine is not the one of the account that lent its place.
        person = Dice(population.keys("habits", whose, slot + len(Slot) * guest))
        holders = Dice(population.keys("habits", rows["actor"], slot))
        network = of_slot["network"].astype(np.int64)
        holder = np.where(of_slot["shared"], population.keys("office", network), person.keys)
        holder = fold(holder, dice.below("egress", of_slot["egress"]))
        epoch = _epoch(rows, of_slot["lease"] * HOUR, person)
        family = of_slot["client"].astype(np.int64)
        days = (rows["time"] - self._start) / DAY
        version = releases(family, days, person.uniform("updates"))
        clients = list(zip(family.tolist(), version.tolist(), strict=True))
        shared_machine = population.keys(
            "machine", of_slot["station"], Dice(rows["visit"]).below("machine", 6)
        )
        machine = np.where(of_slot["station"] >= 0, shared_machine, person.bits("machine"))
        login = fold(holders.bits("login"), _epoch(rows, actors["key_days"] * DAY, holders))
        unit = population.keys("unit", actors["tenant"], actors["unit"])
        networks = population.networks
        return {
            "error_code": [ERRORS[code] for code in error.tolist()],
            "credential_id": hexadecimal(login, 12, "k"),
            "source_ip": networks.addresses(network, holder, epoch),
            "source_asn": networks.numbers(network),
            "source_country": [networks.countries[index] for index in network.tolist()],
            "user_agent": [user_agent(*client) for client in clients],
            "tls_ja4": [fingerprint(*client) for client in clients],
            "device_id": _where(family < FIRST_SCRIPT, hexadecimal(machine, 12, "d")),
            "actor_role": [ROLES[role] for role in actors["role"].tolist()],
            "actor_unit": _where(actors["unit"] >= 0, hexadecimal(unit, 6, "n")),
            "actor_created_at": timestamps(actors["created"]),
            "actor_tz": [ZONES[zone][0] for zone in actors["zone"].tolist()],
            "latency_ms": np.round(np.exp(5.2 + 0.5 * dice.normal("latency")), 1).tolist(),
            "request_bytes": np.exp(11.8 + 0.9 * dice.normal("size")).astype(int).tolist(),
        }

    def _probe(self, rows: Records, dice: Dice, error: I64, found: Results) -> dict[str, list[Any]]:
        """The photo."""
        operation = rows["operation"]
        sent = ~np.isin(operation, (Operation.LIST, Operation.DELETE, Operation.OTHER))
        readable = sent & ((error == 0) | (error == NO_FACE))
        faces = 1 + np.where(dice.uniform("faces") < CROWDED, 1 + dice.below("crowd", 4), 0)
        return {
            "probe_id": _where(
                sent, hexadecimal(self._population.keys("file", rows["photo"], rows["copy"]))
            ),
            "probe_cluster_id": _where(
                readable, hexadecimal(self._population.keys("cluster", rows["photo"]), 12)
            ),
            "probe_quality": _where(readable & (error == 0), np.round(found.quality, 3).tolist()),
            "probe_face_count": _where(readable, np.where(error == NO_FACE, 0, faces).tolist()),
            "capture_class": _where(sent, _words(CaptureClass, rows["capture"])),
        }

    def _answer(
        self, rows: Records, actors: Records, found: Results, failed: NDArray[np.bool_]
    ) -> dict[str, list[Any]]:
        """What was asked, what came back, and why it was asked."""
        population = self._population
        operation = rows["operation"]
        compares = (operation == Operation.IDENTIFY) | (operation == Operation.VERIFY)
        identifies = operation == Operation.IDENTIFY
        manages = (operation == Operation.ENROL) | (operation == Operation.DELETE)
        answered = compares & ~failed
        namespace = population.namespaces()[rows["gallery"]]
        person = np.where(manages, rows["person"], found.person)
        named = (person >= 0) & ((manages & ~failed) | (answered & (found.count > 0)))
        # A further page is about the same search, whoever stands on it.
        named |= answered & (rows["offset"] > 0) & (person >= 0)
        named |= (operation == Operation.VERIFY) & (person >= 0)
        listed = population.subject_ids(np.repeat(namespace, np.diff(found.bounds)), found.listed)
        pages = [
            listed[low:high]
            for low, high in zip(found.bounds[:-1].tolist(), found.bounds[1:].tolist(), strict=True)
        ]
        spans = np.isin(namespace, list(population.shared_namespaces))
        spaces = hexadecimal(population.keys("namespace", namespace), 6, "ns")
        relations = _words(Relation, rows["relation"])
        case = population.keys(
            "case", np.where(rows["case"] < 0, 0, rows["case"]), actors["tenant"]
        )
        return {
            "gallery_id": [self._gallery_ids[index] for index in rows["gallery"].tolist()],
            "candidate_limit": _where(identifies, rows["limit"].tolist()),
            "result_offset": _where(identifies, rows["offset"].tolist()),
            "score_threshold": _where(
                compares, np.round(rows["threshold"].astype(float), 3).tolist()
            ),
            "embedding_returned": (operation == Operation.EXTRACT).tolist(),
            "candidate_count": _where(answered, found.count.tolist()),
            "top_score": _number(answered, found.top),
            "second_score": _number(answered, found.second),
            "subject_id": _where(named, population.subject_ids(namespace, person)),
            "candidate_ids": _where(answered & identifies & (found.count > 0), pages),
            "subject_namespace": _where(spans, spaces),
            "subject_relation": _where(named, relations),
            "purpose": [None if code < 0 else PURPOSES[code] for code in rows["purpose"].tolist()],
            "case_ref": _where(rows["case"] >= 0, hexadecimal(case, 8, "c")),
            "response_bytes": (400 + 90 * np.where(failed, 0, found.count)).tolist(),
        }


def event_keys(population: Population, rows: Records) -> U64:
    """A 64-bit key per search, distinct by construction: bijections of actor and ordinal."""
    return population.keys("event", (rows["actor"].astype(np.int64) << 32) | rows["ordinal"])


def event_ids(keys: U64) -> list[str]:
    """Opaque ids of searches, as distinct as their keys."""
    return hexadecimal(Dice(keys).bits("id"))


def timestamps(milliseconds: ArrayLike) -> list[str]:
    """RFC 3339 in UTC with milliseconds."""
    times = np.asarray(milliseconds, np.int64).astype("datetime64[ms]")
    return [f"{time}Z" for time in np.datetime_as_string(times).tolist()]


def _logged_fields(population: Population, ceiling: Level) -> NDArray[np.bool_]:
    """Which tenant logs which of `OPTIONAL`."""
    return np.array(
        [
            [
                LEVEL_OF_FIELD[name] <= min(tenant.level, ceiling) and name not in tenant.omits
                for name in OPTIONAL
            ]
            for tenant in population.tenants
        ]
    )


def _errors(population: Population, rows: Records, actors: Records, dice: Dice) -> I64:
    tenants = population.tenants
    failure = np.array([tenant.failure for tenant in tenants])[actors["tenant"]]
    throttle = np.array([tenant.throttle for tenant in tenants])[actors["tenant"]]
    photo = Dice(fold(rows["photo"], rows["copy"])).uniform("readable")
    return np.select(
        [
            rows["hasty"] & (dice.uniform("throttle") < throttle),
            dice.uniform("refused") < REFUSAL,
            photo < failure * 0.4,
            photo < failure,
        ],
        [THROTTLED, REFUSED, BAD_IMAGE, NO_FACE],
        0,
    )


def _epoch(rows: Records, milliseconds: F64, person: Dice) -> U64:
    """The number of a lease of this length; the visit's where the length is 0."""
    length = np.maximum(milliseconds.astype(np.float64), 1.0)
    number = ((rows["time"] / length) + person.uniform("lease")).astype(np.uint64)
    return np.where(milliseconds > 0, number, rows["visit"])


def _words(codes: type[CaptureClass | Operation | Outcome | Relation], column: I64) -> list[str]:
    names = [code.name.lower() for code in codes]
    return [names[code] for code in column.tolist()]


def _number(present: NDArray[np.bool_], values: F64) -> list[float | None]:
    return _where(present & ~np.isnan(values), np.round(np.clip(values, 0, 1), 4).tolist())


def _where(present: NDArray[np.bool_], values: list[Any]) -> list[Any]:
    return [value if keep else None for keep, value in zip(present.tolist(), values, strict=True)]
