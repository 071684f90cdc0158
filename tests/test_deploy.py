"""What Quoth is operated with: compose.yaml, the unit of systemd, the dashboard, the image."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from answering.answer import Timings
from bot.discord_app.metrics import STAGES, Metrics
from bot.settings import Settings, SettingsError, load_settings
from docs.reference import commands_page, settings_page
from tests import kubernetes
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
DASHBOARD = DEPLOY / "grafana-dashboard.json"


def expressions(node: Any) -> list[str]:
    """Every query of a dashboard, whatever it stands in."""
    if isinstance(node, dict):
        own = [node[key] for key in ("expr", "definition") if isinstance(node.get(key), str)]
        return own + [found for value in node.values() for found in expressions(value)]
    return (
        [found for value in node for found in expressions(value)] if isinstance(node, list) else []
    )


def published() -> set[tuple[str, frozenset[str]]]:
    """The names of samples on /metrics once all has happened, each with its labels."""
    looked_up: dict[str, Any] = dict.fromkeys(inspect.signature(Metrics).parameters, lambda: "1")
    metrics = Metrics(**looked_up)
    metrics.asked("answered", Timings(1, 1, 1, 1))
    metrics.built("built")
    metrics.page()
    return {
        (sample.name, frozenset(sample.labels))
        for family in metrics.registry.collect()
        for sample in family.samples
    }


def test_the_dashboard_asks_for_metrics_and_labels_that_there_are() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    labels = {name: own for name, own in published() if not name.endswith("_created")}
    asked = expressions(dashboard)

    assert len(asked) > 10
    names = set()
    for expression in asked:
        found = re.findall(r"\b(quoth_\w+)(?:\{([^}]*)\})?", expression)
        assert found, expression
        for name, matchers in found:
            assert name in labels, expression
            used = set(re.findall(r"(\w+)[=!]", matchers)) - {"job"}
            assert used <= labels[name], expression
            names.add(name)
        for label in re.findall(r"by \(([^)]+)\)", expression):
            assert all(label in labels[name] for name, _ in found), expression
        assert set(re.findall(r'stage!?="(\w+)"', expression)) <= set(STAGES)
    left_out = {name for name in labels if not name.endswith(("_bucket", "_sum", "_count"))} - names
    assert left_out == set(), f"Give each a panel in {DASHBOARD}"


def test_the_dashboard_names_outcomes_that_operating_explains() -> None:
    guide = (ROOT / "docs/operating.md").read_text()
    for expression in expressions(json.loads(DASHBOARD.read_text())):
        for value in re.findall(r'outcome=~?"([^"]+)"', expression):
            assert all(f"`{outcome}`" in guide for outcome in value.split("|")), value


def test_panels_have_places_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    panels = json.loads(DASHBOARD.read_text())["panels"]
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (place["x"] + across, place["y"] + down)
            for across in range(place["w"])
            for down in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert all(across < 24 for across, _ in cells)
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)


def unit() -> dict[str, list[str]]:
    """The directives of the unit; one that stands there several times has several values."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "quoth.service").read_text().splitlines():
        name, is_directive, value = line.partition("=")
        if is_directive and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_lets_quoth_do_what_it_needs_for_protecting_itself() -> None:
    """Else readers of documents would be less confined under systemd than without it."""
    directives = unit()
    again = directives["SystemCallFilter"][-1].split()

    assert {"capset", "setrlimit", "setpriority", "sched_setaffinity"} <= set(again)
    assert "@sandbox" in directives["SystemCallFilter"][0]
    assert directives["RestrictNamespaces"] == ["user net"]
    # The encoder looks up there what the processor can do.
    assert "ProcSubset" not in directives
    # Compiled models write code.
    assert "MemoryDenyWriteExecute" not in directives


def test_the_unit_names_settings_and_commands_that_there_are() -> None:
    directives = unit()
    (environment,) = directives["Environment"]
    values = dict(each.split("=") for each in environment.split())
    settings = settings_page()

    assert all(f"`{name}`" in settings for name in values if name.startswith("QUOTH_"))
    assert directives["SocketBindAllow"] == [f"ipv4:tcp:{values['QUOTH_HTTP_PORT']}"]
    (command,) = directives["ExecStart"]
    assert f"## quoth {command.split()[1]}\n" in commands_page()
    # The data lie where the unit may write.
    (state,) = directives["StateDirectory"]
    assert values["QUOTH_DATA"].startswith(f"/var/lib/{state}/")
    assert int(directives["TimeoutStopSec"][0]) > Settings.model_fields["time_limit_s"].default


