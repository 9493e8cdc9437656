"""What comes with the first visitor: where it cannot, that is said, and nobody else notices."""

import sys

import pytest
from served import Served


@pytest.mark.parametrize(
    ("language", "says"), [("en", "cannot be loaded"), ("fr", "ne peuvent être chargées")], ids=["en", "fr"]
)
def test_pages_that_cannot_be_loaded_say_what_to_do(
    language: str, says: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As after an update in place: 503 and one line for whoever visits, metrics as ever; it is tried again."""
    served = Served()
    try:
        with monkeypatch.context() as broken:
            broken.delitem(sys.modules, "bmrepmon.publish.visits", raising=False)
            broken.setitem(sys.modules, "bmrepmon.publish.status", None)
            for path in ("/", "/api/v1/status", "/nowhere"):
                answer, body = served.ask(path, Accept_Language=language)
                assert answer.status == 503
                assert says in body.decode()
                assert body.decode().endswith("systemctl restart bmrepmon\n")
            assert served.ask("/metrics")[0].status == served.ask("/-/healthy")[0].status == 200
        assert served.ask("/")[0].status == 200
    finally:
        served.server.stop(10)
    assert "Traceback" not in "".join(capfd.readouterr())
