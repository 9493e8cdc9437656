import os
from collections import defaultdict
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families
from scenes import TELLING

from bmrepmon.app.once import observe_once
from bmrepmon.config.load import load_settings
from bmrepmon.demo.server import SimulatedServer
from bmrepmon.discovery import discover
from bmrepmon.publish.exposition import render_plain

MakeServer = Callable[..., SimulatedServer]
Metrics = dict[tuple[str, ...], float]


def watch(server: SimulatedServer) -> Metrics:
    """Look at the server as the monitor does: sums by name and the labels that are not the backend."""
    file = server.root / "etc/bmrepmon/bmrepmon.toml"
    snapshot = observe_once(discover(load_settings(file, {}), server.root, os.environ))
    metrics: Metrics = defaultdict(float)
    for family in text_string_to_metric_families(render_plain(snapshot).decode()):
        for sample in family.samples:
            labels = (value for label, value in sorted(sample.labels.items()) if label != "backend")
            metrics[sample.name, *labels] += sample.value
    return metrics


@pytest.mark.parametrize("scenario", TELLING)
def test_the_monitor_sees_the_truth(simulated_server: MakeServer, scenario: str) -> None:
    """At rest, in every scenario, what is published is what is true."""
    server = simulated_server(scenario, database=True)
    server.step(85.0)
    truth, metrics = server.truth(), watch(server)
    stored: Metrics = defaultdict(float)
    for s in truth.stores:
        stored["bmrepmon_spool_files", s.partition, s.store] += s.files
        stored["bmrepmon_spool_messages", s.partition, s.store] += s.messages
        stored["bmrepmon_spool_folders", s.store] += s.folders

    assert {key: metrics[key] for key in stored} == stored
    assert metrics["bmrepmon_spool_unique_messages",] == truth.unique_messages
    assert metrics["bmrepmon_database_message_bodies",] == truth.bodies
    assert metrics["bmrepmon_delta_messages",] == truth.messages - truth.bodies
    assert metrics["bmrepmon_active_sessions",] == truth.active_sessions
    assert metrics["bmrepmon_applied_messages_total",] == truth.log.applied_messages
    for partition, applied in truth.log.apply_mailbox.items():
        assert metrics["bmrepmon_apply_mailbox_total", partition] == applied
    for status in ("ok", "no", "bad"):
        assert metrics["bmrepmon_replies_total", status] == truth.log.replies.get(status, 0)
    for change, records in truth.log.record_changes.items():
        assert metrics["bmrepmon_record_changes_total", change] == records
