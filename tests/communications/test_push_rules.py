"""Notifications, sealed as the standard says and opened as a browser opens them."""

import os

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from app.communications.rules.push import browser_keys, notification, public_key, seal, server_key
from app.communications.values import Urgency
from app.core.ids import new_id
from tests.fakes.browser import Browser, in_bytes, in_text


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(in_bytes(text)), ec.SECP256R1())


# RFC 8291, section 5 and appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
THEIRS = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"


def test_the_example_of_the_standard_is_sealed_to_the_byte():
    point, secret = browser_keys(P256DH, AUTH)
    body = seal(PLAIN, p256dh=point, auth=secret, salt=in_bytes(SALT), ephemeral=_private(OURS))
    assert in_text(body) == SEALED


def test_the_browser_of_the_tests_opens_the_example_of_the_standard():
    assert Browser(_private(THEIRS), in_bytes(AUTH)).open(in_bytes(SEALED)) == PLAIN


@given(st.text(max_size=1000))
def test_only_the_browser_that_is_meant_opens_what_is_sealed_for_it(title):
    browser, other = Browser(), Browser()
    plain = notification(title, Urgency.ROUTINE, url="https://p.example/x", tag=new_id())
    fresh = {"salt": os.urandom(16), "ephemeral": ec.generate_private_key(ec.SECP256R1())}
    body = seal(plain, p256dh=browser.point, auth=browser.auth, **fresh)
    assert browser.open(body) == plain
    with pytest.raises(InvalidTag):
        other.open(body)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", AUTH),
        (P256DH, ""),
        (P256DH[:-1], AUTH),
        (in_text(b"\x04" + b"\x01" * 64), AUTH),
        ("§", AUTH),
        (P256DH, AUTH * 2),
    ],
)
def test_keys_that_are_none_are_refused(p256dh, auth):
    with pytest.raises(ValueError):  # noqa: PT011 - each says so in other words
        browser_keys(p256dh, auth)


@pytest.mark.parametrize("seed", [bytes(32), b"\xff" * 32, b"0123456789abcdef" * 2])
def test_a_key_is_the_same_from_the_same_seed_whatever_the_seed(seed):
    assert public_key(seed) == public_key(seed)
    assert len(in_bytes(public_key(seed))) == 65
    assert server_key(seed).private_numbers().private_value > 0
