"""What Kustomize makes of the manifests is valid, safe, and fits the settings.

No cluster runs them here. Kinds of Kubernetes are held against its published schemas, strictly;
those of the Prometheus operator and of KEDA against their own definitions.
"""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from streams.settings import load, parse
from streams.settings.loading import CONFIG_VARIABLE
from tests import gomodules
from tests.deploy.rules import RESOURCE, resource

KUBERNETES = Path(__file__).parents[2] / "deploy/kubernetes"
ROOMS = ("base", "example")
VERSIONS = ("1.32", "1.37")
"""Of Kubernetes: an older one that is still in use, and the newest that there are schemas of."""
DEFINITIONS = {
    "ServiceMonitor": (
        gomodules.PROMETHEUS_OPERATOR,
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
    ),
    "PrometheusRule": (
        gomodules.PROMETHEUS_OPERATOR,
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
    ),
    "ScaledObject": (gomodules.KEDA, "config/crd/bases/keda.sh_scaledobjects.yaml"),
}
"""Where the definitions of kinds that are not Kubernetes' own lie."""


@cache
def built(room: str) -> list[dict[str, Any]]:
    """What would be applied."""
    kubectl = shutil.which("kubectl")
    command = (
        [kubectl, "kustomize"] if kubectl else [gomodules.program(gomodules.KUSTOMIZE), "build"]
    )
    run = subprocess.run([*command, KUBERNETES / room], check=True, capture_output=True, text=True)
    return list(yaml.safe_load_all(run.stdout))


def one(room: str, kind: str) -> dict[str, Any]:
    """The only one of a kind."""
    (found,) = (each for each in built(room) if each["kind"] == kind)
    return found


def pod(room: str) -> dict[str, Any]:
    """What a worker runs in."""
    spec: dict[str, Any] = one(room, "Deployment")["spec"]["template"]["spec"]
    return spec


def definition(kind: str) -> dict[str, Any]:
    """The schema of a kind that an operator brings."""
    module, path = DEFINITIONS[kind]
    crd = yaml.safe_load((gomodules.files(module) / path).read_text())
    (version,) = (each for each in crd["spec"]["versions"] if each["storage"])
    schema: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    return {**closed(schema), "additionalProperties": False}


def closed(schema: Any) -> Any:
    """The schema, which lets no field through that it does not name, as the API server warns."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inside = {name: closed(each) for name, each in schema.items()}
    names = schema.get("properties")
    free = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    # Metadata is the API server's own: the definitions only say that there is some.
    if isinstance(names, dict) and schema.get("type") == "object" and not free:
        inside["additionalProperties"] = False
    return inside


def texts(value: Any) -> Iterator[str]:
    """All that is said somewhere in it."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("room", ROOMS)
def test_kinds_of_kubernetes_are_valid(room: str, version: str) -> None:
    """Field by field, and no field that there is not."""
    own = [each for each in built(room) if each["kind"] not in DEFINITIONS]

    assert len(own) >= 5
    for each in own:
        kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_kinds_of_operators_are_valid(kind: str) -> None:
    """The same for those that come with the Prometheus operator and with KEDA."""
    jsonschema.Draft202012Validator(definition(kind)).validate(one("example", kind))


def test_a_field_that_there_is_not_is_noticed() -> None:
    """The checks above can fail."""
    wrong = one("example", "ScaledObject") | {"spec": {"scaleTargetRef": {"nane": "probewatch"}}}
    deployment = one("base", "Deployment") | {"spec": {"replica": 2}}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(definition("ScaledObject")).validate(wrong)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, VERSIONS[0], strict=True)


@pytest.mark.parametrize("room", ROOMS)
def test_workers_are_restricted(room: str) -> None:
    """As the pod security standard of that name wants it, and nothing can be written but /tmp."""
    spec = pod(room)
    (container,) = spec["containers"]
    security = spec["securityContext"]
    writable = {each["name"] for each in spec["volumes"] if "emptyDir" in each}
    mounts = {each["mountPath"]: each for each in container["volumeMounts"]}

    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] > 0
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["automountServiceAccountToken"] is False
    assert [path for path, each in mounts.items() if each["name"] in writable] == ["/tmp"]  # noqa: S108
    assert all(each.get("readOnly") for path, each in mounts.items() if path != "/tmp")  # noqa: S108


