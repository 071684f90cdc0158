"""One line an event."""

import io
import logging
from collections.abc import Iterator

import pytest

from bot.event_log import Outage, event, set_up_logs


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_logs(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_an_event_is_one_line_with_its_values(written: io.StringIO) -> None:
    event(logging.getLogger("bot.x"), "answered", answer="ab12", seconds=0.0341, said='a "b"\nc')

    stamp, *rest = written.getvalue().split(" ", 1)
    assert stamp.endswith("Z")
    assert rest == ['info answered answer=ab12 seconds=0.034 said="a \\"b\\"\\nc"\n']


def test_an_error_is_one_line_with_its_traceback(written: io.StringIO) -> None:
    try:
        raise RuntimeError("broke")
    except RuntimeError:
        logging.getLogger("bot.x").exception("failed")

    assert written.getvalue().count("\n") == 1
    assert "RuntimeError: broke" in written.getvalue()


def test_other_libraries_are_quoted_by_name_and_not_heard_below_info(written: io.StringIO) -> None:
    logging.getLogger("discord.gateway").info("Shard ID %s has connected.", 0)
    logging.getLogger("discord.gateway").debug("what a member wrote")

    assert 'info discord.gateway message="Shard ID 0 has connected."' in written.getvalue()
    assert "member" not in written.getvalue()


def test_libraries_that_tell_too_much_are_not_heard(written: io.StringIO) -> None:
    logging.getLogger("alembic.runtime.plugins").info("setup plugin")
    logging.getLogger("psycopg.pool").warning("error connecting in 'pool-1'")

    assert written.getvalue() == ""


def test_what_is_away_is_logged_once_and_once_that_it_is_back(written: io.StringIO) -> None:
    outage = Outage(logging.getLogger("bot.x"), "storage")
    outage.succeeded()
    for _ in range(3):
        outage.failed("SharedError")
    for _ in range(2):
        outage.succeeded()
    outage.failed("OSError")

    assert [line.split(" ", 1)[1] for line in written.getvalue().splitlines()] == [
        "warning storage_away reason=SharedError",
        "info storage_back",
        "warning storage_away reason=OSError",
    ]
