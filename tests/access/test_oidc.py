"""Good tokens, the life of an issuer's keys, and what an issuer may not answer. Bad tokens: `test_oidc_refusals`."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from app.access.adapters.oidc import TokenVerifier
from app.access.ports import IssuerConfig
from app.core.errors import Unauthenticated, Unavailable
from tests.access.bad_tokens import AUDIENCE
from tests.fakes.oidc_issuer import DISCOVERY, Answer, running_issuer, sign_with


@pytest.mark.parametrize(
    ("kid", "alg"),
    [("key-RSA", "RS256"), ("key-RSA", "RS512"), ("key-RSA", "PS256"), ("key-EC", "ES256"), ("key-OKP", "EdDSA")],
)
async def test_token_of_each_default_algorithm_is_accepted(issuer, verifier, claims, kid, alg):
    verified = await verifier.verify(issuer.sign(claims(), kid=kid, alg=alg))
    assert (verified.issuer, verified.subject, verified.commissioner) == (issuer.url, "s-1", "QKK")


async def test_verified_token_says_who_and_until_when(issuer, verifier, claims):
    sent = claims(email="ann@practice.example", email_verified="true", extra={"a": 1})
    verified = await verifier.verify(issuer.sign(sent))
    assert verified.email == "ann@practice.example"
    assert verified.email_verified is True
    assert verified.expires_at == datetime.fromtimestamp(sent["exp"], UTC)
    assert verified.claims["extra"] == {"a": 1}


@pytest.mark.parametrize("email", ["no-at-sign", "a@b\x00", 7, None, "", f"{'x' * 300}@example"])
async def test_impossible_address_is_no_address(issuer, verifier, claims, email):
    verified = await verifier.verify(issuer.sign(claims(email=email, email_verified="perhaps")))
    assert (verified.email, verified.email_verified) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["other", AUDIENCE]},
        {"iat": ...},
        {"typ": "ID"},
        {"exp": 1795341600 - 59},
        {"nbf": 1795341600 + 60},
        {"iat": 1795341600 + 60},
        {"exp": 1795341600.5},
    ],
)
async def test_claims_on_the_right_side_of_the_line_are_accepted(issuer, verifier, claims, moving_clock, changes):
    assert moving_clock.at.timestamp() == 1795341600
    assert (await verifier.verify(issuer.sign(claims(**changes)))).subject == "s-1"


@pytest.mark.parametrize("typ", ["at+jwt", "application/AT+JWT", ...])
async def test_access_token_types_are_accepted(issuer, verifier, claims, typ):
    assert (await verifier.verify(issuer.sign(claims(), typ=typ))).subject == "s-1"


async def test_unknown_headers_are_ignored_and_never_followed(issuer, verifier, claims):
    attacker = f"{issuer.url}/attacker"
    token = issuer.sign(claims(), jku=attacker, x5u=attacker, x5c=["AAAA"], nonce="n")
    assert (await verifier.verify(token)).subject == "s-1"
    assert "/attacker" not in issuer.requests


async def test_token_may_leave_out_the_key_id_where_there_is_one_key(issuer, verifier, claims):
    token = sign_with(issuer.keys["key-EC"], claims(), {"alg": "ES256"})
    assert (await verifier.verify(token)).subject == "s-1"


async def test_keys_are_fetched_once_for_many_tokens_at_once(issuer, verifier, claims):
    token = issuer.sign(claims())
    issuer.answers["/keys"].seconds_before = 0.05
    await asyncio.gather(*(verifier.verify(token) for _ in range(50)))
    assert issuer.requests == [DISCOVERY, "/keys"]


async def test_client_that_goes_away_does_not_cancel_the_fetch_for_others(issuer, verifier, claims):
    issuer.answers["/keys"].seconds_before = 0.1
    impatient = asyncio.create_task(verifier.verify(issuer.sign(claims())))
    patient = asyncio.create_task(verifier.verify(issuer.sign(claims())))
    await asyncio.sleep(0.05)
    impatient.cancel()
    assert (await patient).subject == "s-1"
    assert issuer.key_fetches == 1


async def test_rotated_key_is_accepted_at_its_first_use(issuer, verifier, claims, moving_clock):
    old = issuer.sign(claims())
    await verifier.verify(old)
    issuer.publish("RSA", prefix="new")
    moving_clock.move(seconds=31)
    assert (await verifier.verify(issuer.sign(claims(), kid="new-RSA"))).subject == "s-1"
    with pytest.raises(Unauthenticated):
        await verifier.verify(old)


async def test_unknown_key_ids_ask_the_issuer_at_most_every_30_seconds(issuer, verifier, claims, moving_clock):
    await verifier.verify(issuer.sign(claims()))
    for wait in (31, 10, 10, 9, 2):
        moving_clock.move(seconds=wait)
        for number in range(5):
            token = sign_with(issuer.keys["key-RSA"], claims(), {"alg": "RS256", "kid": f"invented-{number}"})
            with pytest.raises(Unauthenticated):
                await verifier.verify(token)
    assert issuer.key_fetches == 3


async def test_old_keys_are_fetched_again_behind_the_request(issuer, verifier, claims, moving_clock):
    await verifier.verify(issuer.sign(claims()))
    moving_clock.move(minutes=11)
    await verifier.verify(issuer.sign(claims()))
    await asyncio.sleep(0.1)
    assert issuer.key_fetches == 2


async def test_withdrawn_key_is_dead_within_the_hour(issuer, verifier, claims, moving_clock):
    withdrawn = issuer.keys["key-RSA"]
    await verifier.verify(issuer.sign(claims()))
    issuer.publish("RSA", prefix="new")
    moving_clock.move(minutes=61)
    with pytest.raises(Unauthenticated):
        await verifier.verify(sign_with(withdrawn, claims(), {"alg": "RS256", "kid": "key-RSA"}))


async def test_keys_go_on_working_while_the_issuer_is_down(issuer, verifier, claims, moving_clock):
    await verifier.verify(issuer.sign(claims()))
    issuer.is_down = True
    for _ in range(3):
        moving_clock.move(hours=7)
        assert (await verifier.verify(issuer.sign(claims()))).subject == "s-1"
        await asyncio.sleep(0.05)
    assert issuer.requests.count(DISCOVERY) > 1


async def test_keys_of_an_issuer_that_was_down_for_a_day_are_no_longer_believed(issuer, verifier, claims, moving_clock):
    await verifier.verify(issuer.sign(claims()))
    issuer.is_down = True
    moving_clock.move(hours=25)
    with pytest.raises(Unavailable):
        await verifier.verify(issuer.sign(claims()))


async def test_issuer_that_is_down_at_first_is_asked_again_after_five_seconds(issuer, verifier, claims, moving_clock):
    issuer.is_down = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            await verifier.verify(issuer.sign(claims()))
    assert issuer.requests == [DISCOVERY]
    issuer.is_down = False
    moving_clock.move(seconds=5)
    assert (await verifier.verify(issuer.sign(claims()))).subject == "s-1"


async def test_clock_set_back_does_not_stop_rotation(issuer, verifier, claims, moving_clock):
    await verifier.verify(issuer.sign(claims()))
    moving_clock.move(minutes=-45)
    issuer.publish("RSA", prefix="new")
    assert (await verifier.verify(issuer.sign(claims(), kid="new-RSA"))).subject == "s-1"


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (DISCOVERY, Answer(b"not json")),
        (DISCOVERY, Answer(b"[]")),
        (DISCOVERY, Answer(b"[" * 100_000)),
        (DISCOVERY, Answer(b"{}", status=500)),
        (DISCOVERY, Answer(b"", status=302, headers={"Location": "/elsewhere"})),
        (DISCOVERY, Answer(b'{"issuer": "https://else.example", "jwks_uri": "https://else.example/keys"}')),
        ("/keys", Answer(b"{}")),
        ("/keys", Answer(b'{"keys": {}}')),
        ("/keys", Answer(b'{"keys": []}')),
        ("/keys", Answer(b'{"keys": [7, null, {"kty": "RSA"}, {"kty": []}]}')),
        ("/keys", Answer(b'{"keys": [' + b"{}," * 200 + b"{}]}")),
        ("/keys", Answer(b'{"keys": "' + b"x" * 300_000 + b'"}')),
        ("/keys", Answer(b"\x1f\x8b", headers={"Content-Encoding": "gzip"})),
        ("/keys", Answer(b"\xff\xfe")),
    ],
    ids=lambda value: value[-20:] if isinstance(value, str) else repr(value)[:60],
)
async def test_issuer_answer_that_cannot_be_believed_is_an_outage(issuer, verifier, claims, path, answer):
    token = issuer.sign(claims())
    issuer.answers[path] = answer
    with pytest.raises(Unavailable):
        await verifier.verify(token)
    assert "/elsewhere" not in issuer.requests


@pytest.mark.parametrize(
    "uri", ["file:///etc/passwd", "http://10.0.0.1/keys", "https://u:p@else.example/", "x", 7, None]
)
async def test_address_of_keys_is_followed_only_where_it_is_safe(issuer, verifier, claims, uri):
    issuer.say(DISCOVERY, {"issuer": issuer.url, "jwks_uri": uri})
    with pytest.raises(Unavailable):
        await verifier.verify(issuer.sign(claims()))
    assert issuer.requests == [DISCOVERY]


async def test_issuer_that_drips_is_given_up_after_three_seconds(issuer, verifier, claims):
    issuer.answers["/keys"].seconds_between_bytes = 0.5
    started = asyncio.get_running_loop().time()
    with pytest.raises(Unavailable):
        await verifier.verify(issuer.sign(claims()))
    assert asyncio.get_running_loop().time() - started < 4


async def test_two_issuers_do_not_sign_for_each_other(issuer, verifier, http, claims, moving_clock):
    async with running_issuer() as other:
        other.publish("RSA", prefix="other")
        configs = [IssuerConfig(issuer=one.url, audience=AUDIENCE) for one in (issuer, other)]
        verifier = TokenVerifier(configs, http=http, clock=moving_clock)
        assert (await verifier.verify(other.sign(claims(iss=other.url), kid="other-RSA"))).issuer == other.url
        with pytest.raises(Unauthenticated):
            await verifier.verify(other.sign(claims(), kid="other-RSA"))


async def test_audience_chooses_between_two_configurations_of_one_issuer(issuer, http, claims, moving_clock):
    configs = [IssuerConfig(issuer=issuer.url, audience=name, commissioner=name.upper()) for name in ("a", "b")]
    verifier = TokenVerifier(configs, http=http, clock=moving_clock)
    assert (await verifier.verify(issuer.sign(claims(aud="b")))).commissioner == "B"
    with pytest.raises(Unauthenticated):
        await verifier.verify(issuer.sign(claims(aud=["a", "b"])))
    assert issuer.key_fetches == 1


def test_same_issuer_and_audience_twice_is_refused_at_start():
    config = IssuerConfig(issuer="https://id.example", audience=AUDIENCE)
    with pytest.raises(ValueError, match="configured twice"):
        TokenVerifier([config, config], http=httpx.AsyncClient(), clock=None)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "http://id.example"},
        {"issuer": "https://user:secret@id.example"},
        {"issuer": "https://id.example?x=1"},
        {"issuer": "https://id.example:port"},
        {"issuer": "id.example"},
        {"audience": ""},
        {"algorithms": ()},
        {"algorithms": ("RS256", "HS256")},
        {"algorithms": ("none",)},
        {"leeway": 3600},
        {"leeway": -1},
    ],
)
def test_unsafe_configuration_is_refused_at_start(change):
    with pytest.raises(ValueError, match="Issuer"):
        IssuerConfig(**{"issuer": "https://id.example", "audience": AUDIENCE, **change})
