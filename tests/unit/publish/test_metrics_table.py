import re
from collections.abc import Callable

import pytest
import snapshots
from prometheus_client import Metric as Family
from prometheus_client.parser import text_string_to_metric_families as parse_text

from bmrepmon.model.error_reasons import ERROR_REASONS
from bmrepmon.model.snapshot import BackendFacts, Snapshot, derive
from bmrepmon.publish.exposition import Exposition
from bmrepmon.publish.lines import HISTOGRAM_SERIES, Lines, fit
from bmrepmon.publish.metrics import METRICS, SERIES_DROPPED, Metric
from bmrepmon.publish.samples import Sample

ALL = (*METRICS, SERIES_DROPPED)
BY_NAME = {metric.name: metric for metric in ALL}
UNITS = {"seconds", "bytes", "total", "info"}
COUNTED = {  # the things that gauges without a unit count
    *("files", "messages", "folders", "directories", "bodies", "exact", "sessions", "success", "changes", "entries"),
    *("verdict", "severity", "ratio", "successful", "doubt", "drift"),
}


def read(name: str, snapshot: Snapshot) -> dict[tuple[str, ...], float]:
    """Return the samples of one row."""
    return {labels: value for labels, value in BY_NAME[name].read(snapshot) if isinstance(value, int | float)}


def test_names_are_unique() -> None:
    """No two rows have the same name."""
    assert len({metric.name for metric in ALL}) == len(ALL)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_a_row_keeps_the_conventions(metric: Metric) -> None:
    """Each name has the prefix and a unit or what it counts, counters end in _total, and HELP is one sentence."""
    assert re.fullmatch(r"bmrepmon(_[a-z]+)+", metric.name)
    assert metric.name.rpartition("_")[2] in UNITS | COUNTED
    assert metric.name.endswith("_total") == (metric.type == "counter")
    assert metric.name.endswith("_info") == (metric.type == "info")
    assert metric.help.endswith(".")
    assert "\n" not in metric.help


@pytest.mark.parametrize("make", [snapshots.full, snapshots.single, snapshots.unknown])
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_sample_has_a_value_for_every_label(metric: Metric, make: Callable[[], Snapshot]) -> None:
    """Every reading gives as many label values as the row has labels, and no label set twice."""
    labels = [labels for labels, _ in metric.read(make())]

    assert [len(metric.labels)] * len(labels) == [len(values) for values in labels]
    assert len(set(labels)) == len(labels)


def test_every_row_is_read_from_a_full_snapshot() -> None:
    """A row that nothing can fill would be dead; those that name folders are filled only where that is asked for."""
    empty = [metric.name for metric in METRICS if not list(metric.read(snapshots.full()))]

    assert empty == ["bmrepmon_folder_lag_messages", "bmrepmon_folder_lag_changes"]


def test_a_forgotten_label_is_an_error() -> None:
    """The client library would silently publish a series without it."""
    metric = Metric("bmrepmon_x", "gauge", "X.", ("a", "b"), lambda _: ())

    with pytest.raises(ValueError, match="zip"):
        Lines(metric).write([(("one",), 1.0)])


def test_what_is_not_known_has_no_sample() -> None:
    """A daemon that has read nothing publishes what it was told, and what it is."""
    known = {metric.name for metric in METRICS if list(metric.read(snapshots.unknown()))}

    assert known == {"bmrepmon_expected_sessions", "bmrepmon_build_info"}


def test_known_kinds_are_there_as_zeros() -> None:
    """Every reason, reply and change is there from the first line read, so that a first failure is a rise."""
    assert read("bmrepmon_replies_total", snapshots.full()) == {("ok",): 1004, ("no",): 3, ("bad",): 0}
    assert read("bmrepmon_record_changes_total", snapshots.full())[("delete",)] == 0
    errors = read("bmrepmon_replication_errors_total", snapshots.full())
    assert set(ERROR_REASONS) <= {reason for (reason,) in errors}
    assert errors[("owner_unknown",)] == 3


