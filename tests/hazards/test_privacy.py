"""Mailbox and folder names are personal: they are in no metric and in no line of the log."""

from collections.abc import Callable

from daemon import Daemon, eventually
from silent_disk import SilentDisk
from watched import QUICK, config, health

from bmrepmon.demo.server import SimulatedServer

MakeServer = Callable[..., SimulatedServer]


def names(server: SimulatedServer) -> set[str]:
    """Return every name by which a mailbox or one of its folders is known, but for those of the probe."""
    owners = {resident.owner for resident in server.residents if not resident.probe}
    folders = {folder.cyrus for resident in server.residents if not resident.probe for folder in resident.folders}
    return {f"user.{owner}" for owner in owners} | folders | {owner for owner in owners if len(owner) > 4}


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
