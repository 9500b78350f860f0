"""What becomes of each message, whatever the mail server does."""

import asyncio
import contextlib
import socket
import ssl
import threading
from contextlib import aclosing

import pytest

from app.communications.adapters.smtp_server import SmtpServer
from tests.factories.mail import outgoing
from tests.fakes.smtp_sink import CUT, PASSWORD, certificate, running_sink


@pytest.fixture(params=[False, True], ids=["step by step", "pipelined"])
def either_sink(request, sink):
    """Everything must end the same way whether the server takes several commands at once or not."""
    sink.offers_pipelining = request.param
    return sink


async def test_batch_goes_over_one_connection(either_sink, mailer_to, outcomes_of):
    batch = [outgoing(number) for number in range(50)]
    outcomes = await outcomes_of(mailer_to(either_sink), batch)
    assert [(outcome.delivery_id, outcome.state) for outcome in outcomes] == [(m.delivery_id, "sent") for m in batch]
    assert either_sink.recipients == [message.to for message in batch]
    assert either_sink.connections == 1
    assert [parsed["Message-ID"] for parsed in either_sink.messages] == [message.message_id for message in batch]


async def test_message_arrives_as_it_was_written(either_sink, mailer_to, outcomes_of):
    text = ".\n..two dots\nfrom £2.00\n.\nQUIT\n.end"
    message = outgoing(subject="You said, we did: Zoë", text=text, html="<p>.\n.</p>", to_name="Zoë")
    await outcomes_of(mailer_to(either_sink), [message])
    (parsed,) = either_sink.messages
    assert str(parsed["Subject"]) == message.subject
    assert parsed.get_body(("plain",)).get_payload(decode=True).decode().replace("\r\n", "\n") == text
    assert parsed.get_body(("html",)).get_payload(decode=True).decode().replace("\r\n", "\n") == "<p>.\n.</p>"
    assert either_sink.envelopes[0].mail_from == "no-reply@plenary.example"


async def test_message_is_sent_only_when_its_outcome_is_asked_for(sink, mailer_to):
    async with aclosing(mailer_to(sink).send([outgoing(number) for number in range(5)])) as outcomes:
        for taken in range(1, 4):
            await anext(outcomes)
            await asyncio.sleep(0.02)
            assert len(sink.envelopes) == taken
    await asyncio.sleep(0.02)
    assert len(sink.envelopes) == 3
    assert sink.commands["QUIT"] == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("550 5.1.1 No such user", "failed_permanent"),
        ("553 5.1.3 Bad address", "failed_permanent"),
        ("450 4.2.0 Greylisted", "failed_temporary"),
        ("452 4.2.2 Mailbox full", "failed_temporary"),
        ("552 5.2.2 Mailbox full", "failed_temporary"),
        ("530 5.7.0 Must issue STARTTLS first", "failed_temporary"),
        ("421 4.3.2 Shutting down", "failed_temporary"),
        ("333 What", "failed_temporary"),
        ("nonsense", "failed_temporary"),
        (CUT, "failed_temporary"),
    ],
)
async def test_refused_recipient_fails_alone(either_sink, mailer_to, outcomes_of, answer, state):
    either_sink.answers["person1@practice.example"] = answer
    outcomes = await outcomes_of(mailer_to(either_sink), [outgoing(number) for number in range(4)])
    assert [outcome.state for outcome in outcomes] == ["sent", state, "sent", "sent"]
    assert either_sink.recipients == [f"person{number}@practice.example" for number in (0, 2, 3)]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("554 5.7.1 Looks like spam", "failed_permanent"),
        ("552 5.3.4 Too big", "failed_permanent"),
        ("451 4.3.0 Try later", "failed_temporary"),
        ("421 4.3.2 Shutting down", "failed_temporary"),
        ("nonsense", "in_doubt"),
        ("354 Go on", "in_doubt"),
        (CUT, "in_doubt"),
    ],
)
async def test_refused_content_fails_alone_and_no_answer_is_doubt(either_sink, mailer_to, outcomes_of, answer, state):
    either_sink.body_answers["person1@practice.example"] = answer
    outcomes = await outcomes_of(mailer_to(either_sink), [outgoing(number) for number in range(4)])
    assert [outcome.state for outcome in outcomes] == ["sent", state, "sent", "sent"]
    assert [one for one in either_sink.recipients if one != "person1@practice.example"] == [
        f"person{number}@practice.example" for number in (0, 2, 3)
    ]


async def test_refused_recipient_leaves_the_connection_in_use(either_sink, mailer_to, outcomes_of):
    for number in range(5):
        either_sink.answers[f"person{number}@practice.example"] = "550 5.1.1 No such user"
    await outcomes_of(mailer_to(either_sink), [outgoing(number) for number in range(10)])
    assert either_sink.connections == 1
    assert either_sink.commands["RSET"] == 5


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("550 5.7.1 Sender rejected", "failed_temporary"),
        ("451 4.7.1 Later", "failed_temporary"),
        ("552 5.3.4 Message too big", "failed_permanent"),
    ],
)
async def test_refused_sender_is_our_fault_and_not_the_message(either_sink, mailer_to, outcomes_of, answer, state):
    either_sink.answers["MAIL"] = answer
    outcomes = await outcomes_of(mailer_to(either_sink), [outgoing(0), outgoing(1)])
    assert [outcome.state for outcome in outcomes] == [state, state]


