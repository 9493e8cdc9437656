"""Write every dashboard as JSON, to import or to provision."""

from pathlib import Path

from grafana.boards import BOARDS, render

FOLDER = Path(__file__).parent


def main() -> None:
    """Write the files."""
    for name, board in BOARDS.items():
        (FOLDER / f"{name}.json").write_text(render(board), "utf-8")


if __name__ == "__main__":
    main()
