"""Addresses: which can be sent to, and which are one."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.addresses import address_key, check_address

ZOE = "zoe@xn--bcher-kva.example"
LABELS = st.text("abcdefghijklmnopqrstuvwxyzäöüéñç", min_size=1, max_size=12)
UNSEEN = st.sampled_from(["\u200b", "\u00ad", "\u2060", "\ufeff", ""])


@pytest.mark.parametrize(
    "written",
    [
        "zoe@bücher.example",
        "Zoe@BÜCHER.example",
        "zoe@bu\u0308cher.example",
        " zoe@bücher.example\n",
        "zo\u200be@bücher.example",
        "zoe@bü\u00adcher.example",
        "\uff5a\uff4f\uff45@bücher.example",
        "zoe\uff20bücher.example",
        "zoe@bücher\u3002example",
        "zoe@XN--BCHER-KVA.example.",
    ],
)
def test_one_address_has_one_key_however_it_is_written(written: str) -> None:
    assert address_key(written) == ZOE


@pytest.mark.parametrize("nothing", [None, "", "  ", "\u200b"])
def test_no_address_has_no_key(nothing: str | None) -> None:
    assert address_key(nothing) is None


def test_two_hosts_stay_two() -> None:
    assert address_key("a@straße.example") != address_key("a@strasse.example")


@given(LABELS, LABELS, UNSEEN)
def test_the_key_follows_neither_case_nor_composition_nor_what_cannot_be_seen(
    local: str, domain: str, unseen: str
) -> None:
    address = f"{local}@{domain}.example"
    key = address_key(address)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert address_key(unicodedata.normalize(form, f"{unseen}{local}{unseen}@{domain}{unseen}.Example")) == key  # pyright: ignore
    assert address_key(f"{local}@{domain}.example".title()) == key
    assert address_key(key) == key


@given(st.text(max_size=60))
@example("0\r.")
def test_any_text_has_a_key_that_is_its_own(text: str) -> None:
    key = address_key(text)
    assert address_key(key) == key


@pytest.mark.parametrize(
    "address",
    [
        "a@x..org",
        "|id@x.org",
        "a%b@x.org",
        "a@x",
        "a@-x.org",
        ".a@x.org",
        "zoë@x.org",
        "a b@x.org",
        "A <a@x.org>",
        "a@x.org\nb",
    ],
)
def test_what_cannot_be_sent_to_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        check_address(address)


@pytest.mark.parametrize("address", ["Anne.O'Brien+x@nhs.net", "zoe@bücher.example", "a@x.co.uk"])
def test_what_can_be_sent_to_stays_as_it_is(address: str) -> None:
    assert check_address(address) == address
