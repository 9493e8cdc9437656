"""Mailbox and folder names are personal: they are in no metric and in no line of the log."""

import json
from collections.abc import Callable

from daemon import Daemon, eventually
from silent_disk import SilentDisk
from watched import QUICK, config, health

from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]
LACKING = "bmrepmon_folder_lag_messages"


def names(server: SimulatedServer) -> set[str]:
    """Return every name by which a mailbox or one of its folders is known, but for those of the probe."""
    owners = {resident.owner for resident in server.residents if not resident.probe}
    folders = {folder.cyrus for resident in server.residents if not resident.probe for folder in resident.folders}
    return {f"user.{owner}" for owner in owners} | folders | {owner for owner in owners if len(owner) > 4}


def test_metrics_name_folders_only_when_asked(make_server: MakeServer) -> None:
    """Then those that lack most, as many as the limits allow; the log names nobody all the same."""
    server = make_server()
    known = names(server)
    server.freeze()
    server.step(60)
    asked = {"BMREPMON_PRIVACY__NAMES_IN_METRICS": "true", "BMREPMON_LIMITS__TOP_FOLDERS": "2"}
    with Daemon(server.root, config(server), ["--log-level", "debug"], **QUICK, **asked) as daemon:
        daemon.ready()
        samples = daemon.metrics()
        worst = json.loads(daemon.get("/api/v1/folders?state=lagging&sort=lag&limit=3")[1])["folders"]
        daemon.stop()
        told = "".join(daemon.log)

    named = {dict(labels)["mailbox"]: value for (name, labels), value in samples.items() if name == LACKING}
    assert sorted(named.values()) == sorted(folder["lag_messages"] for folder in worst[:2])
    assert named.keys() == {folder["mailbox"] for folder in worst[:2]}
    assert worst[2]["lag_messages"] > 0
    assert [name for name in known if name in told] == []


def test_metrics_and_log_name_nobody(make_server: MakeServer) -> None:
    """Not even at level debug, nor while folders cannot be read."""
    server = make_server(database=False)
    known = names(server)
    meta = server.root / "var/spool/cyrus/meta"
    victim = next(path for path in meta.rglob("cyrus.header") if "user" in path.parts)
    victim.unlink()
    victim.mkdir()
    with Daemon(server.root, config(server), ["--log-level", "debug"], **QUICK) as daemon:
        daemon.ready()
        with SilentDisk(meta):
            eventually(lambda: health(daemon, "folders")["running_since"] is not None)
            page = daemon.get("/metrics")[1].decode()
        daemon.stop()
        told = page + "".join(daemon.log)

    assert known
    assert [name for name in known if name in told] == []