def test_partitions_are_told_their_backend() -> None:
    """The backend stands before the first double underscore, with dots as underscores; else it is empty."""
    assert read("bmrepmon_apply_mailbox_total", snapshots.full()) == {
        (snapshots.MASTER, snapshots.MASTER_PARTITION): 1000,
        (snapshots.SECOND, snapshots.SECOND_PARTITION): 5,
        ("", "elsewhere__example_net"): 2,
    }


def test_applied_messages_name_a_sole_backend_only() -> None:
    """The log does not say whose messages it applied."""
    assert read("bmrepmon_applied_messages_total", snapshots.full()) == {("",): 812}
    assert read("bmrepmon_applied_messages_total", snapshots.single()) == {(snapshots.MASTER,): 812}


def test_sessions_of_nobody_known_stand_apart() -> None:
    """Sessions from an unknown address have no backend, and do not vanish."""
    assert read("bmrepmon_active_sessions", snapshots.full()) == {
        (snapshots.MASTER,): 4,
        (snapshots.SECOND,): 0,
        ("",): 1,
    }


def test_no_session_at_all_is_told_even_where_no_backend_can_be() -> None:
    """With backends of unknown address the total says that somebody, or nobody, is connected."""
    facts = (BackendFacts("a", (), 4), BackendFacts("b", (), 4))

    assert read("bmrepmon_active_sessions", derive(snapshots.state(), facts, snapshots.NOW)) == {("",): 5}


def test_last_apply_is_the_youngest_of_the_backend() -> None:
    """A backend is as young as its youngest partition."""
    assert read("bmrepmon_last_apply_timestamp_seconds", snapshots.single()) == {
        (snapshots.MASTER,): snapshots.NOW - 5,
        ("",): snapshots.NOW - 700,
    }


def test_a_histogram_is_cumulative_and_ends_with_everything() -> None:
    """Buckets count what is below their bound; +Inf, _count and _sum are of all."""
    families = {made.name: made for made in scraped(exposition(1000))}
    samples = families["bmrepmon_command_duration_seconds"].samples

    assert [sample.value for sample in samples] == [0, *[3] * 14, 4, 4, 3000.045]
    assert samples[-3].labels == {"command": "APPLY MAILBOX", "le": "+Inf"}
    assert len(samples) == HISTOGRAM_SERIES


def rows(plain: int, partitioned: int) -> dict[Metric, list[Sample]]:
    """Build two rows with so many samples, the one by partition first."""
    by_partition = Metric("bmrepmon_a", "gauge", "A.", ("partition",), lambda _: ())
    by_backend = Metric("bmrepmon_b", "gauge", "B.", ("backend",), lambda _: ())
    return {
        by_partition: [((f"p{n}",), 1.0) for n in range(partitioned)],
        by_backend: [((f"b{n}",), 1.0) for n in range(plain)],
    }


def test_partitions_give_way_when_there_are_too_many_series() -> None:
    """What is bounded is kept, the last partitions are left out, and their number is told."""
    kept, dropped = fit(rows(plain=2, partitioned=5), limit=4)

    assert [[labels for labels, _ in samples] for samples in kept.values()] == [[("b0",), ("b1",)], [("p0",), ("p1",)]]
    assert dropped == 3


def exposition(limit: int) -> Exposition:
    """Return what renders a full snapshot in so many series."""
    return Exposition(snapshots.full, limit, process=False)


def scraped(rendering: Exposition) -> list[Family]:
    """Return what a scrape says."""
    return list(parse_text(rendering.render()[0].decode()))


def test_dropped_series_are_summed_over_scrapes() -> None:
    """The counter rises with every scrape that loses series."""
    rendering = exposition(limit=10)
    first, second = [dropped(scraped(rendering)) for _ in range(2)]

    assert first > 0
    assert second == 2 * first


def test_the_limit_holds() -> None:
    """A scrape has no more series than allowed, beside the one that counts the others."""
    assert sum(len(made.samples) for made in scraped(exposition(limit=30))) == 30 + 1


def dropped(families: list[Family]) -> float:
    """Return the value of the counter of dropped series."""
    return next(made for made in families if made.name == "bmrepmon_series_dropped").samples[0].value
