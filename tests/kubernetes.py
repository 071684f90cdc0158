"""A Kubernetes that takes what it is given, for Helm to install a chart on; it runs nothing."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

# The kinds that charts may have here, by the path of their version.
_KINDS = {
    "/api/v1": {
        "services": "Service",
        "persistentvolumeclaims": "PersistentVolumeClaim",
        "secrets": "Secret",
    },
    "/apis/apps/v1": {"deployments": "Deployment", "statefulsets": "StatefulSet"},
}
_ANSWERS: dict[str, Any] = {
    "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [
            {
                "name": "apps",
                "versions": [{"groupVersion": "apps/v1", "version": "v1"}],
                "preferredVersion": {"groupVersion": "apps/v1", "version": "v1"},
            }
        ],
    },
}
for path, kinds in _KINDS.items():
    _ANSWERS[path] = {
        "kind": "APIResourceList",
        "groupVersion": path.removeprefix("/api/").removeprefix("/apis/"),
        "resources": [
            {
                "name": plural,
                "singularName": "",
                "namespaced": True,
                "kind": kind,
                "verbs": ["create", "get", "list", "patch", "update"],
            }
            for plural, kind in kinds.items()
        ],
    }
# In it Helm keeps what it has installed, in a form of its own.
_SECRET = {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "release"}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _send(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        """Say which kinds there are, and that there is nothing of them yet."""
        path = self.path.partition("?")[0]
        if path.endswith("/secrets"):
            self._send(200, {"kind": "SecretList", "apiVersion": "v1", "items": []})
        elif path in _ANSWERS:
            self._send(200, _ANSWERS[path])
        else:
            status = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
            self._send(404, {**status, "reason": "NotFound", "code": 404})

    def do_POST(self) -> None:
        """Take what is to be made."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_json = self.headers.get_content_type() == "application/json"
        self._send(201, json.loads(body) if is_json else _SECRET)

    do_PUT = do_POST  # noqa: N815 - as the server wants it named


@contextmanager
def cluster() -> Iterator[str]:
    """A cluster; the configuration by which Helm finds it, as YAML."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "tests", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}
            ],
            "users": [{"name": "tests", "user": {}}],
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests"}}],
            "current-context": "tests",
        }
        try:
            yield yaml.safe_dump(config)
        finally:
            server.shutdown()


def installed(chart: Path, values: dict[str, Any], config: str) -> list[dict[str, Any]]:
    """
    Have Helm lint a chart and install it on a cluster.

    Args:
        chart: The folder of the chart.
        values: Those that differ from the chart's own.
        config: See `cluster`.

    Returns:
        All that it consists of.
    """
    from helm_sdkpy.actions import Configuration, Install
    from helm_sdkpy.chart import Lint

    helm = Configuration(kubeconfig=config)
    linted = asyncio.run(Lint(helm).run(str(chart)))
    assert not linted["Errors"], linted
    release = asyncio.run(Install(helm).run("quoth", str(chart), values, wait=False))
    return [one for one in yaml.safe_load_all(release["manifest"]) if one is not None]
