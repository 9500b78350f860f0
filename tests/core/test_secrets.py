import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.secrets import SecretBox, SecretUnreadable, new_key_setting

OLD, NEW = new_key_setting(), new_key_setting()
BOX = SecretBox.from_setting(f"{NEW},{OLD}")


@given(st.binary(max_size=300), st.text(max_size=30))
def test_what_was_sealed_opens_in_its_own_context(plain, context):
    assert BOX.open(BOX.seal(plain, context=context), context=context) == plain


@given(st.binary(max_size=40), st.data())
def test_a_record_with_any_character_changed_does_not_open(plain, data):
    record = BOX.seal(plain, context="webhook:1")
    place = data.draw(st.integers(0, len(record) - 1))
    other = data.draw(st.characters().filter(lambda character: character != record[place]))
    with pytest.raises(SecretUnreadable):
        BOX.open(record[:place] + other + record[place + 1 :], context="webhook:1")


@pytest.mark.parametrize("record", ["", "s1", "s1..", "s1.k.", "s2.k.AAAA", "s1.k.é", "plain text"])
def test_what_was_never_sealed_does_not_open(record):
    with pytest.raises(SecretUnreadable):
        BOX.open(record, context="")


def test_a_record_moved_to_another_row_does_not_open():
    with pytest.raises(SecretUnreadable):
        BOX.open(BOX.seal(b"x", context="webhook:1"), context="webhook:2")


def test_the_same_secret_is_sealed_differently_each_time():
    assert BOX.seal(b"x", context="c") != BOX.seal(b"x", context="c")


def test_an_old_record_opens_until_its_key_is_gone():
    record = SecretBox.from_setting(OLD).seal(b"x", context="c")
    assert BOX.open(record, context="c") == b"x"
    with pytest.raises(SecretUnreadable, match="not among"):
        SecretBox.from_setting(NEW).open(record, context="c")


def test_derived_keys_differ_by_purpose_and_old_ones_stay_for_verification():
    assert BOX.derive("cursors") == BOX.derive_all("cursors")[0] != BOX.derive("links")
    assert BOX.derive_all("cursors")[1] == SecretBox.from_setting(OLD).derive("cursors")


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    "setting",
    [
        "",
        "no-separator",
        "a:not base64!",
        f"a:{base64_of(bytes(range(31)))}",
        f"a:{base64_of(bytes(32))}",
        f"a:{base64_of(b'changeme' * 4)}",
        f"a b:{base64_of(bytes(range(32)))}",
        f"{OLD},{OLD}",
    ],
)
def test_keys_that_are_missing_short_guessable_or_twice_are_refused(setting):
    with pytest.raises(ValueError, match="key"):
        SecretBox.from_setting(setting)


def test_url_safe_base64_is_read_too():
    raw = bytes(range(220, 252))
    record = SecretBox([("a", raw)]).seal(b"x", context="c")
    setting = f"a:{base64.urlsafe_b64encode(raw).decode()}"
    assert "_" in setting or "-" in setting
    assert SecretBox.from_setting(setting).open(record, context="c") == b"x"


def test_a_box_shows_key_ids_and_no_keys():
    assert repr(BOX) == f"SecretBox({NEW.split(':')[0]}, {OLD.split(':')[0]})"
