"""No bad token is accepted, and none is told why it was not."""

import pytest

from app.core.errors import Unauthenticated
from tests.access.bad_tokens import all_bad_tokens, hmac_token

BAD_TOKENS = all_bad_tokens()


@pytest.mark.parametrize("name", BAD_TOKENS)
async def test_bad_token_is_refused_without_a_reason(issuer, verifier, claims, name):
    token = BAD_TOKENS[name](issuer, claims())
    with pytest.raises(Unauthenticated) as refused:
        await verifier.verify(token)
    assert (refused.value.detail, refused.value.errors) == (None, ())
    assert refused.value.__cause__ is None
    assert "/stranger" not in issuer.requests


def test_there_are_more_than_200_bad_tokens():
    assert len(BAD_TOKENS) >= 200


async def test_good_token_is_accepted_beside_the_bad_ones(issuer, verifier, claims):
    """Guards the test above: a verifier that refuses everything would pass it."""
    assert (await verifier.verify(issuer.sign(claims()))).subject == "s-1"


async def test_public_key_is_no_hmac_secret(issuer, verifier, claims):
    await verifier.verify(issuer.sign(claims()))
    secret = issuer.keys["key-RSA"].as_pem(private=False)
    with pytest.raises(Unauthenticated):
        await verifier.verify(hmac_token(secret, claims(), {"alg": "HS256", "kid": "key-RSA"}))


@pytest.mark.parametrize("change", [{"exp": 1}, {"iss": "https://else.example"}, {"aud": "other"}])
async def test_token_that_says_it_is_not_for_us_never_reaches_the_issuer(issuer, verifier, claims, change):
    with pytest.raises(Unauthenticated):
        await verifier.verify(issuer.sign(claims(**change)))
    assert issuer.requests == []
