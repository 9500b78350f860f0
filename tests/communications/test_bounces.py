"""What mail that comes back says."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.communications.rules.bounces import kind_of_status, read_report
from app.communications.rules.envelope import BounceAddress
from app.communications.values import BounceKind
from app.core.ids import new_id
from tests.factories.channels import a_failure_report

RETURNS = BounceAddress("bounces@plenary.example", [b"k" * 32, b"o" * 32])


@pytest.mark.parametrize("gives_back", ["text/rfc822-headers", "message/rfc822"])
def test_a_report_names_the_delivery_the_address_and_whether_it_is_for_good(gives_back: str) -> None:
    delivery = new_id()
    [bounce] = read_report(a_failure_report(delivery, "Bob@Practice.example", gives_back=gives_back))
    assert (bounce.delivery_id, bounce.kind, bounce.keys) == (delivery, BounceKind.HARD, {"bob@practice.example"})
    assert "@" not in bounce.detail
    assert not bounce.is_certain


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "5.1.1", BounceKind.HARD),
        ("failed", "5.2.1", BounceKind.HARD),
        ("failed", "5.2.2", BounceKind.SOFT),
        ("failed", "5.7.1", BounceKind.SOFT),
        ("failed", "5.1.8", BounceKind.SOFT),
        ("failed", "4.4.1", BounceKind.SOFT),
        ("failed", "nonsense", BounceKind.SOFT),
        ("delayed", "4.4.1", None),
        ("delivered", "2.0.0", None),
        ("", "5.1.1", None),
    ],
)
def test_only_what_is_about_the_mailbox_is_for_good(action: str, status: str, kind: BounceKind | None) -> None:
    assert kind_of_status(action, status) == kind


def test_an_address_of_one_mail_says_which_mail_came_back() -> None:
    delivery = new_id()
    address = RETURNS.of(delivery)
    assert len(address.partition("@")[0]) <= 64
    [bounce] = read_report(a_failure_report(new_id(), "forwarded@elsewhere.example", to=address), returns=RETURNS)
    assert (bounce.delivery_id, bounce.is_certain) == (delivery, True)
    assert BounceAddress("bounces@plenary.example", [b"n" * 32, b"k" * 32]).read(address.upper()) == delivery


def test_a_made_up_address_of_one_mail_is_none_of_ours() -> None:
    local, _, domain = RETURNS.of(new_id()).partition("@")
    for forged in (f"{local[:-1]}x@{domain}", f"{local[:-12]}{'0' * 12}@{domain}", f"bounces+{new_id().hex}@{domain}"):
        assert RETURNS.read(forged) is None


def test_a_complaint_is_one_about_a_mail_of_ours() -> None:
    delivery = new_id()
    raw = (
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nSpam.\r\n"
        "--B\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n"
        "Original-Rcpt-To: <ann@practice.example>\r\n\r\n"
        f"--B\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{delivery}@plenary.example>\r\n\r\nx\r\n--B--\r\n"
    ).encode()
    [bounce] = read_report(raw)
    assert (bounce.delivery_id, bounce.kind, bounce.keys) == (delivery, BounceKind.COMPLAINT, {"ann@practice.example"})


@pytest.mark.parametrize(
    "raw",
    [
        *(
            b"",
            b"\xff\xfe\x00",
            b"Subject: out of office\r\n\r\nBack on Monday.",
            b"Content-Type: multipart/report\r\n\r\n",
        ),
        b"Content-Type: multipart/report; boundary=B\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\n--B--",
        a_failure_report(UUID(int=7), "x").replace(b"Message-ID: <", b"Message-ID: <no"),
        a_failure_report(new_id(), "nobody"),
        b"x" * 6_000_000,
    ],
)
def test_what_is_no_report_of_ours_says_nothing(raw: bytes) -> None:
    assert read_report(raw, returns=RETURNS) == []


@given(st.binary(max_size=2000), st.integers(0, 900))
def test_no_bytes_break_the_reading(noise: bytes, at: int) -> None:
    good = a_failure_report(UUID(int=7), "bob@practice.example")
    assert len(read_report(good[:at] + noise + good[at:], returns=RETURNS)) <= 1
    assert read_report(noise, returns=RETURNS) == []