async def test_server_that_wants_a_new_connection_now_and_then_gets_one(either_sink, mailer_to, outcomes_of):
    either_sink.messages_per_connection = 3
    outcomes = await outcomes_of(mailer_to(either_sink), [outgoing(number) for number in range(10)])
    assert {outcome.state for outcome in outcomes} == {"sent"}
    assert either_sink.recipients == [f"person{number}@practice.example" for number in range(10)]
    assert either_sink.connections == 4


async def test_connection_that_was_closed_while_idle_is_opened_again(mailer_to):
    async with (
        running_sink(timeout=0.05) as sink,
        aclosing(mailer_to(sink).send([outgoing(0), outgoing(1)])) as outcomes,
    ):
        assert (await anext(outcomes)).state == "sent"
        await asyncio.sleep(0.15)
        assert (await anext(outcomes)).state == "sent"
        assert sink.connections == 2
        assert len(sink.envelopes) == 2


async def test_server_that_always_hangs_up_puts_three_in_doubt_and_not_a_batch(either_sink, mailer_to, outcomes_of):
    batch = [outgoing(number) for number in range(10)]
    either_sink.body_answers = {message.to: CUT for message in batch}
    outcomes = await outcomes_of(mailer_to(either_sink), batch)
    assert [outcome.state for outcome in outcomes] == ["in_doubt"] * 3 + ["failed_temporary"] * 7
    assert len(either_sink.envelopes) == 3


async def test_server_that_is_away_is_tried_once_for_a_batch(mailer_to, outcomes_of):
    async with running_sink() as sink:
        away = mailer_to(sink)
    outcomes = await outcomes_of(away, [outgoing(number) for number in range(100)])
    assert {outcome.state for outcome in outcomes} == {"failed_temporary"}
    assert "ConnectionRefusedError" in outcomes[0].detail


async def test_host_that_can_have_no_address_is_a_failure_that_passes(sink, mailer_to, outcomes_of):
    outcomes = await outcomes_of(mailer_to(sink, "smtp://mail..example:{port}"), [outgoing(0), outgoing(1)])
    assert [outcome.state for outcome in outcomes] == ["failed_temporary"] * 2


async def test_server_that_says_nothing_is_given_up_in_time(outcomes_of, mailer_to):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = await asyncio.to_thread(lambda: silent.getsockname()[1])
        sink = type("Silent", (), {"port": server})
        outcomes = await asyncio.wait_for(outcomes_of(mailer_to(sink, timeout=0.2), [outgoing(0), outgoing(1)]), 2)
    assert [outcome.state for outcome in outcomes] == ["failed_temporary"] * 2


@pytest.mark.parametrize(
    ("line", "pause"), [(b"250-" + b"x" * 8000 + b"\r\n", 0.0), (b"250-wait\r\n", 0.05), (b"2", 0.05)]
)
@pytest.mark.parametrize("stage", [b"ehlo", b"RCPT", b".\r\n"])
async def test_server_that_never_ends_its_answer_is_given_up_in_time(mailer_to, outcomes_of, stage, line, pause):
    """Lines without end and a drip of bytes: each of them in time, the whole never there."""

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        takes_body = False
        with contextlib.suppress(ConnectionError):
            while not (command := await reader.readline()).startswith(stage):
                if not takes_body:
                    takes_body = command == b"DATA\r\n"
                    writer.write(b"354 go on\r\n" if takes_body else b"250 ok\r\n")
            while True:
                writer.write(line)
                await writer.drain()
                await asyncio.sleep(pause)
        writer.close()

    async with await asyncio.start_server(endless, "127.0.0.1", 0) as server:
        sink = type("Endless", (), {"port": server.sockets[0].getsockname()[1]})
        outcomes = await asyncio.wait_for(outcomes_of(mailer_to(sink, timeout=0.3), [outgoing(0)]), 3)
    assert [outcome.state for outcome in outcomes] == ["in_doubt" if stage == b".\r\n" else "failed_temporary"]


async def test_cancelled_batch_ends_at_once_and_sends_nothing_more(sink, mailer_to, outcomes_of):
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slow_rcpt(server, session, envelope, address, options):
        arrived.set()
        await go_on.wait()
        return "250 OK"

    sink.handle_RCPT = slow_rcpt
    sending = asyncio.create_task(outcomes_of(mailer_to(sink), [outgoing(0), outgoing(1)]))
    await arrived.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(sending, 1)
    for _ in range(100):
        if not any(thread.name.startswith("smtp") for thread in threading.enumerate()):
            break
        await asyncio.sleep(0.01)
    assert not any(thread.name.startswith("smtp") for thread in threading.enumerate())
    go_on.set()
    assert (sink.envelopes, sink.connections) == ([], 1)


