"""The bytes of a message, read back by the standard library's parser."""
# ruff: noqa: RUF001 - other scripts and typographic signs are what these tests are about

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.communications.adapters.mime import MessageBuilder, Unsendable
from app.communications.ports import Outgoing
from tests.factories.mail import SENDER, outgoing
from tests.fakes.clock import MovingClock

NOW = datetime(2026, 6, 1, 9, 30, 15, 123456, tzinfo=UTC)


def build(message: Outgoing) -> bytes:
    return MessageBuilder(SENDER, clock=MovingClock(NOW)).build(message)


def read(message: Outgoing) -> EmailMessage:
    return message_from_bytes(build(message), policy=default)


def content(part: EmailMessage | None) -> str:
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def test_headers_say_who_to_whom_and_when():
    message = outgoing(
        headers={"List-Unsubscribe": "<https://plenary.example/u/1>", "Auto-Submitted": "auto-generated"}
    )
    parsed = read(message)
    assert parsed["From"] == SENDER
    assert parsed["To"] == "Ann Example <person0@practice.example>"
    assert parsed["Message-ID"] == message.message_id
    assert parsedate_to_datetime(parsed["Date"]) == NOW.replace(microsecond=0)
    assert parsed["List-Unsubscribe"] == "<https://plenary.example/u/1>"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["MIME-Version"] == "1.0"
    assert parsed.defects == []


def test_text_alone_is_one_part():
    parsed = read(outgoing())
    assert parsed.get_content_type() == "text/plain"
    assert content(parsed) == "Dear Ann,\n\nThe afternoon of 10 June is protected.\n"


def test_text_and_html_are_alternatives_with_the_richer_last():
    parsed = read(outgoing(text="Pounds: £2.00\n", html="<p>Pounds: £2.00 – each</p>\n"))
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert content(parsed.get_body(("plain",))) == "Pounds: £2.00\n"
    assert content(parsed.get_body(("html",))) == "<p>Pounds: £2.00 – each</p>\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", "7bit"),
        ("£2.00 a head, in pounds and pence\n", "quoted-printable"),
        ("Γειά σου Κόσμε\n", "base64"),
        ("x" * 2000, "quoted-printable"),
        ("nul \x00 nul", "quoted-printable"),
        ("", "7bit"),
    ],
)
def test_encoding_is_the_plainest_that_arrives(text, encoding):
    parsed = read(outgoing(text=text))
    assert parsed["Content-Transfer-Encoding"] == encoding
    assert content(parsed) == text


@pytest.mark.parametrize(
    "subject",
    [
        "Patients’ forum: “you said, we did”",
        "Ελληνικά " * 30,
        "long " * 60 + "end",
        "=?utf-8?b?QmNj?=",
        "🩺" * 50,
        " spaces at both ends ",
        "",
        "next line\u2028of another kind\x85",
    ],
)
def test_subject_arrives_as_it_was_written(subject):
    assert str(read(outgoing(subject=subject))["Subject"]) == subject


@pytest.mark.parametrize(
    "name",
    ["O'Brien, Dr", 'Ann "Annie" Example', "Zoë Ångström", "back\\slash", "日本語" * 4, "a@b <x@y>", "A. B", "=?x"],
)
def test_name_arrives_as_it_was_written_and_cannot_become_an_address(name):
    (address,) = read(outgoing(to_name=name))["To"].addresses
    assert (address.display_name, address.addr_spec) == (name, "person0@practice.example")


@pytest.mark.parametrize("name", [None, ""])
def test_mailbox_without_a_name_is_its_address(name):
    assert read(outgoing(to_name=name))["To"] == "person0@practice.example"


def test_domain_outside_ascii_is_sent_in_its_ascii_form():
    (address,) = read(outgoing(to="info@praxis-müller.example"))["To"].addresses
    assert address.domain == "xn--praxis-mller-klb.example"


