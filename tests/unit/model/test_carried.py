"""The count that is carried forward, against a PostgreSQL of a few lines that keeps counters as the real one does."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bmrepmon.model.carried import APART, QUICK, REST, Carried, Counters, ExactCount, carry, counted, worth_counting

TOLD_WITHIN = 10.0  # seconds
ROWS = st.integers(0, 50)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), ROWS),
        st.tuples(st.just("delete"), ROWS),
        st.tuples(st.just("roll_back_inserts"), ROWS),
        st.tuples(st.just("roll_back_deletes"), ROWS),
        st.tuples(st.just("estimate"), st.integers(-30, 30)),
        st.tuples(st.just("wait"), st.integers(0, 40)),
        st.tuples(st.just("tell"), st.just(0)),
        st.tuples(st.just("look"), st.just(0)),
        st.tuples(st.just("count"), st.just(0)),
        st.tuples(st.just("crash"), st.just(0)),
    ),
    max_size=40,
)
START = Counters(1000.0, 500, 100, 400, 3, "1")


@dataclass
class Table:
    """A table and its counters; what a session wrote is told at most ten seconds later."""

    rows: int = 400
    counters: Counters = START
    untold: list[tuple[float, int, int, int]] = field(default_factory=list)  # when, inserted, deleted, live

    def insert(self, rows: int) -> None:
        self.rows += rows
        self._write(rows, 0, rows)

    def delete(self, rows: int) -> None:
        gone = min(rows, self.rows)
        self.rows -= gone
        self._write(0, gone, -gone)

    def roll_back_inserts(self, rows: int) -> None:
        self._write(rows, 0, 0)

    def roll_back_deletes(self, rows: int) -> None:
        self._write(0, min(rows, self.rows), 0)

    def estimate(self, error: int) -> None:
        live = max(0, self.rows + error)
        self.counters = replace(self.counters, live=live, estimates=self.counters.estimates + 1)

    def wait(self, seconds: int) -> None:
        self.counters = replace(self.counters, at=self.counters.at + seconds)
        self.tell(self.counters.at - TOLD_WITHIN)

    def tell(self, until: float = 0.0) -> None:
        told = [write for write in self.untold if not until or write[0] <= until]
        self.untold = [write for write in self.untold if write not in told]
        for _, inserted, deleted, live in told:
            self.counters = replace(
                self.counters,
                inserted=self.counters.inserted + inserted,
                deleted=self.counters.deleted + deleted,
                live=max(0, self.counters.live + live),
            )

    def crash(self, _: int) -> None:
        self.untold.clear()
        self.counters = Counters(self.counters.at, 0, 0, 0, 0, f"{self.counters.life}1")

    def _write(self, inserted: int, deleted: int, live: int) -> None:
        self.untold.append((self.counters.at, inserted, deleted, live))


@given(STEPS)
def test_the_doubt_is_never_exceeded(steps: list[tuple[str, int]]) -> None:
    """Whatever happens, the figure is wrong by no more than the doubt and what no session has told of yet."""
    table = Table()
    known = counted(table.rows, table.counters, 1.0)
    for step, amount in [("wait", 30), ("look", 0), *steps, ("tell", 0), ("look", 0)]:
        if step not in ("look", "count", "tell"):
            getattr(table, step)(amount)
        elif step == "tell":
            table.tell()
        else:
            known = carry(known, table.counters)
            if step == "count":
                known = counted(table.rows, table.counters, 1.0, known)
            untold = sum(inserted + deleted for _, inserted, deleted, _ in table.untold)

            assert known.rows is None or abs(known.rows - table.rows) <= known.doubt + untold


@given(st.lists(st.tuples(ROWS, ROWS), max_size=20))
def test_while_nothing_is_estimated_the_figure_is_exact(writes: list[tuple[int, int]]) -> None:
    """Rollbacks included; once the count has settled there is no doubt for good."""
    table = Table(rows=4000, counters=replace(START, live=4000))
    known = counted(table.rows, table.counters, 1.0)
    table.wait(30)
    known = carry(known, table.counters)
    for inserted, deleted in writes:
        table.insert(inserted)
        table.delete(deleted)
        table.roll_back_inserts(deleted)
        table.wait(30)
        known = carry(known, table.counters)

    assert (known.rows, known.doubt) == (table.rows, 0)


def step(before: Counters, **now: Any) -> Carried:
    """Carry 400 rows, counted long ago, over one step."""
    known = Carried(ExactCount(400, before.at - 1000, 1.0, None), before, 400)
    return carry(known, replace(before, at=before.at + 30, **now))


@pytest.mark.parametrize(
    ("now", "rows", "doubt"),
    [
        ({"inserted": 530, "live": 430}, 430, 0),
        ({"inserted": 530, "live": 410}, 410, 0),  # 20 of them rolled back
        ({"deleted": 140, "live": 360}, 360, 0),
        ({"inserted": 530, "deleted": 110, "live": 977, "estimates": 4}, 420, 30),
        ({"inserted": 530, "live": 415, "estimates": 4}, 430, 30),
        ({"inserted": 530, "live": 431}, 430, 30),  # more than was written: not to be trusted
        ({"estimates": 4, "live": 1}, 400, 0),  # nothing was written
    ],
)
def test_each_step_is_carried_by_the_counter_that_can_be_trusted(now: dict[str, int], rows: int, doubt: int) -> None:
    """Live rows, unless they were estimated anew; then inserts minus deletes, which may be wrong by as much."""
    after = step(START, **now)

    assert (after.rows, after.doubt) == (rows, doubt)


def test_live_rows_that_may_have_been_cut_off_at_zero_are_not_trusted() -> None:
    """PostgreSQL keeps no negative number, so that a low one says less than it seems to."""
    after = step(replace(START, live=5), deleted=120, inserted=530, live=30)

    assert (after.rows, after.doubt) == (410, 30)


@pytest.mark.parametrize(
    "now",
    [{"life": "2"}, {"life": None}, {"inserted": 499}, {"deleted": 99}, {"life": "2", "inserted": 9000}],
    ids=str,
)
def test_counters_that_began_anew_end_the_chain(now: dict[str, int | str | None]) -> None:
    """The figure is unknown then, stays so, and the exact count is still told."""
    after = step(START, **now)
    later = carry(after, replace(after.counters, at=after.counters.at + 30))

    assert (after.rows, after.error, later.rows, later.exact.rows) == (None, None, None, 400)


def test_a_count_tells_by_how_much_the_figure_had_been_wrong() -> None:
    """The drift is exact minus carried; where nothing was carried there is none."""
    carried = step(START, inserted=530, live=430)

    assert counted(428, carried.counters, 1.0, carried).exact.drift == -2
    assert counted(428, carried.counters, 1.0, replace(carried, rows=None)).exact.drift is None
    assert counted(428, carried.counters, 1.0).error == 0


def test_what_was_written_lately_may_be_followed_by_more() -> None:
    """In a steady stream as much is expected to be on its way as comes in twelve seconds; it fades."""
    busy = step(START, inserted=800, live=700)
    quiet = carry(busy, replace(busy.counters, at=busy.counters.at + 6))

    assert (busy.pending, quiet.pending, quiet.doubt) == (120, 60, 0)


@pytest.mark.parametrize(
    ("seconds", "rows", "doubt", "rested", "worth"),
    [
        (QUICK, 10**6, 0, 0.0, True),
        (1.0, 10**6, 1000, APART, False),
        (1.0, 10**6, 1001, APART, True),
        (1.0, 10**6, 1001, APART - 1, False),
        (20.0, 10**6, 1001, REST * 20 - 1, False),
        (20.0, 10**6, 1001, REST * 20, True),
        (20.0, None, 0, REST * 20 - 1, False),
        (20.0, None, 0, REST * 20, True),
    ],
)
def test_when_a_count_is_worth_its_price(
    seconds: float, rows: int | None, doubt: int, rested: float, worth: bool
) -> None:
    """Always where it costs nothing; else when the doubt is too large or the figure lost, and after a rest."""
    known = Carried(ExactCount(10**6, 1000.0, seconds, None), START, rows, doubt)
    now = 1000.0 + seconds + rested

    assert worth_counting(known, now, due=False) is worth
    assert worth_counting(known, now, due=True)
    assert worth_counting(None, now, due=False)