async def test_message_that_cannot_be_sent_never_reaches_the_server(sink, mailer_to, outcomes_of):
    outcomes = await outcomes_of(mailer_to(sink), [outgoing(0, subject="x\r\nBcc: all@nhs.example"), outgoing(1)])
    assert [outcome.state for outcome in outcomes] == ["failed_permanent", "sent"]
    assert outcomes[0].detail == "not sent: subject holds a control character"
    assert sink.commands["RCPT"] == 1


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.1.1 <person0@practice.example>: no such user",
        "550 5.1.1 Person0@Practice.Example unknown",
        "550 5.1.1 user person0 unknown, ask postmaster@practice.example",
        "550 5.1.1 PERSON0\x1b[31m unknown",
    ],
)
async def test_detail_has_the_code_and_no_address(sink, mailer_to, outcomes_of, answer):
    sink.answers["person0@practice.example"] = answer
    (outcome,) = await outcomes_of(mailer_to(sink), [outgoing(0)])
    assert outcome.detail.startswith("RCPT 550 5.1.1")
    assert "person0" not in outcome.detail.lower()
    assert "@" not in outcome.detail
    assert outcome.detail.isprintable()


async def test_starttls_is_used_and_the_certificate_checked(mailer_to, outcomes_of):
    async with running_sink(tls_context=certificate().server, require_starttls=True) as sink:
        outcomes = await outcomes_of(mailer_to(sink, tls=certificate().client), [outgoing(0), outgoing(1)])
        assert [outcome.state for outcome in outcomes] == ["sent", "sent"]
        stranger = await outcomes_of(mailer_to(sink, tls=ssl.create_default_context()), [outgoing(2)])
        assert stranger[0].state == "failed_temporary"
        assert "CERTIFICATE_VERIFY_FAILED" in stranger[0].detail
        assert len(sink.envelopes) == 2


async def test_smtps_is_encrypted_from_the_first_byte(mailer_to, outcomes_of):
    async with running_sink(implicit_tls=True) as sink:
        mailer = mailer_to(sink, "smtps://127.0.0.1:{port}", tls=certificate().client)
        assert [outcome.state for outcome in await outcomes_of(mailer, [outgoing(0)])] == ["sent"]


LOGIN = "smtp://relay%40plenary.example:p%40ss%3Aword@127.0.0.1:{port}"


async def test_login_comes_from_the_url(mailer_to, outcomes_of):
    async with running_sink(tls_context=certificate().server, auth_required=True) as sink:
        outcomes = await outcomes_of(mailer_to(sink, LOGIN, tls=certificate().client), [outgoing(0)])
        assert [outcome.state for outcome in outcomes] == ["sent"]
        assert sink.logins == ["relay@plenary.example"]


async def test_wrong_password_is_our_fault_and_not_shown(mailer_to, outcomes_of):
    url = LOGIN.replace("word", "wrong")
    async with running_sink(tls_context=certificate().server, auth_required=True) as sink:
        outcomes = await outcomes_of(mailer_to(sink, url, tls=certificate().client), [outgoing(0), outgoing(1)])
    assert [outcome.state for outcome in outcomes] == ["failed_temporary"] * 2
    assert "535" in outcomes[0].detail
    assert "wrong" not in outcomes[0].detail


def test_password_is_not_in_the_text_of_a_server():
    server = SmtpServer.from_url("smtp://u:p%40ss%3Aword@mail.example")
    assert (server.user, server.password, server.port) == ("u", PASSWORD, 587)
    assert PASSWORD not in repr(server)


@pytest.mark.parametrize(("url", "port"), [("smtp://mail.example", 25), ("smtps://mail.example", 465)])
def test_port_follows_from_the_kind_of_connection(url, port):
    assert SmtpServer.from_url(url).port == port


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://user@mail.example",
        "smtp://:secret@mail.example",
        "smtp://mail.example/secret",
        "smtp://mail.example?secret=1",
        "smtp://ü:secret@mail.example",
        "smtp://u:secret@mail.example:port",
    ],
)
def test_url_that_is_no_mail_server_is_refused_without_showing_it(url):
    with pytest.raises(ValueError, match="mail server") as refused:
        SmtpServer.from_url(url)
    assert "secret" not in str(refused.value)


async def test_password_is_never_sent_in_the_clear_to_another_machine(sink, mailer_to, outcomes_of, monkeypatch):
    """The sink offers no encryption. It listens on this machine, so the host is named as if it did not."""
    resolve = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda address, *a: resolve(("127.0.0.1", address[1]), *a))
    mailer = mailer_to(sink, LOGIN.replace("127.0.0.1", "mail.example"))
    (outcome,) = await outcomes_of(mailer, [outgoing(0)])
    assert outcome.state == "failed_temporary"
    assert "STARTTLS" in outcome.detail
    assert sink.logins == []