def test_the_guide_of_the_page_says_what_the_unit_keeps_it_from() -> None:
    """It lets Quoth listen at one port, which is that of `quoth run`."""
    guide = (ROOT / "docs/web.md").read_text(encoding="utf-8")
    port = Settings.model_fields["web_port"].default

    assert unit()["SocketBindDeny"] == ["any"]
    assert f"`SocketBindAllow=ipv4:tcp:{port}`" in guide


@pytest.fixture
def composed() -> Any:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["quoth"]


def dockerfile() -> str:
    return Path(ROOT / "Dockerfile").read_text()


def test_compose_runs_the_image_with_what_it_reads_and_writes(composed: Any) -> None:
    settings = settings_page()

    assert composed["command"] == ["run"]
    assert all(f"`{name}`" in settings for name in composed["environment"])
    places = [volume.split(":")[1] for volume in composed["volumes"]]
    (volume,) = re.findall(r"^VOLUME (\S+)$", dockerfile(), re.MULTILINE)
    assert volume in places
    assert re.findall(r"QUOTH_SEEDS=(\S+)", dockerfile())[0] in places
    assert re.findall(r"QUOTH_DATA=(\S+)", dockerfile())[0].startswith(volume)
    (user,) = re.findall(r"--uid (\d+)", dockerfile())
    assert f"uid={user}," in composed["tmpfs"][1]


