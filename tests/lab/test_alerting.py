"""From a real Cyrus to a ringing pager: the daemon, Prometheus, its rules, Alertmanager and its routes."""

from pathlib import Path

from daemon import Daemon
from lab.laboratory import Laboratory
from lab.monitoring import Pager, monitoring
from lab.process import until

STALLED = "BlueMindReplicationStalled"
QUICK = """
[verdict]
warm_up = "1s"
stalled_after = "3s"
silent_after = "3s"

[schedule]
folders = "1s"
backlog = "1s"
"""
PATIENCE = 90.0  # seconds; it takes about thirty


def test_a_stall_rings_with_its_runbook_and_ends_when_replication_goes_on(lab: Laboratory, tmp_path: Path) -> None:
    """sync_client stands still while mail comes in: somebody is woken up, once; it goes on: all is well."""
    user = lab.user()
    lab.wait_until_quiet()
    config = tmp_path / "bmrepmon.toml"
    config.write_text(lab.configuration + QUICK)
    with (
        Daemon(lab.home, config, ["--state-dir", str(tmp_path / "state")]) as daemon,
        monitoring(tmp_path, f"127.0.0.1:{daemon.port}") as pager,
    ):
        with lab.paused():
            lab.deliver(user, times=3)
            until(lambda: pager.heard(STALLED, "firing"), "the pager to ring", PATIENCE)
            told(pager, daemon)
        until(lambda: pager.heard(STALLED, "resolved"), "the pager to be told that it is over", PATIENCE)


def told(pager: Pager, daemon: Daemon) -> None:
    """Whoever is called is on call, and finds what to do at the daemon itself."""
    for path, alert in pager.heard(STALLED, "firing"):
        runbook = alert["annotations"]["runbook_url"]
        status, page = daemon.get(runbook[runbook.index("/runbooks/") :])

        assert path == "/oncall"
        assert alert["labels"]["severity"] == "critical"
        assert (status, b"systemctl restart bm-cyrus-syncclient" in page) == (200, True)
