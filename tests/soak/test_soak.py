"""A short run of ``make soak``."""

from soak.run import growth, soak

SLACK = {"memory": 0, "threads": 4, "descriptors": 4, "series": 60}  # each command that is new has 14 series


def test_a_simulated_hour_leaves_nothing_behind() -> None:
    """Threads and descriptors are no more at the end than before; a few commands may have been seen first late."""
    figures = growth(list(soak(seed=4, hours=1.0, seconds=60.0)))

    assert {name: late <= early + SLACK[name] for name, (early, late) in figures.items() if name != "memory"} == {
        "threads": True,
        "descriptors": True,
        "series": True,
    }
    assert figures["memory"][1] < figures["memory"][0] * 1.5, figures
