"""The failures that a command tells its user: lines that name the thing and the way out, never a traceback."""


class Failure(Exception):  # noqa: N818 - what a command does, not what Python raised
    """A foreseen failure of a command; each line stands for itself. It holds no secret."""

    def __init__(self, *lines: str) -> None:
        """Keep the lines, one problem each."""
        super().__init__("\n".join(lines))
        self.lines = lines
