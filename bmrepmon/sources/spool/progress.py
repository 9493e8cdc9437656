"""How far a pass over a store is."""

from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """In directories."""

    done: int = 0  # asked for their time, or listed
    unasked: int = 0  # by what the last pass knew; some may be gone
    waiting: int = 0  # to be listed, as far as this one knows

    def asked(self, directories: int, waiting: int) -> None:
        """Note that so many were asked, and how many are to be listed by now."""
        self.done, self.unasked, self.waiting = self.done + directories, self.unasked - directories, waiting

    def listed(self, waiting: int) -> None:
        """Note that one was listed, and how many are left."""
        self.done, self.waiting = self.done + 1, waiting

    @property
    def ratio(self) -> float:
        """The share that is done, 0 to 1."""
        return self.done / max(1, self.done + max(0, self.unasked) + self.waiting)
