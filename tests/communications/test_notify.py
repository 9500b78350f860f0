"""GOV.UK Notify through the simulator on a real port: what it takes, refuses, delays, loses and forgets."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from app.communications.adapters.notify import NotifyCarrier
from app.communications.ports import LookUpFailed, Outcome
from app.communications.rules.notify import NotifyKey
from app.communications.values import Behaviour, Channel
from app.core.ids import new_id
from app.core.outside import OutsideClient
from app.demo.simulators import Providers
from tests.factories.mail import outgoing
from tests.factories.serving import on_a_port
from tests.fakes.clock import MovingClock

SERVICE, SECRET = "5e77a1ce-0000-4000-8000-00000000beef", "5ec4e700-0000-4000-8000-00000000cafe"
KEY = NotifyKey.parse(f"our_key-{SERVICE}-{SECRET}")
TEMPLATE = new_id()


@pytest.fixture
async def notify() -> AsyncIterator[Providers]:
    providers = Providers(secret=SECRET, slow=0.4)
    async with on_a_port(providers.application()) as url, OutsideClient([ip_network("127.0.0.0/8")]) as client:
        providers.url, providers.client = url, client  # type: ignore[attr-defined]
        yield providers


def _carrier(notify: Any, channel: Channel = Channel.EMAIL, *, key: NotifyKey = KEY, **options: Any) -> NotifyCarrier:
    return NotifyCarrier(
        notify.client,
        key,
        url=f"{notify.url}/notify",
        channel=channel,
        template=TEMPLATE,
        clock=MovingClock(),
        **options,
    )


def _to(behaviour: Behaviour) -> str:
    return f"simulate-{behaviour}@practice.example"


async def _one(carrier: NotifyCarrier, message: Any) -> Outcome:
    [outcome] = [outcome async for outcome in carrier.send([message])]
    return outcome


async def test_the_simulated_notify_shows_each_text_as_a_telephone_would(notify: Providers) -> None:
    shown: list[str] = []
    notify.show = shown.append
    message = outgoing(to="+447700900123")
    await _one(_carrier(notify, Channel.TEXT), message)
    await _one(_carrier(notify), outgoing())
    assert shown == [f"+447700900123: {message.text}"]


async def test_mail_goes_out_by_template_under_our_reference_and_a_signed_token(notify) -> None:
    message = outgoing(headers={"List-Unsubscribe": "<https://plenary.example/u/1>, <mailto:u@plenary.example>"})
    outcome = await _one(_carrier(notify), message)
    [taken] = notify.taken
    assert (outcome.state, outcome.reference) == ("sent", taken.id)
    assert json.loads(taken.body) == {
        "template_id": str(TEMPLATE),
        "reference": str(message.delivery_id),
        "email_address": message.to,
        "personalisation": {"subject": message.subject, "body": message.text},
        "one_click_unsubscribe_url": "https://plenary.example/u/1",
    }
    token = jwt.decode(taken.headers["authorization"].removeprefix("Bearer "), OctKey.import_key(SECRET))
    assert (token.header["alg"], token.claims["iss"]) == ("HS256", SERVICE)
    assert isinstance(token.claims["iat"], int)


async def test_text_goes_to_a_number_without_a_subject(notify) -> None:
    message = outgoing(to="+447700900000", text="Your claim closes on Friday.")
    assert (await _one(_carrier(notify, Channel.TEXT), message)).state == "sent"
    body = json.loads(notify.taken[0].body)
    assert (body["phone_number"], body["personalisation"]) == (message.to, {"body": message.text})


async def test_throttled_keeps_the_wait_that_is_asked_for_and_asks_for_no_other(notify) -> None:
    carrier = _carrier(notify)
    outcomes = [o async for o in carrier.send([outgoing(to=_to(Behaviour.THROTTLED)), outgoing()])]
    assert [(o.state, o.retry_after) for o in outcomes] == [("failed_temporary", timedelta(seconds=7))] * 2
    assert (notify.calls, notify.taken) == (1, [])


async def test_a_wrong_key_is_a_fault_of_ours_and_no_messages(notify) -> None:
    carrier = _carrier(notify, key=NotifyKey(SERVICE, str(new_id())))
    outcomes = [o async for o in carrier.send([outgoing(), outgoing()])]
    assert [(o.state, o.is_fault) for o in outcomes] == [("failed_temporary", True)] * 2
    assert notify.calls == 1


@pytest.mark.parametrize("behaviour", [Behaviour.LOST, Behaviour.GARBAGE, Behaviour.SLOW])
async def test_a_lost_answer_leaves_doubt_that_a_look_up_settles_with_one_at_the_provider(notify, behaviour) -> None:
    carrier, message = _carrier(notify, timeout=0.2), outgoing(to=_to(behaviour))
    assert (await _one(carrier, message)).state == "in_doubt"
    found = await carrier.look_up([message.delivery_id])
    assert found[message.delivery_id].state == "sent"
    assert found[message.delivery_id].reference == notify.taken[0].id
    assert len(notify.by_reference(str(message.delivery_id))) == 1


async def test_what_never_arrived_is_not_known_there(notify) -> None:
    assert await _carrier(notify).look_up([new_id()]) == {}


async def test_a_look_up_without_a_usable_answer_says_nothing_of_any_message(notify) -> None:
    carrier = _carrier(notify, key=NotifyKey(SERVICE, str(new_id())))
    with pytest.raises(LookUpFailed):
        await carrier.look_up([new_id()])


async def test_a_server_that_is_away_has_nothing(notify) -> None:
    carrier = NotifyCarrier(
        notify.client,
        KEY,
        url="http://127.0.0.1:1",
        channel=Channel.EMAIL,
        template=TEMPLATE,
        clock=MovingClock(),
    )
    assert (await _one(carrier, outgoing())).state == "failed_temporary"
    with pytest.raises(LookUpFailed):
        await carrier.look_up([new_id()])


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (
            400,
            b'{"errors": [{"error": "ValidationError", "message": "email_address bob@x.example"}]}',
            "failed_permanent",
        ),
        (400, b"\xff\xfe", "failed_permanent"),
        (500, b"", "in_doubt"),
        (201, b"[]", "in_doubt"),
        (201, b'{"id": 5, "reference": null}', "in_doubt"),
        (302, b"", "in_doubt"),
        (503, b"<html>", "failed_temporary"),
    ],
)
async def test_whatever_is_answered_becomes_an_outcome_without_an_address(status: int, body: bytes, state: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    async with httpx.AsyncClient(transport=transport) as client:
        carrier = NotifyCarrier(
            client, KEY, url="https://x.example", channel=Channel.EMAIL, template=TEMPLATE, clock=MovingClock()
        )
        outcome = await _one(carrier, outgoing())
    assert outcome.state == state
    assert "@" not in (outcome.detail or "")


@pytest.mark.parametrize("wrong", ["", "no key", SECRET, f"k-{SERVICE}-{SECRET}x"])
def test_what_is_no_key_is_refused_without_being_quoted(wrong: str) -> None:
    with pytest.raises(ValueError, match="two UUIDs") as error:
        NotifyKey.parse(wrong)
    assert SECRET not in str(error.value)


def test_a_key_does_not_show_its_secret() -> None:
    assert KEY.service == SERVICE
    assert SECRET not in repr(KEY)
