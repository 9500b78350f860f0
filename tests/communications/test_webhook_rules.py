"""What is signed, and when a delivery is tried again."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.communications.adapters.webhooks import seconds_to_wait
from app.communications.rules.webhooks import (
    is_given_up,
    judge,
    message_id,
    public_key_of,
    quiet_until,
    shown_secret,
    webhook_body,
    webhook_headers,
)
from app.communications.values.webhooks import Hook, Signing, Tried, WebhookKeys, WebhookOutcome, WebhookState

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
KEY, OLD_KEY = bytes(range(32)), bytes(range(32, 64))


def a_hook(number: int = 1, tries: int = 0) -> Hook:
    return Hook(UUID(int=number), number, 1, "schemes.claim_approved", "claim", f"c{number}", False, NOW, tries, tries)


def a_try(outcome: WebhookOutcome = WebhookOutcome.NOT_REACHED, *, tries: int = 0, **members) -> Tried:
    return Tried(a_hook(tries=tries), outcome, NOW, 5, **members)


def signed(number: int, keys: WebhookKeys) -> tuple[bytes, dict[str, str]]:
    hook = a_hook(number)
    body = webhook_body(hook, f"/v1/claims/{hook.subject}")
    headers = webhook_headers(keys, identifier=message_id(hook.event_id), body=body, now=datetime.now(UTC))
    return body, headers


def test_an_independent_verifier_accepts_1000_of_1000_and_refuses_10000_that_were_tampered_with():
    keys = WebhookKeys(Signing.HMAC, (KEY,))
    verifier = Webhook(shown_secret(KEY))
    refused = 0
    for number in range(1, 1001):
        body, headers = signed(number, keys)
        assert verifier.verify(body, headers)["data"]["number"] == number
        refused += sum(_is_refused(verifier, *each) for each in _tampered(number, body, headers))
    assert refused == 10_000


def _tampered(number: int, body: bytes, headers: dict[str, str]) -> list[tuple[bytes, dict[str, str]]]:
    """Ten changes of what was sent, at another place each time."""
    at = number % (len(body) - 1)
    other = b"x" if body[at : at + 1] != b"x" else b"y"
    stamp, signature = int(headers["webhook-timestamp"]), headers["webhook-signature"]
    spot = 3 + number % 40
    changed = signature[:spot] + ("A" if signature[spot] != "A" else "B") + signature[spot + 1 :]
    return [
        (body[:at] + other + body[at + 1 :], headers),
        (body + b" ", headers),
        (body[1:], headers),
        (body, headers | {"webhook-id": f"{headers['webhook-id']}0"}),
        (body, headers | {"webhook-id": headers["webhook-id"][:-1]}),
        (body, headers | {"webhook-timestamp": str(stamp + 1)}),
        (body, headers | {"webhook-timestamp": str(stamp - 600)}),
        (body, headers | {"webhook-signature": changed}),
        (body, headers | {"webhook-signature": signature.replace("v1,", "v2,")}),
        (body, {name: value for name, value in headers.items() if name != "webhook-signature"}),
    ]


def _is_refused(verifier: Webhook, body: bytes, headers: dict[str, str]) -> bool:
    try:
        verifier.verify(body, headers)
    except (WebhookVerificationError, UnicodeDecodeError):
        return True
    return False


def test_with_ed25519_the_public_key_verifies_and_nothing_else_does():
    body, headers = signed(1, WebhookKeys(Signing.ED25519, (KEY,)))
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key_of(KEY).removeprefix("whpk_")))
    version, signature = headers["webhook-signature"].split(",")
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    public.verify(base64.b64decode(signature), content)
    assert version == "v1a"
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(signature), content + b" ")


def test_during_a_rotation_the_receiver_verifies_with_the_new_secret_or_the_old():
    body, headers = signed(1, WebhookKeys(Signing.HMAC, (KEY, OLD_KEY)))
    for key in (KEY, OLD_KEY):
        assert Webhook(shown_secret(key)).verify(body, headers)
    assert _is_refused(Webhook(shown_secret(bytes(32))), body, headers)


def test_a_body_says_what_changed_and_where_to_read_it_and_no_more():
    body = msgspec.json.decode(webhook_body(a_hook(), "/v1/claims/c1"))
    assert body == {
        "type": "schemes.claim_approved",
        "timestamp": "2026-11-22T10:00:00Z",
        "data": {"kind": "claim", "id": "c1", "href": "/v1/claims/c1", "number": 1, "position": 1, "removed": False},
    }


def test_ten_tries_are_spread_as_the_specification_says():
    waits, at = [], NOW
    for tries in range(10):
        verdict = judge(a_try(tries=tries), chance=0.0, now=at)
        if verdict.due_at is None:
            break
        waits.append((verdict.due_at - at).total_seconds())
        at = verdict.due_at
    assert verdict.state is WebhookState.FAILED
    assert waits == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert at - NOW == timedelta(hours=75, minutes=35, seconds=5)


def test_chance_makes_a_wait_up_to_a_tenth_longer():
    assert judge(a_try(tries=2), chance=1.0, now=NOW).due_at == NOW + timedelta(minutes=33)


@pytest.mark.parametrize(("asked", "seconds"), [(2.0, 5), (60.0, 60), (10**9, 86_400)])
def test_what_the_other_side_asks_for_is_waited_but_no_longer_than_a_day(asked, seconds):
    verdict = judge(a_try(WebhookOutcome.REFUSED, retry_after=asked), chance=0.0, now=NOW)
    assert verdict.due_at == NOW + timedelta(seconds=seconds)


def test_what_has_arrived_is_due_no_more():
    verdict = judge(a_try(WebhookOutcome.DELIVERED), chance=0.5, now=NOW)
    assert (verdict.state, verdict.due_at) == (WebhookState.DELIVERED, None)


@pytest.mark.parametrize(
    ("tried", "failing_for", "seconds"),
    [
        ([], timedelta(0), None),
        ([a_try(), a_try(WebhookOutcome.DELIVERED)], timedelta(days=1), None),
        ([a_try()], timedelta(0), 5),
        ([a_try()], timedelta(hours=2), 60),
        ([a_try(WebhookOutcome.REFUSED, retry_after=120.0)], timedelta(0), 120),
        ([a_try(WebhookOutcome.REFUSED, retry_after=1e9)], timedelta(0), 3600),
    ],
)
def test_an_endpoint_at_which_nothing_arrives_is_left_alone_for_a_while(tried, failing_for, seconds):
    found = quiet_until(tried, failing_since=NOW - failing_for, now=NOW)
    assert found == (None if seconds is None else NOW + timedelta(seconds=seconds))


def test_an_endpoint_is_given_up_after_five_days_of_nothing_but_failures():
    assert not is_given_up(None, now=NOW)
    assert not is_given_up(NOW - timedelta(days=4, hours=23), now=NOW)
    assert is_given_up(NOW - timedelta(days=5), now=NOW)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120),
        ("soon", None),
        ("-5", None),
        ("Sun, 22 Nov 2026 10:01:00 GMT", 60),
        ("Sun, 22 Nov 2020 10:01:00 GMT", 0),
        ("9" * 500, 999_999_999),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(header, seconds):
    assert seconds_to_wait(header, now=NOW) == seconds
