import threading
from dataclasses import dataclass, field

import pytest

from bmrepmon.runtime import supervisor as supervision
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.runtime.notify import Notifier
from bmrepmon.runtime.supervisor import SILENCE, Supervisor


@dataclass
class Part:
    """A member that notes what happens to it."""

    name: str
    story: list[str]
    alive: bool = True
    last_beat: float = field(default_factory=SystemClock().steady)
    fails: bool = False

    def start(self) -> None:
        if self.fails:
            raise RuntimeError(self.name)
        self.story.append(f"start {self.name}")

    def stop(self, deadline: float) -> bool:
        self.story.append(f"stop {self.name}")
        return deadline > 0


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "LOOK_EVERY", 0.001)


def supervise(*parts: Part) -> Supervisor:
    return Supervisor(parts, SystemClock(), Notifier({}))


def test_members_start_in_order_and_stop_in_reverse() -> None:
    """What others need starts first and stops last."""
    story: list[str] = []
    supervisor = supervise(Part("store", story), Part("web", story))
    supervisor.request_stop()

    assert supervisor.run() == 0
    assert story == ["start store", "start web", "stop web", "stop store"]


def test_a_failed_start_undoes_what_had_started() -> None:
    """A busy port leaves no thread behind."""
    story: list[str] = []

    with pytest.raises(RuntimeError, match="web"):
        supervise(Part("store", story), Part("web", story, fails=True)).run()
    assert story == ["start store", "stop store"]


def test_a_dead_member_ends_the_daemon_with_failure() -> None:
    """No thread dies unseen: it is started once more, and when that does not help, systemd starts the daemon anew."""
    story: list[str] = []

    assert supervise(Part("log", story, alive=False)).run() == 1
    assert story == ["start log", "start log", "stop log"]


def test_a_member_that_no_longer_beats_counts_as_dead() -> None:
    """A loop that hangs is as bad as a thread that is gone."""
    story: list[str] = []
    stuck = Part("scheduler", story, last_beat=SystemClock().steady() - SILENCE - 1)

    assert supervise(stuck, Part("web", story)).run() == 1


def test_a_stop_can_be_asked_from_anywhere() -> None:
    """A signal handler only rings a bell."""
    story: list[str] = []
    supervisor = supervise(Part("store", story))
    timer = threading.Timer(0.01, supervisor.request_stop)
    timer.start()

    assert supervisor.run() == 0
    timer.join()


def test_parts_are_replaced_in_their_place() -> None:
    """The old ones have ended when the new ones are made, and these stop when it was their turn."""
    story: list[str] = []
    store, log, sources, web = (Part(name, story) for name in ("store", "log", "sources", "web"))
    supervisor = supervise(store, log, sources, web)

    def renew() -> list[Part]:
        story.append("renew")
        supervisor.request_stop()
        return [Part("new log", story), Part("new sources", story)]

    supervisor.request(lambda: supervisor.replace([log, sources], renew))

    assert supervisor.run() == 0
    assert story[4:] == [
        "stop sources",
        "stop log",
        "renew",
        "start new log",
        "start new sources",
        "stop web",
        "stop new sources",
        "stop new log",
        "stop store",
    ]


def test_of_several_changes_the_last_is_made() -> None:
    """Whoever sends a signal again has changed his mind."""
    made: list[str] = []
    supervisor = supervise(Part("store", []))
    supervisor.request(lambda: made.append("first"))
    supervisor.request(lambda: (made.append("second"), supervisor.request_stop()))  # type: ignore[arg-type, func-returns-value]

    assert supervisor.run() == 0
    assert made == ["second"]
