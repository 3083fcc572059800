"""The files of the container: what they name exists, and what they promise is set.

No engine runs them here; so what can be wrong without one is looked for.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import aiohttp
import yaml
from prometheus_client import CollectorRegistry

from streams.cli import COMMANDS
from streams.kafka import feed
from streams.service.health import Health
from streams.service.metrics import Metrics
from streams.settings import load
from streams.settings.durations import parse_duration
from streams.settings.loading import CONFIG_VARIABLE
from tests import gomodules

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy/Dockerfile"
SETTINGS = load(ROOT / "deploy/probewatch.toml")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
WORKER = SERVICES["worker"]
OURS = [name for name, service in SERVICES.items() if "build" in service]

PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+[\w.-]*")


def instructions(name: str) -> list[str]:
    """What stands behind each instruction of that name, line breaks joined."""
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    return re.findall(rf"^{name} (.*)$", text, re.MULTILINE)


def copied() -> Iterator[str]:
    """What is copied from the repository."""
    for line in instructions("COPY"):
        if "--from=" not in line:
            *sources, _ = (word for word in line.split() if not word.startswith("--"))
            yield from sources


async def answer(path: str) -> int:
    """The status of a worker's page."""
    health = Health(Metrics(CollectorRegistry()), lambda: True, lambda: None)
    address = await health.start("127.0.0.1", 0)
    try:
        async with aiohttp.request("GET", f"{address}{path}") as response:
            return response.status
    finally:
        await health.stop()


def test_images_are_pinned() -> None:
    """By a version, on both sides of what is built here."""
    images = [service["image"] for service in SERVICES.values()]
    bases = [line.split(" AS ")[0] for line in instructions("FROM")]

    assert all(PINNED.fullmatch(image) for image in images + bases)
    assert len(set(bases)) == 1


def test_kafka_is_the_one_that_is_tested_with() -> None:
    """The version of the image is that of the test cluster."""
    pom = ET.parse(ROOT / "tests/kafka/pom.xml").getroot()  # noqa: S314 - it is our own
    space = {"m": pom.tag[1:].partition("}")[0]}
    tested = pom.find(".//m:dependency[m:artifactId='kafka_2.13']/m:version", space)

    assert tested is not None
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{tested.text}"


def test_what_is_copied_exists_and_is_let_through() -> None:
    """The list of what the builder may see begins with nothing."""
    ignore = (ROOT / "deploy/Dockerfile.dockerignore").read_text().splitlines()
    seen = {line[1:] for line in ignore if line.startswith("!")}

    assert ignore[0] == "*"
    assert set(copied()) == seen
    assert all((ROOT / source).exists() for source in copied())
    assert (ROOT / WORKER["build"]["dockerfile"]) == DOCKERFILE


def test_everything_installed_is_locked() -> None:
    """Packages come with hashes, or from what was built."""
    installs = re.findall(r"pip install (.*?)(?: &&|$)", " && ".join(instructions("RUN")))

    assert len(installs) == 3
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)


def test_nobody_is_root() -> None:
    """The worker has a user of its own, no rights, and nothing that it could write but /tmp."""
    (user,) = instructions("USER")

    assert int(user) > 0
    assert f"--uid {user} " in "".join(instructions("RUN"))
    for name in OURS:
        assert SERVICES[name]["tmpfs"][0].startswith("/tmp:")  # noqa: S108
    for name, service in SERVICES.items():
        # Kafka's image writes its settings as it starts.
        assert service.get("read_only", name == "kafka") is True
    for service in SERVICES.values():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_compiler_stays_behind() -> None:
    """The last stage installs nothing."""
    last = DOCKERFILE.read_text().rpartition("FROM ")[2]

    assert "apt-get" not in last
    assert "pip" not in last


def test_the_start_script_is_one() -> None:
    """A shell can read it, and it becomes what it is told to start."""
    script = ROOT / "deploy/start.sh"

    subprocess.run(["sh", "-n", script], check=True)
    assert script.read_text().splitlines()[-1] == 'exec "$@"'


def test_settings_and_secrets_are_where_workers_look() -> None:
    """Under the paths that the settings and the environment name."""
    config = WORKER["configs"][0]

    assert WORKER["environment"] == {CONFIG_VARIABLE: config["target"]}
    assert (ROOT / COMPOSE["configs"][config["source"]]["file"]) == ROOT / "deploy/probewatch.toml"
    assert f"/run/secrets/{WORKER['secrets'][0]}" == SETTINGS.pseudonyms.key_file
    assert COMPOSE["secrets"][WORKER["secrets"][0]]["file"] == "deploy/secrets/pseudonym.key"
    assert (ROOT / "deploy/.gitignore").read_text().splitlines()[-1] == "/secrets/"