def test_compose_gives_quoth_no_privilege_and_opens_nothing_to_others(composed: Any) -> None:
    assert composed["read_only"] is True
    assert composed["cap_drop"] == ["ALL"]
    assert composed["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in composed
    assert "DISCORD_TOKEN" not in composed["environment"]


@pytest.fixture
def roles() -> Any:
    return yaml.safe_load((DEPLOY / "compose.roles.yaml").read_text())


def test_every_role_is_composed_of_settings_commands_and_secrets_that_there_are(roles: Any) -> None:
    own = {name: one for name, one in roles["services"].items() if name != "database"}

    assert {*own} == {"builder", "gateway", "node-1", "node-2", "page"}
    for role, one in own.items():
        assert f"## quoth {one['command'][0]}\n" in commands_page()
        assert all(f"`{name}`" in settings_page() for name in one["environment"])
        inside = {value for name, value in one["environment"].items() if name.endswith("_FILE")}
        assert inside == {f"/run/secrets/{name}" for name in one["secrets"]}
        assert {*one["secrets"]} <= {*roles["secrets"]}
        volumes = dict(volume.split(":")[:2] for volume in one["volumes"])
        assert volumes.pop("storage") == one["environment"]["QUOTH_STORAGE"]
        assert volumes.pop("../seeds", "") in {"", "/home/quoth/library/seeds"}
        # Each role has a data folder of its own.
        assert volumes == {role: "/home/quoth/library"}
        assert one["cap_drop"] == ["ALL"]
        nodes = one["environment"].get("QUOTH_NODES", "")
        assert {*re.findall(r"http://([^:]+):7868", nodes)} in ({"node-1", "node-2"}, set())


def test_the_chart_names_settings_commands_and_values_that_there_are() -> None:
    chart = DEPLOY / "chart"
    values = yaml.safe_load((chart / "values.yaml").read_text())
    assert yaml.safe_load((chart / "Chart.yaml").read_text())["name"] == "quoth"
    text = "".join(path.read_text() for path in sorted((chart / "templates").iterdir()))

    for path in re.findall(r"\.Values\.([\w.]+)", text):
        found: Any = values
        for name in path.split("."):
            found = found[name]
    for name in re.findall(r"name: ((?:QUOTH|DISCORD)_\w+)", text):
        assert f"`{name}`" in settings_page()
    for name in re.findall(r"args: \[(\w+)", text):
        assert f"## quoth {name}\n" in commands_page()
    assert len(re.findall(r"\{\{-? *(?:if|with|range|define)\b", text)) == len(
        re.findall(r"\{\{-? *end\b", text)
    )
    # Nobody is given what another process alone needs.
    for path in sorted((chart / "templates").iterdir()):
        template = path.read_text()
        for given in re.findall(r'"secrets" \(list([^)]*)\)', template):
            needed = re.findall(r"/run/secrets/quoth/(\w+)", template)
            assert re.findall(r'"(\w+)"', given) == needed
        if 'include "quoth.pod"' in template:
            assert template.count(" name: data\n") == 1
    assert text.count('include "quoth.pod"') == text.count('"secrets" (list') == 4
    for claim in re.findall(r"claimName: (\S+)}", text):
        assert f"  name: {claim}\n" in text
    secrets = {*re.findall(r"/run/secrets/quoth/(\w+)", text)}
    assert secrets == {
        "database",
        "database_password",
        "discord_token",
        "node_token",
        "web_password",
    }


def test_no_pod_is_told_of_services_by_names_of_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Kubernetes gives each pod QUOTH_PAGE_PORT and the like, for a service called quoth-page."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUOTH_PAGE_SERVICE_HOST", "10.0.0.1")
    with pytest.raises(SettingsError, match="is no setting"):
        load_settings()

    helpers = (DEPLOY / "chart/templates/_helpers.tpl").read_text()

    _, _, pod = helpers.partition('define "quoth.pod"')
    assert "\nenableServiceLinks: false\n" in pod.partition("{{- end }}")[0]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {
            "database": {"enabled": False},
            "node": {"replicas": 3},
            "storage": {"storageClass": "shared"},
            "data": {"storageClass": "fast"},
        },
    ],
    ids=["as it is", "with other values"],
)
def test_the_chart_is_rendered_by_helm_and_taken_by_kubernetes(values: dict[str, Any]) -> None:
    reason = "Helm's library needs Python 3.12; make test-pythons has it"
    pytest.importorskip("helm_sdkpy", reason=reason)
    validating = pytest.importorskip("kubernetes_validate", reason=reason)

    with kubernetes.cluster() as config:
        objects = kubernetes.installed(DEPLOY / "chart", values, config)

    version = validating.latest_version()
    for each in objects:
        validating.validate(each, version, strict=True)
    names = {(one["kind"], one["metadata"]["name"]) for one in objects}
    assert (("StatefulSet", "quoth-database") in names) == (values == {})
    for one in objects:
        if one["kind"] not in {"Deployment", "StatefulSet"}:
            continue
        pod = one["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert container["name"] != "quoth" or pod["enableServiceLinks"] is False
        claims = one["spec"].get("volumeClaimTemplates", [])
        volumes = [*pod.get("volumes", []), *(claim["metadata"] for claim in claims)]
        there = [volume["name"] for volume in volumes]
        assert sorted({*there}) == sorted(there)
        assert {mount["name"] for mount in container["volumeMounts"]} <= {*there}
        for volume in volumes:
            claim = volume.get("persistentVolumeClaim")
            assert claim is None or ("PersistentVolumeClaim", claim["claimName"]) in names
        if one["kind"] == "StatefulSet":
            assert ("Service", one["spec"]["serviceName"]) in names
        secrets = {
            f"/run/secrets/quoth/{item['path']}"
            for volume in pod["volumes"]
            for item in volume.get("secret", {}).get("items", [])
        }
        asked = {each["value"] for each in container["env"] if each["name"].endswith("_FILE")}
        assert asked == secrets
        nodes = [each["value"] for each in container["env"] if each["name"] == "QUOTH_NODES"]
        count = values.get("node", {"replicas": 2})["replicas"]
        for addresses in nodes:
            assert addresses.split(",") == [
                f"http://quoth-node-{number}.quoth-node:7868" for number in range(count)
            ]


def test_who_says_what_a_container_does_says_how_its_health_is_asked_for(composed: Any) -> None:
    """The image knows neither, and would call each page and each builder unhealthy."""
    roles = yaml.safe_load((DEPLOY / "compose.roles.yaml").read_text())["services"]

    assert "HEALTHCHECK" not in dockerfile()
    assert composed["healthcheck"]["test"] == ["CMD", "quoth", "doctor", "--ready"]
    # Without a port it would have nobody to ask.
    assert int(composed["environment"]["QUOTH_HTTP_PORT"]) > 0
    asked = {name for name, role in roles.items() if "healthcheck" in role}
    assert asked == {*roles} - {"builder"}
