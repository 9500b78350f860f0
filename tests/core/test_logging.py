import io
import json
import logging

import pytest
import structlog

from app.core.logging import configure_logging, get_logger


@pytest.fixture
def output():
    """A stream to log to; the process's own logging is put back afterwards."""
    loggers = [
        logging.getLogger(),
        *map(logging.getLogger, ("uvicorn", "uvicorn.error", "uvicorn.access", "arq", "httpx", "sqlalchemy.engine")),
    ]
    before = [(logger, logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    configured = structlog.get_config()
    yield io.BytesIO()
    structlog.contextvars.clear_contextvars()
    structlog.configure(**configured)
    for logger, handlers, level, propagate in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = propagate


def lines(output: io.BytesIO) -> list[dict]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_line_has_its_event_members_and_the_ids_of_the_request(output):
    configure_logging(json=True, level="INFO", stream=output)
    structlog.contextvars.bind_contextvars(request_id="r1", correlation_id="c1", commissioner="92A")
    get_logger("plenary.test").info("released", lines=3)
    (line,) = lines(output)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "released",
        "lines": 3,
        "level": "info",
        "logger": "plenary.test",
        "request_id": "r1",
        "correlation_id": "c1",
        "commissioner": "92A",
    }


@pytest.mark.parametrize("name", ["uvicorn.error", "arq.worker", "some.library"])
def test_warnings_of_libraries_look_like_ours(output, name):
    configure_logging(json=True, level="INFO", stream=output)
    structlog.contextvars.bind_contextvars(request_id="r1")
    logging.getLogger(name).warning("started %s", "badly")
    assert [(line["event"], line["logger"], line["level"], line["request_id"]) for line in lines(output)] == [
        ("started badly", name, "warning", "r1")
    ]


def test_lines_below_the_level_are_left_out(output):
    configure_logging(json=True, level="WARNING", stream=output)
    get_logger("plenary.test").info("quiet")
    logging.getLogger("arq").info("quiet")
    get_logger("plenary.test").warning("loud")
    assert [line["event"] for line in lines(output)] == ["loud"]


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
@pytest.mark.parametrize("name", ["uvicorn.access", "httpx", "sqlalchemy.engine", "sqlalchemy.orm.mapper.Mapper", "x"])
def test_what_libraries_say_below_a_warning_is_left_out(output, name, level):
    configure_logging(json=True, level=level, stream=output)
    logging.getLogger(name).info("GET /a/secret-token")
    assert output.getvalue() == b""


@pytest.mark.parametrize("json_lines", [True, False])
def test_credentials_and_bodies_never_reach_the_log(output, json_lines):
    configure_logging(json=json_lines, level="INFO", stream=output)
    get_logger("plenary.test").info(
        "call",
        authorization="swordfish",
        body="swordfish",
        headers={"Authorization": "swordfish", "Set-Cookie": "swordfish"},
    )
    assert b"swordfish" not in output.getvalue()
    assert output.getvalue().count(b"[removed]") == 4


def test_what_was_logged_is_left_as_it_was(output):
    configure_logging(json=True, level="INFO", stream=output)
    headers = {"Authorization": "swordfish"}
    get_logger("plenary.test").info("call", headers=headers)
    assert headers == {"Authorization": "swordfish"}


@pytest.mark.parametrize("json_lines", [True, False])
def test_an_exception_brings_its_traceback(output, json_lines):
    configure_logging(json=json_lines, level="INFO", stream=output)
    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        get_logger("plenary.test").error("unexpected_error", exc_info=error)
        logging.getLogger("arq").exception("job failed")
    assert output.getvalue().count(b"Traceback (most recent call last)") == 2
    assert output.getvalue().count(b"RuntimeError: broken") == 2


@pytest.mark.parametrize("json_lines", [True, False])
def test_a_traceback_shows_no_local_variables(output, json_lines):
    configure_logging(json=json_lines, level="INFO", stream=output)
    sent = "sword" + "fish"
    try:
        raise RuntimeError(len(sent))
    except RuntimeError as error:
        get_logger("plenary.test").error("unexpected_error", exc_info=error)
        logging.getLogger("arq").exception("job failed")
    assert b"swordfish" not in output.getvalue()


@pytest.mark.parametrize("json_lines", [True, False])
def test_a_traceback_does_not_quote_rows_of_the_database(output, json_lines):
    configure_logging(json=json_lines, level="INFO", stream=output)
    try:
        raise RuntimeError(
            'duplicate key "uq_person"\nDETAIL:  Key (email)=(zoe@example.org) already exists.\nHINT:  x'
        )
    except RuntimeError as error:
        get_logger("plenary.test").error("unexpected_error", exc_info=error)
        logging.getLogger("arq").exception("job failed")
    assert b"zoe@example.org" not in output.getvalue()
    assert output.getvalue().count(b"uq_person") == 2
    assert output.getvalue().count(b"HINT:  x") == 2


@pytest.mark.parametrize("member", ["\ud800", 2**100, {1: "x", (1, 2): "y"}])
def test_no_member_can_lose_a_line(output, member):
    configure_logging(json=True, level="INFO", stream=output)
    get_logger("plenary.test").info("odd", member=member)
    assert [line["event"] for line in lines(output)] == ["odd"]


def test_members_that_json_does_not_know_are_written_as_python_shows_them(output):
    configure_logging(json=True, level="INFO", stream=output)
    get_logger("plenary.test").info("odd", kind=RuntimeError, number=1 + 2j)
    assert lines(output)[0]["number"] == "(1+2j)"


def test_the_console_form_is_for_reading(output):
    configure_logging(json=False, level="INFO", stream=output)
    structlog.get_logger().info("ready", port=8000)
    assert b"ready" in output.getvalue()
    assert b"port=8000" in output.getvalue()
