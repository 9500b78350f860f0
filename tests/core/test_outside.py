import asyncio
import gzip
from collections.abc import Sequence
from ipaddress import ip_address

import httpcore
import httpx
import pytest

from app.core.networks import parse_networks, why_not_public
from app.core.outside import (
    AnswerTooLarge,
    GuardedBackend,
    NotReached,
    OutsideClient,
    Refused,
    Rules,
    checked_url,
    pooled,
)
from tests.core.evil_addresses import CARELESS, NAMES, evil_addresses
from tests.fakes.names import NameServer
from tests.fakes.receiver import Answer, DialReceiver, Receiver, certificate, running_receiver

OWN = parse_networks("127.0.0.0/8")


@pytest.fixture
async def receiver():
    async with running_receiver(tls_for="good.example") as receiver:
        yield receiver


def client_to(receiver: Receiver, **options) -> OutsideClient:
    return OutsideClient(
        resolve=NameServer(NAMES), context=certificate("good.example").client, dial=DialReceiver(receiver), **options
    )


async def test_no_evil_form_of_an_address_is_called(receiver):
    forms = evil_addresses()
    assert len(forms) >= 300
    async with client_to(receiver) as client:
        for form in forms:
            # Neither as a person types it nor as code that checks nothing beforehand would call it.
            for url in (form, _normal_form(form)):
                if url is not None:
                    with pytest.raises((Refused, NotReached)):
                        await client.post(url, content=b"{}")
    assert (receiver.connections, receiver.requests) == (0, [])


@pytest.mark.parametrize("form", CARELESS)
def test_an_address_that_two_programs_may_read_differently_is_not_kept(form):
    with pytest.raises(Refused):
        checked_url(form)


def _normal_form(form: str) -> httpx.URL | None:
    try:
        return checked_url(form)
    except Refused:
        return None


async def test_a_good_address_is_called_at_the_address_that_was_checked(receiver):
    async with client_to(receiver) as client:
        answer = await client.post("https://good.example:8443/hook", content=b"{}")
        await client.post(checked_url("https://GOOD.example./hook"), content=b"{}")
    assert answer.status_code == 200
    assert [request.headers["host"] for request in receiver.requests] == ["good.example:8443", "good.example"]


async def test_the_certificate_has_to_be_for_the_name_and_not_for_the_address(receiver):
    dial = DialReceiver(receiver)
    async with OutsideClient(
        resolve=NameServer(NAMES), context=certificate("other.example").client, dial=dial
    ) as client:
        with pytest.raises(NotReached, match="certificate"):
            await client.get("https://good.example/")
    assert (dial.dialled, receiver.requests) == ([("93.184.215.14", 443)], [])


async def test_a_name_that_changes_between_check_and_call_is_looked_up_once_for_both(receiver):
    names = NameServer(NAMES)
    dial = DialReceiver(receiver)
    async with OutsideClient(resolve=names, context=certificate("good.example").client, dial=dial) as client:
        with pytest.raises(Refused):
            await client.get("https://rebinding.example/")
    assert (names.asked, dial.dialled) == (["rebinding.example"], [])


async def test_another_address_of_a_name_is_tried_when_the_first_takes_no_connection(receiver):
    async def two(host: str, port: int) -> Sequence[str]:
        return ["93.184.215.14", "93.184.215.15"]

    dial = DialReceiver(receiver)
    dial.away.add("93.184.215.14")
    async with OutsideClient(resolve=two, context=certificate("good.example").client, dial=dial) as client:
        assert (await client.get("https://good.example/")).status_code == 200
    assert [host for host, _ in dial.dialled] == ["93.184.215.14", "93.184.215.15"]


async def test_a_redirect_is_an_answer_and_nothing_that_is_followed(receiver):
    receiver.say("/", Answer(302, {"Location": "https://127.0.0.1/inner"}))
    async with client_to(receiver) as client:
        answer = await client.get("https://good.example/", follow_redirects=True)
    assert (answer.status_code, len(receiver.requests)) == (302, 1)


async def test_what_the_environment_says_of_proxies_is_not_heard(receiver, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with client_to(receiver) as client:
        assert (await client.get("https://good.example/")).status_code == 200


async def test_a_cookie_of_one_answer_is_not_sent_with_the_next_call(receiver):
    receiver.say("/", Answer(200, {"Set-Cookie": "who=somebody"}))
    async with client_to(receiver) as client:
        await client.get("https://good.example/")
        await client.get("https://good.example/")
    assert "cookie" not in receiver.requests[1].headers


async def test_an_answer_is_read_up_to_its_limit_and_never_unpacked(receiver):
    receiver.say("/large", Answer(body=b"x" * 2000))
    receiver.say("/packed", Answer(headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"0" * 100_000)))
    async with client_to(receiver, body_bytes=1000) as client:
        with pytest.raises(AnswerTooLarge):
            await client.get("https://good.example/large")
        assert len((await client.get("https://good.example/packed")).content) < 1000


@pytest.mark.parametrize("answer", [Answer(seconds_before=30), Answer(body=b"x" * 100, seconds_between_bytes=0.05)])
async def test_an_answer_that_takes_too_long_is_given_up_however_it_drips(receiver, answer):
    receiver.say("/", answer)
    async with client_to(receiver, total_seconds=0.2) as client:
        with pytest.raises(NotReached, match="in time"):
            await client.get("https://good.example/")


async def test_a_name_server_that_does_not_answer_is_not_waited_for(monkeypatch):
    async def silent(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    monkeypatch.setattr("app.core.outside.RESOLVE_SECONDS", 0.05)
    async with OutsideClient(resolve=silent) as client:
        with pytest.raises(NotReached, match="looked up in time"):
            await client.look_up(checked_url("https://good.example/"))


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://[::1]/", "https://localhost/"])
async def test_looking_up_refuses_what_a_call_would_be_refused_for(url):
    async with OutsideClient() as client:
        with pytest.raises(Refused, match="where nothing is called"):
            await client.look_up(checked_url(url))


async def test_networks_of_ones_own_are_called_without_tls_and_at_any_port_and_nothing_beside_them():
    async with running_receiver() as receiver, OutsideClient(OWN) as client:
        assert (await client.get(receiver.url)).status_code == 200
        for url in ("http://10.0.0.1/", "https://10.0.0.1/", "http://93.184.215.14/", "https://93.184.215.14:444/"):
            with pytest.raises(Refused):
                await client.get(url)
        assert len(receiver.requests) == 1


def test_the_library_still_takes_our_pool():
    """When this fails, httpx keeps its pool elsewhere, and app/core/outside.py has to follow before anything is called."""
    backend = GuardedBackend(Rules(), NameServer(NAMES), own_only=False, dial=httpcore.AnyIOBackend())  # pyright: ignore
    transport = pooled(httpx.create_ssl_context(), backend)
    assert httpx.__version__.startswith("0.28.")
    assert transport._pool._network_backend is backend  # pyright: ignore
    assert transport._pool._proxy is None  # pyright: ignore


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_addresses_of_the_open_internet_are_called(address):
    assert why_not_public(ip_address(address)) is None


def test_an_address_is_kept_in_one_form():
    assert str(checked_url("HTTPS://B\u00fccher.Example.:443/a?b=c")) == "https://xn--bcher-kva.example/a?b=c"
