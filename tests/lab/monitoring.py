"""Prometheus, Alertmanager and somebody to be rung up: what stands behind bmrepmon on a site."""

import contextlib
import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lab.process import end, free_ports
from programs import program

DEPLOY = Path(__file__).parents[2] / "deploy/prometheus"
QUICK = {  # what takes minutes on a site
    r"interval: \w+": "interval: 1s",
    r" for: \w+": " for: 2s",
    r"keep_firing_for: \w+": "keep_firing_for: 2s",
    r"\[5m\]": "[10s]",
}


class Pager:
    """A webhook that keeps what Alertmanager sends."""

    def __init__(self) -> None:
        """Listen on loopback."""
        self.calls: list[tuple[str, dict[str, Any]]] = []  # path and alert, in the order of arrival
        pager = self

        class Calls(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                pager.calls.extend((self.path, alert) for alert in body["alerts"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Calls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def heard(self, name: str, status: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the calls about an alert, ``firing`` or ``resolved``."""
        return [call for call in self.calls if call[1]["labels"]["alertname"] == name and call[1]["status"] == status]

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextlib.contextmanager
def monitoring(folder: Path, target: str, job: str = "bmrepmon") -> Iterator[Pager]:
    """Run the project's own rules and routes, only quicker, on what ``target`` publishes."""
    prometheus_port, alertmanager_port = free_ports(2)
    with contextlib.ExitStack() as stack:
        pager = Pager()
        stack.callback(pager.close)
        for rules in ("recording.yml", "alerts.yml"):
            (folder / rules).write_text(quick((DEPLOY / "rules" / rules).read_text()))
        (folder / "prometheus.yml").write_text(f"""\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [recording.yml, alerts.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{alertmanager_port}"]}}]}}]}}
scrape_configs: [{{job_name: {job}, static_configs: [{{targets: ["{target}"]}}]}}]
""")
        routes = (DEPLOY / "alertmanager.example.yml").read_text().replace("127.0.0.1:9099", f"127.0.0.1:{pager.port}")
        routes = re.sub(r"group_(wait|interval): \w+", r"group_\1: 1s", routes)
        (folder / "alertmanager.yml").write_text(routes)
        started(
            stack, folder, "prometheus-alertmanager", "prometheus-alertmanager",
            "--config.file=alertmanager.yml", "--storage.path=alerts", "--log.level=error",
            f"--web.listen-address=127.0.0.1:{alertmanager_port}", "--cluster.listen-address=",
        )  # fmt: skip
        started(
            stack, folder, "prometheus", "prometheus",
            "--config.file=prometheus.yml", "--storage.tsdb.path=series", "--log.level=error",
            f"--web.listen-address=127.0.0.1:{prometheus_port}",
        )  # fmt: skip
        yield pager


def quick(rules: str) -> str:
    """Shorten every waiting time."""
    for pattern, short in QUICK.items():
        rules = re.sub(pattern, short, rules)
    return rules


def started(stack: contextlib.ExitStack, folder: Path, name: str, package: str, *arguments: str) -> None:
    """Run a program of a Debian package until the stack is unwound."""
    command = [program(name, package), *arguments]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    stack.callback(end, process, signal.SIGTERM)
