"""A short run of ``make soak``."""

from soak.run import growth, soak


def test_a_simulated_hour_leaves_nothing_behind() -> None:
    """Threads, descriptors and series are no more at the end than before."""
    figures = growth(list(soak(seed=4, hours=1.0, seconds=60.0)))

    assert {name: late <= early + 4 for name, (early, late) in figures.items() if name != "memory"} == {
        "threads": True,
        "descriptors": True,
        "series": True,
    }
    assert figures["memory"][1] < figures["memory"][0] * 1.5, figures
