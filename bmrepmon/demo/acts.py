"""What may befall the simulated server beyond what breaks its processes: people, mail, logs, rows and clocks.

Each act is done at once; what follows from it follows on the timeline. Where there are several mail servers, what
befalls one folder befalls it on the first.
"""

from dataclasses import replace

from bmrepmon.demo.chance import chance
from bmrepmon.demo.folder import Folder
from bmrepmon.demo.life import Rates, new_unique_id
from bmrepmon.demo.messages import compose
from bmrepmon.demo.server import SimulatedServer

NOBODY = Rates(mail=0, read=0, file=0, expunge=0, archive=0, create=0, rename=0)
HOUR = 3600.0


def fall_asleep(server: SimulatedServer) -> None:
    """Let nobody do anything, as at night."""
    _live(server, NOBODY)


def only_receive(server: SimulatedServer) -> None:
    """Let mail come, and nobody touch it."""
    _live(server, replace(NOBODY, mail=0.5))


def only_read(server: SimulatedServer) -> None:
    """Let people change flags: no file is written, moved or removed."""
    _live(server, replace(NOBODY, read=2.0))


def clear_out(server: SimulatedServer) -> None:
    """Let people throw away much more than comes in."""
    _live(server, replace(NOBODY, mail=0.2, expunge=2.0))


def kill_second(server: SimulatedServer) -> None:
    """Let sync_client of the second mail server die, with its connections."""
    server.disconnect(server.backends[1])


def revive_second(server: SimulatedServer) -> None:
    """Start it again."""
    server.reconnect(server.backends[1])


def roll_log(server: SimulatedServer) -> None:
    """Put replication.log aside and begin a new one, as at midnight."""
    server.log.roll()


def lose_log(server: SimulatedServer) -> None:
    """Delete replication.log; bm-core goes on writing into what has no name any more."""
    server.log.path.unlink()


def find_log(server: SimulatedServer) -> None:
    """Let bm-core open replication.log anew, as after a restart of its logging."""
    server.log.reopen()


def lose_message(server: SimulatedServer) -> None:
    """Let bm-core say OK to a message whose rows are then rolled back: nothing will bring them again."""
    folder = _quiet_folder(server)
    now = int(server.timeline.stamp)
    before = server.replica.folders[folder.unique_id].state
    server.store.deliver(compose(chance(now, "lost"), "lost@example.org", ["x@example.org"], now, "mx"), [folder], now)
    server.replica.forget_next(before)


def refuse_folder(server: SimulatedServer) -> None:
    """Let bm-core refuse one folder from now on: the subtree of its mailbox is gone."""
    folder = _busiest_folder(server)
    server.commands.refused[folder.unique_id] = (
        f"NO net.bluemind.core.api.fault.ServerFault: Container subtree_{folder.name.domain.replace('.', '_')}"
        f"!user.{folder.name.owner} is missing."
    )


def delete_big_folder(server: SimulatedServer) -> None:
    """Delete the folder with the most messages that is no INBOX."""
    server.store.delete(_big_folder(server))


def rename_big_folder(server: SimulatedServer) -> None:
    """Rename it."""
    folder = _big_folder(server)
    server.store.rename(folder, replace(folder.name, path=("Reorganised", *folder.name.path)))


def recreate_folder(server: SimulatedServer) -> None:
    """Delete a folder and make one of the same name: another unique id, another UIDVALIDITY, uids from 1."""
    folder = _big_folder(server)
    name, now = folder.name, int(server.timeline.stamp)
    server.store.delete(folder)
    again = server.store.create(name, new_unique_id(chance(now, "recreated")))
    message = compose(chance(now, "again"), "again@example.org", [f"{name.owner}@{name.domain}"], now, "mx")
    server.store.deliver(message, [again], now)


def lock_tables(server: SimulatedServer) -> None:
    """Let a transaction of the database keep its tables from everybody but bm-core."""
    for backend in server.backends:
        if backend.database:
            backend.database.lock()


def unlock_tables(server: SimulatedServer) -> None:
    """End that transaction."""
    for backend in server.backends:
        if backend.database:
            backend.database.unlock()


def set_clock_forward(server: SimulatedServer) -> None:
    """Set the clock of the server an hour forward."""
    server.timeline.epoch += HOUR


def set_clock_back(server: SimulatedServer) -> None:
    """Set the clock of the server an hour back."""
    server.timeline.epoch -= HOUR


def _live(server: SimulatedServer, rates: Rates) -> None:
    """Let people on every mail server do so much."""
    for backend in server.backends:
        backend.life.rates = replace(rates)


def _replicated(server: SimulatedServer) -> list[Folder]:
    """Return the folders of people that bm-core knows, but INBOXes: mail comes into no other."""
    known = server.replica.folders
    folders = (f for r in server.life.residents for f in server.store.mailbox(r.folders[0]))
    return [f for f in folders if f.unique_id in known and f.name.path]


def _big_folder(server: SimulatedServer) -> Folder:
    return max(_replicated(server), key=lambda folder: len(folder.live))


def _quiet_folder(server: SimulatedServer) -> Folder:
    return min(_replicated(server), key=lambda folder: (len(folder.live), folder.unique_id))


def _busiest_folder(server: SimulatedServer) -> Folder:
    resident = max(server.life.residents, key=lambda resident: resident.weight)
    return server.store.by_name[resident.folders[0].cyrus]
