"""A real Cyrus server, laid out as BlueMind lays it out, below one folder.

Sources: BlueMind 4.9, packaging of net.bluemind.backend.cyrus (backend.replication.conf, cyrus.conf, partitions) and
CyrusFileSystemPathHelper. Cyrus 3.6 would store folders by their unique id; ``mailbox_legacy_dirs`` brings the paths of
3.0 back. Nothing here needs systemd: all runs as the user cyrus, and every port is on 127.0.0.1.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from lab.process import end, free_ports, until

SERVER = "bm-master"
DOMAINS = ("lab.example", "second.example")
ADMIN, TOKEN = "admin0", "laboratory-token-8f2c1d3e"  # bm-core's token is the password of admin0 and of replication
REALMS = ("bm-master", "repl_realm", "global.virt")
PROGRAMS = Path("/usr/lib/cyrus/bin")
MASTER = Path("/usr/sbin/cyrmaster")
CHANNEL = "core"

STORES = {  # what an option's name begins with, and the root that BlueMind gives it
    "partition": Path("var/spool/cyrus/data"),
    "metapartition": Path("var/spool/cyrus/meta"),
    "archivepartition": Path("var/spool/bm-hsm/cyrus-archives"),
}
STATE = Path("var/lib/cyrus")
STATE_FOLDERS = ("db", "socket", "log", "msg", "quota", "user", "sync", "proc", "lock")
OPTIONS = {
    "servername": SERVER,
    "defaultpartition": "default",
    "metapartition_files": "header index cache expunge squat annotations lock dav archivecache",
    "hashimapspool": "1",
    "fulldirhash": "0",
    "mailbox_legacy_dirs": "1",
    "virtdomains": "userid",
    "defaultdomain": "global.virt",
    "unixhierarchysep": "1",
    "altnamespace": "1",
    "admins": ADMIN,
    "proxyservers": ADMIN,
    "allowplaintext": "1",
    "sasl_pwcheck_method": "auxprop",
    "sasl_auxprop_plugin": "sasldb",
    "sasl_mech_list": "PLAIN",
    "sieveusehomedir": "false",
    "delete_mode": "delayed",
    "expunge_mode": "delayed",
    "archive_enabled": "1",
    "archive_after": "7d",
    "archive_maxsize": "1024",
    "singleinstancestore": "1",
    "duplicatesuppression": "0",
    "lmtp_downcase_rcpt": "1",
    "umask": "077",
    "conversations": "1",
    "conversations_db": "twoskip",
    "mailbox_default_options": "4",
    "sync_log": "1",
    "sync_log_chain": "1",
    "sync_log_channels": CHANNEL,
    f"{CHANNEL}_sync_authname": ADMIN,
    f"{CHANNEL}_sync_password": TOKEN,
    f"{CHANNEL}_sync_realm": "repl_realm",
    f"{CHANNEL}_sync_host": "127.0.0.1",
    f"{CHANNEL}_sync_repeat_interval": "0",
    f"{CHANNEL}_sync_try_imap": "0",
    "sync_reconnect_maxwait": "1s",  # BlueMind's Cyrus waits 15, 30, 60 ... s: too long for a test
}
ANNOTATIONS = (
    "/vendor/bluemind/folder/meta, mailbox, string, backend, value.priv, lrswipkxte\n"
    "/vendor/bluemind/msg/meta, message, string, backend, value.priv, lrswipkxte\n"
)


def partition(domain: str) -> str:
    """Name the partition of a domain."""
    return f"{SERVER}__{domain}".replace(".", "_")


def obstacle() -> str | None:
    """Say in one line why no laboratory can run here; None when one can."""
    if os.geteuid() != 0:
        return "the laboratory of real Cyrus servers needs root"
    programs = [MASTER, *(PROGRAMS / name for name in ("imapd", "lmtpd", "sync_client", "cyr_expire"))]
    lacking = [str(p) for p in programs if not p.exists()]
    if shutil.which("saslpasswd2") is None:
        lacking.append("saslpasswd2")
    return f"no {lacking[0]}: install cyrus-imapd, cyrus-replication and sasl2-bin" if lacking else None


class Cyrus:
    """One backend: IMAP and LMTP, and the sync log that sync_client reads."""

    def __init__(self, home: Path, sync_port: int) -> None:
        """Lay the server out below ``home``; it will replicate to ``sync_port``."""
        self.home = home
        self.imap_port, self.lmtp_port = free_ports(2)
        self._account = pwd.getpwnam("cyrus")
        self._master: subprocess.Popen[bytes] | None = None
        self.configuration = home / "etc/imapd.conf"
        self._lay_out(sync_port)

    @property
    def sync_folder(self) -> Path:
        """Where the sync log grows."""
        return self.home / STATE / "sync" / CHANNEL

    def store(self, kind: str) -> Path:
        """Return a root: of ``partition``, ``metapartition`` or ``archivepartition``."""
        return self.home / STORES[kind]

    def start(self) -> None:
        """Start the master and wait until it takes mail."""
        command = [str(MASTER), "-C", str(self.configuration), "-M", str(self.home / "etc/cyrus.conf")]
        self._master = self.spawn(*command, "-p", str(self.home / STATE / "master.pid"))
        until(self._answers, "Cyrus to take mail")

    def stop(self) -> None:
        """End the master and all that it started."""
        if self._master is not None:
            end(self._master, signal.SIGTERM)
        self._master = None

    def run(self, program: str, *arguments: str) -> None:
        """Run one of Cyrus's own programs to its end."""
        end_of = self.spawn(str(PROGRAMS / program), "-C", str(self.configuration), *arguments)
        status = end_of.wait(30)
        assert status == 0, f"{program} {' '.join(arguments)} ended with {status}: see {self.home / 'cyrus.out'}"

    def spawn(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start a program as cyrus, in a process group of its own."""
        account = self._account
        with (self.home / "cyrus.out").open("ab") as out:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.home, start_new_session=True,
                user=account.pw_uid, group=account.pw_gid, extra_groups=os.getgrouplist("cyrus", account.pw_gid),
                umask=0o077,
            )  # fmt: skip

    def _answers(self) -> bool:
        assert self._master is not None
        assert self._master.poll() is None, f"Cyrus does not start: see {self.home / 'cyrus.out'}"
        try:
            for port in (self.imap_port, self.lmtp_port):
                with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                    connection.recv(1)
        except OSError:
            return False
        return True

    def _lay_out(self, sync_port: int) -> None:
        etc, state = self.home / "etc", self.home / STATE
        etc.mkdir(parents=True)
        for folder in STATE_FOLDERS:
            (state / folder).mkdir(parents=True)
        partitions = dict(self._partitions())
        for folder in partitions.values():
            Path(folder).mkdir(parents=True)
        (etc / "cyrus-partitions").write_text(_lines({k: v for k, v in partitions.items() if "default" not in k}))
        (etc / "cyrus-partitions").chmod(0o640)
        own = {
            "configdirectory": state,
            "sievedir": state / "sieve",
            "proc_path": state / "proc",
            "mboxname_lockpath": state / "lock",
            "sasl_sasldb_path": etc / "sasldb2",
            "annotation_definitions": etc / "annotations",
            f"{CHANNEL}_sync_port": sync_port,
        }
        self.configuration.write_text(_lines({**own, **OPTIONS, **partitions}))
        (etc / "annotations").write_text(ANNOTATIONS)
        (etc / "cyrus.conf").write_text(self._services())
        for realm in REALMS:
            command = ["saslpasswd2", "-c", "-p", "-f", str(etc / "sasldb2"), "-u", realm, ADMIN]
            subprocess.run(command, input=TOKEN.encode(), check=True)
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _partitions(self) -> Iterator[tuple[str, str]]:
        for kind, root in STORES.items():
            for domain in DOMAINS:
                yield f"{kind}-{partition(domain)}", str(self.home / root / partition(domain))
            if kind != "archivepartition":
                yield f"{kind}-default", str(self.home / root / "default")

    def _services(self) -> str:
        services = {"imap": ("imapd -U 30", self.imap_port, 1), "lmtp": ("lmtpd -a", self.lmtp_port, 1)}
        lines = ["START {", f'  recover cmd="{PROGRAMS}/ctl_cyrusdb -C {self.configuration} -r"', "}", "SERVICES {"]
        for name, (command, port, prefork) in services.items():
            cmd = f"{PROGRAMS}/{command} -C {self.configuration}"
            lines.append(f'  {name} cmd="{cmd}" listen="127.0.0.1:{port}" prefork={prefork} maxchild=20 proto=tcp4')
        return "\n".join((*lines, "}", "EVENTS {", "}", ""))


def _lines(options: Mapping[str, object]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in options.items())