INJECTIONS = (
    "x\r\nBcc: all@nhs.example",
    "x\nBcc: a@b",
    "x\rBcc: a@b",
    "x\r\n\r\nbody",
    "x\x00",
    "x\x0b",
    "\n",
    "x\x7f",
)


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("part", ["subject", "to", "to_name", "message_id"])
def test_line_break_in_a_header_is_refused(part, text):
    with pytest.raises(Unsendable) as refused:
        build(outgoing(**{part: text}))
    assert text not in str(refused.value)


@pytest.mark.parametrize("text", INJECTIONS)
def test_line_break_in_an_extra_header_is_refused(text):
    with pytest.raises(Unsendable):
        build(outgoing(headers={"List-Unsubscribe": text}))
    with pytest.raises(Unsendable):
        build(outgoing(headers={text: "x"}))


@pytest.mark.parametrize(
    "headers",
    [
        {"Bcc": "all@nhs.example"},
        {"bcc": "all@nhs.example"},
        {"To": "x@y.example"},
        {"Content-Type": "text/html"},
        {"Content-Transfer-Encoding": "8bit"},
        {"Message-Id": "<a@b>"},
        {"X Y": "1"},
        {"X:Y": "1"},
        {"": "1"},
        {"X-Note": "é"},
        {"X-Note": ""},
        {"X-Note": "x" * 1000},
    ],
)
def test_extra_header_that_is_ours_or_malformed_is_refused(headers):
    with pytest.raises(Unsendable):
        build(outgoing(headers=headers))


@pytest.mark.parametrize(
    "to",
    [
        "", "ann", "@practice.example", "ann@", "ann@@practice.example", "ann b@practice.example", "<ann@practice.example>",
        "ann@practice.example>", "a,b@practice.example", "ann@practice.example ", "zoë@practice.example", "a..b@x.example",
        "ann@-", "ann@" + "x" * 300, "a@b@c.example", '"a b"@x.example', "ann@exa mple", "ann@é" + "x" * 70,
    ],
)  # fmt: skip
def test_address_that_cannot_be_sent_to_is_refused(to):
    with pytest.raises(Unsendable):
        build(outgoing(to=to))


@pytest.mark.parametrize("part", ["text", "html", "subject", "to_name"])
def test_half_a_surrogate_is_refused(part):
    with pytest.raises(Unsendable):
        build(outgoing(**{part: "\ud800"}))


@pytest.mark.parametrize("sender", ["", "nobody", "Plenary <a@b\r\nBcc: c@d>", "Plen\nary <a@b.example>"])
def test_impossible_sender_is_refused_at_start(sender):
    with pytest.raises(Unsendable):
        MessageBuilder(sender, clock=MovingClock())


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=300)


@given(text=TEXTS, html=st.none() | TEXTS)
def test_any_text_arrives_and_every_line_is_one_that_servers_take(text, html):
    message = outgoing(text=text, html=html)
    raw = build(message)
    lines = raw.split(b"\r\n")
    assert raw.isascii()
    assert max(map(len, lines)) <= 998
    assert not any(b"\n" in line or b"\r" in line or b"\0" in line for line in lines)
    parsed = message_from_bytes(raw, policy=default)
    assert decoded(parsed.get_body(("plain",))) == normalised(text)
    if html is not None:
        assert decoded(parsed.get_body(("html",))) == normalised(html)


def decoded(part: EmailMessage | None) -> str:
    # Not get_content(), which for its own reasons splits lines at characters that are none in mail.
    assert part is not None
    return normalised(part.get_payload(decode=True).decode())


def normalised(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(subject=st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_any_subject_arrives_within_short_lines(subject):
    raw = build(outgoing(subject=subject))
    assert max(map(len, raw.split(b"\r\n\r\n")[0].split(b"\r\n"))) <= 76
    assert str(message_from_bytes(raw, policy=default)["Subject"]) == subject
