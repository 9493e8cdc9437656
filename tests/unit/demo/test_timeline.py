from bmrepmon.demo.timeline import Process, Signal, Timeline, kill


def test_events_of_one_moment_keep_their_order() -> None:
    """Two processes that wait equally long go on in the order in which they began."""
    timeline, told = Timeline(0.0), list[str]()

    def process(name: str) -> Process[None]:
        yield 1.0
        told.append(name)

    timeline.spawn(process("first"))
    timeline.spawn(process("second"))
    timeline.advance(1.0)

    assert told == ["first", "second"]


def test_the_number_of_steps_changes_nothing() -> None:
    """A process is resumed at the same moments, however the time is cut."""

    def story(steps: int) -> list[float]:
        timeline, told = Timeline(0.0), list[float]()

        def process() -> Process[None]:
            while True:
                yield 0.3
                told.append(timeline.now)

        timeline.spawn(process())
        for _ in range(steps):
            timeline.advance(6.0 / steps)
        return told

    assert story(1) == story(24)


def test_a_signal_wakes_before_the_time_is_over() -> None:
    """Who waits for a signal or some time goes on with what comes first, and only once."""
    timeline, bell, woken = Timeline(0.0), Signal(), list[float]()

    def process() -> Process[None]:
        while True:
            yield bell, 10.0
            woken.append(timeline.now)

    timeline.spawn(process())
    timeline.advance(4.0)
    timeline.fire(bell)
    timeline.advance(20.0)

    assert woken == [4.0, 14.0, 24.0]


def test_a_killed_process_is_not_resumed() -> None:
    """A process ends where it stands."""
    timeline, told = Timeline(0.0), list[float]()

    def process() -> Process[None]:
        while True:
            yield 1.0
            told.append(timeline.now)

    task = timeline.spawn(process())
    timeline.advance(2.0)
    kill(task)
    timeline.advance(5.0)

    assert told == [1.0, 2.0]


def test_stamps_follow_the_wall_clock_at_any_speed() -> None:
    """At speed 10, ten simulated seconds are one second of what is written, from the anchor on."""
    timeline = Timeline(1000.0, speed=10.0)
    timeline.advance(20.0)
    assert timeline.stamp == 1002.0

    timeline.anchor(5000.0)
    timeline.advance(10.0)

    assert timeline.stamp == 5001.0
    assert timeline.milliseconds(0.5) == 50