def test_addresses_fit() -> None:
    """Workers find the broker, and are found at as many ports as they can be."""
    advertised = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    host, ports, inside = WORKER["ports"][0].split(":")
    first, last = map(int, ports.split("-"))

    assert f"INSIDE://{SETTINGS.kafka.bootstrap_servers}," in advertised
    assert host == "127.0.0.1"
    assert int(inside) == SETTINGS.service.http_port == int(instructions("EXPOSE")[0])
    assert last - first + 1 == SETTINGS.kafka.partitions
    assert WORKER["deploy"]["replicas"] == 2


def test_health_is_asked_where_it_is_told() -> None:
    """The path exists, at the port that is listened on."""
    (asked,) = instructions("HEALTHCHECK")
    (port, path) = re.findall(r"127\.0\.0\.1:(\d+)(/\w+)", asked)[0]

    assert asyncio.run(answer(path)) == 200
    assert int(port) == SETTINGS.service.http_port
    assert json.loads(asked[asked.index("[") :])[:2] == ["python", "-c"]
    compile(json.loads(asked[asked.index("[") :])[2], "healthcheck", "exec")


def test_everybody_is_asked_for_health() -> None:
    """All services that stay are, by themselves or by their image."""
    for name, service in SERVICES.items():
        if "build" not in service:
            assert "test" in service["healthcheck"], name


def test_compose_itself_reads_the_file() -> None:
    """The library that `docker compose` reads its files with takes it, and finds every file."""
    model = json.loads(
        subprocess.run(
            [gomodules.program(gomodules.COMPOSE), "-format", "json", ROOT / "docker-compose.yml"],
            check=True,
            capture_output=True,
        ).stdout
    )

    assert model["services"].keys() == SERVICES.keys()
    mounts = [each for service in model["services"].values() for each in service.get("volumes", [])]
    bound = [Path(each["source"]) for each in mounts if each["type"] == "bind"]
    assert len(bound) >= 5
    assert all(path.exists() for path in bound)
    assert all(each["read_only"] for each in mounts if each["type"] == "bind")


def test_compose_would_refuse_a_wrong_file(tmp_path: Path) -> None:
    """The check above can fail."""
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text("services:\n  worker:\n    image: probewatch\n    replica: 2\n")
    run = subprocess.run(
        [gomodules.program(gomodules.COMPOSE), wrong], check=False, capture_output=True, text=True
    )

    assert run.returncode != 0
    assert "replica" in run.stderr


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    """What it is told to overlook has its reason in the file."""
    run = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), "--failure-threshold", "style", DOCKERFILE],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (run.returncode, run.stdout) == (0, "")


def test_prometheus_finds_workers_and_rules() -> None:
    """By the service's name and port, and under the paths that Compose mounts."""
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    (scrape,) = config["scrape_configs"]
    (discovery,) = scrape["dns_sd_configs"]
    (manager,) = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    (rules,) = config["rule_files"]
    mounts = dict(each.split(":")[:2] for each in SERVICES["prometheus"]["volumes"])

    assert set(discovery["names"]) <= SERVICES.keys()
    assert discovery["port"] == SETTINGS.service.http_port
    assert manager.partition(":")[0] in SERVICES
    assert manager.partition(":")[2] == SERVICES["alertmanager"]["ports"][0].rpartition(":")[2]
    assert mounts["./deploy/prometheus/prometheus.yml"] == "/etc/prometheus/prometheus.yml"
    assert mounts["./deploy/prometheus/rules"] == f"/etc/prometheus/{Path(rules).parent}"
    assert list((ROOT / "deploy/prometheus").glob(rules))


def test_nothing_is_published_beyond_this_machine() -> None:
    """Every port of every service is on the loopback."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert len(ports) >= 5
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_a_worker_that_fails_is_started_again() -> None:
    """And one that is stopped has the time that it may take."""
    grace = parse_duration(WORKER["stop_grace_period"])

    assert WORKER["restart"] == "unless-stopped"
    assert grace is not None
    assert grace > SETTINGS.service.shutdown_timeout + timedelta(seconds=5)


def test_the_demo_uses_what_there_is() -> None:
    """Only with its profile: a command that exists, piped into a module that exists."""
    demo = SERVICES["demo"]
    shell, flag, line = demo["command"]
    command, module = re.findall(r"probewatch (\w+)|python -m ([\w.]+)", line)

    assert demo["profiles"] == ["demo"]
    assert (shell, flag) == ("sh", "-c")
    assert command[0] in COMMANDS
    assert module[1] == feed.__name__
    assert demo["restart"] == "no"
