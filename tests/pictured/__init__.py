"""Hand-built snapshots of every verdict with a day behind them."""

from dataclasses import replace

from counted import rows

from bmrepmon.model.checkpoint import Checkpoint, FollowerCounts
from bmrepmon.model.delta import BodyReferences, Reckoning, RecordLook
from bmrepmon.model.frozen import frozen
from bmrepmon.model.log_activity import CoreActivity, LogActivity
from bmrepmon.model.observations import PartitionCount, PeerSessions, SessionCounts
from bmrepmon.model.records import RecordCensus
from bmrepmon.model.snapshot import BackendFacts, Snapshot, derive
from bmrepmon.model.state import Durable, State
from bmrepmon.model.survey import folder_key
from bmrepmon.model.waits import Step
from pictured.day import history, lived
from pictured.parts import backlog, comparison, healths, heartbeat, identity, last_applied, store, trail
from pictured.scenes import ARCHIVED, BODIES, FILES, LOGINS, NOW, SCENES, Scene

__all__ = ["LOGINS", "NOW", "SCENES", "lived", "many", "picture", "state_of"]


def picture(name: str, backend: str = "bm-master", later: float = 0.0) -> Snapshot:
    """Return the snapshot of a scene, of one backend; ``later`` by some seconds with a few more messages behind."""
    scene, _ = lived(SCENES[name])
    scene = replace(scene, lag=scene.lag + round(later / 60))
    return derive(state_of(scene, backend), (BackendFacts(backend, (), 4),), NOW + later)


def many(count: int) -> Snapshot:
    """Return so many backends, each in another state."""
    names = list(SCENES)
    backends = {f"mail{n:02}.example.net": SCENES[names[n % len(names)]] for n in range(count)}
    facts = tuple(BackendFacts(name, (f"192.0.2.{n}",), 4) for n, name in enumerate(backends))
    states = [state_of(backends[fact.name], fact.name, fact.addresses[0]) for fact in facts]
    peers = tuple(state.sessions().peers[0] for state in states)  # type: ignore[union-attr]
    merged = replace(
        states[0],
        durable=replace(
            states[0].durable,
            history=frozen({k: v for state in states for k, v in state.durable.history.items()}),
            trails=frozen({k: v for state in states for k, v in state.durable.trails.items()}),
            waits=frozen({k: v for state in states for k, v in state.durable.waits.items()}),
        ),
        observations=frozen(
            {
                **{k: v for state in states for k, v in state.observations.items()},
                ("sessions", ""): SessionCounts(peers, listening=True),
            }
        ),
        health=frozen({k: v for state in states for k, v in state.health.items()}),
        heartbeats=frozen({k: v for state in states for k, v in state.heartbeats.items()}),
        unique_messages=frozen({k: v for state in states for k, v in state.unique_messages.items()}),
    )
    return derive(merged, facts, NOW)


def state_of(scene: Scene, backend: str, address: str = "127.0.0.1") -> State:
    """Build the state of a scene."""
    scene, last = lived(scene)
    spool, bodies = FILES + int(last.arrived), BODIES + round(0.72 * (last.arrived - last.waiting))
    partition = f"{backend.replace('.', '_')}__example_net"
    stopped = NOW - 60 * scene.phases[-1].since
    late = scene.phases[-1].pace == 0
    oldest = NOW - last.lag if last.waiting > 1 else stopped
    files = spool + ARCHIVED
    passive, unexplained = round(0.9 * scene.passive), 0
    distinct = (bodies - 2_650, round(0.8 * scene.lag), passive, 3_120, 0)
    census = RecordCensus(files - 212, distinct, 0)
    reckoning = Reckoning(census, BodyReferences(bodies, distinct[0] - unexplained), NOW - 900)
    return State(
        started_at=NOW - 3 * 86_400,
        durable=Durable(
            log=LogActivity(
                lines=frozen({"event": 812_300}), first_event_at=NOW - 3 * 86_400,
                last_event_at=stopped if late else NOW - 1, apply_mailbox=frozen({partition: 41_207}),
                replies=frozen({"ok": 88_410, "no": 6}), applied_messages=last_applied(last),
                errors=frozen({"missing_subtree": 6} if scene.behind == 3 else {}),
                last_apply_at=frozen({partition: stopped if late else NOW - 4}),
                last_probe_apply_at=frozen({partition: stopped if late else NOW - 6}),
                active_sessions=last.phase.sessions, active_sessions_at=NOW - 8,
            ),
            core=CoreActivity(
                lines=frozen({"event": 9_000}), last_event_at=NOW - 9, probe_latency=0.25, probe_at=NOW - 9
            ),
            checkpoints=frozen({"log": Checkpoint(1, 2, 3, "", 0), "core_log": Checkpoint(1, 5, 3, "", 0)}),
            followers=frozen({"log": FollowerCounts(exists=True), "core_log": FollowerCounts(exists=True)}),
            trails=frozen({backend: trail(scene)}),
            waits=frozen({backend: frozen({
                folder_key(identity(n)).hex(): (Step(oldest + 7 * n, 100, 40),) for n in range(scene.behind)
            })}),
            history=history(scene, backend),
        ),
        observations=frozen({
            ("spool", backend): store("spool", PartitionCount(partition, spool + 950, spool, 2_410)),
            ("archive", backend): store("archive", PartitionCount(partition, ARCHIVED, ARCHIVED, 390)),
            ("database", backend): rows(bodies, NOW - 5),
            ("folders", backend): comparison(scene, partition),
            ("records", backend): RecordLook(census, reckoning),
            ("backlog", backend): backlog(scene),
            ("sessions", ""): SessionCounts((PeerSessions(address, last.phase.sessions),), listening=True),
        }),
        health=frozen({(health.source, health.backend): health for health in healths(scene, backend)}),
        heartbeats=frozen({backend: frozen({"probe": heartbeat(partition, stopped if late else None)})}),
        unique_messages=frozen({backend: spool + ARCHIVED - 31_004}),
    )  # fmt: skip