@pytest.mark.parametrize("room", ROOMS)
def test_secrets_come_from_outside(room: str) -> None:
    """None is in the manifests; the settings name files where they are mounted."""
    (container,) = pod(room)["containers"]
    mounts = [Path(each["mountPath"]) for each in container["volumeMounts"]]
    settings = parse(tomllib.loads(settings_of(room)), room, KUBERNETES)
    named = filter(None, [settings.pseudonyms.key_file, settings.kafka.sasl_password_file])

    assert not any(each["kind"] == "Secret" for each in built(room))
    assert all(Path(file).parent in mounts for file in named)


def settings_of(room: str) -> str:
    """The settings that a worker is given."""
    (maps,) = (each for each in built(room) if "probewatch.toml" in each.get("data", {}))
    name = maps["metadata"]["name"]
    (volume,) = (each for each in pod(room)["volumes"] if "configMap" in each)
    assert volume["configMap"]["name"] == name
    assert re.fullmatch(r"probewatch-\w{10}", name), "a change would start nobody anew"
    text: str = maps["data"]["probewatch.toml"]
    return text


@pytest.mark.parametrize("room", ROOMS)
def test_settings_are_valid_and_found(room: str) -> None:
    """Whoever asks for health finds it at the port that is listened on."""
    settings = load(KUBERNETES / room / "probewatch.toml")
    (container,) = pod(room)["containers"]
    (port,) = container["ports"]
    (served,) = one(room, "Service")["spec"]["ports"]
    (env,) = container["env"]

    assert settings_of(room) == (KUBERNETES / room / "probewatch.toml").read_text()
    assert env["name"] == CONFIG_VARIABLE
    assert env["value"] == "/etc/probewatch/probewatch.toml"
    assert port["containerPort"] == settings.service.http_port == served["port"]
    assert settings.service.http_host == "0.0.0.0"  # noqa: S104
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    grace = timedelta(seconds=pod(room)["terminationGracePeriodSeconds"])
    assert grace > settings.service.shutdown_timeout + timedelta(seconds=5)


@pytest.mark.parametrize("room", ROOMS)
def test_two_versions_never_run_side_by_side(room: str) -> None:
    """Which is what a rolling update would do."""
    assert one(room, "Deployment")["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize("room", ROOMS)
def test_everything_is_about_workers(room: str) -> None:
    """Selectors find them, and only them."""
    labels = one(room, "Deployment")["spec"]["template"]["metadata"]["labels"]

    assert labels
    assert one(room, "Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert one(room, "Service")["spec"]["selector"] == labels
    assert one(room, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert one(room, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels


def test_scaling_stays_within_what_can_share_the_work() -> None:
    """The most workers are as many as partitions; none is fixed that KEDA would fight with."""
    settings = load(KUBERNETES / "example/probewatch.toml")
    scaled = one("example", "ScaledObject")["spec"]

    assert scaled["maxReplicaCount"] == settings.kafka.partitions
    assert scaled["scaleTargetRef"]["name"] == one("example", "Deployment")["metadata"]["name"]
    assert "replicas" not in one("example", "Deployment")["spec"]
    assert f'topic="{settings.kafka.queries}"' in scaled["triggers"][0]["metadata"]["query"]


def test_metrics_are_found() -> None:
    """The monitor selects the service, and names its port."""
    service = one("example", "Service")
    monitor = one("example", "ServiceMonitor")["spec"]

    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["endpoints"][0]["port"] == service["spec"]["ports"][0]["name"]


def test_rules_are_those_of_prometheus() -> None:
    """`python -m tests.deploy.rules` would change nothing."""
    assert RESOURCE.read_text() == resource()


def test_dashboards_are_found_by_grafana() -> None:
    """A ConfigMap with the label that its sidecar looks for has all of them."""
    (boards,) = (each for each in built("example") if "misuse.json" in each.get("data", {}))

    assert boards["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert boards["data"].keys() == {
        path.name for path in (KUBERNETES.parent / "grafana/dashboards").iterdir()
    }


def test_images_are_pinned() -> None:
    """By a version."""
    for room in ROOMS:
        (container,) = pod(room)["containers"]
        assert re.search(r":\d+\.\d+\.\d+$", container["image"])
        assert not any("latest" in text for text in texts(pod(room)))
