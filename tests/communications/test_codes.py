"""The code that confirms a number, worked out: the same wherever it is needed, and of one asking alone."""

from dataclasses import replace

from app.communications.rules.codes import bucket_key, code_of, code_text, is_code_of
from app.communications.rules.numbers import text_parts
from app.communications.values import AskedCode
from app.core.ids import new_id

KEY, OLDER, ASKED = b"k" * 32, b"o" * 32, AskedCode(new_id(), new_id(), "+447700900123", new_id())


def test_a_code_is_six_digits_and_another_for_whatever_is_another() -> None:
    others = [
        replace(ASKED, commissioner_id=new_id()),
        replace(ASKED, person_id=new_id()),
        replace(ASKED, operation_id=new_id()),
        replace(ASKED, mobile="+447700900124"),
    ]
    codes = [code_of(KEY, ASKED), code_of(OLDER, ASKED), *(code_of(KEY, each) for each in others)]
    assert {(len(code), code.isdigit()) for code in codes} == {(6, True)}
    # One in a million that two of them are the same; three never.
    assert len(set(codes)) >= len(codes) - 1


def test_small_codes_keep_their_noughts() -> None:
    codes = [code_of(KEY, replace(ASKED, operation_id=new_id())) for _ in range(500)]
    assert any(code.startswith("0") for code in codes)
    assert {len(code) for code in codes} == {6}


def test_a_code_is_known_by_the_key_of_its_day_and_by_no_other() -> None:
    code = code_of(OLDER, ASKED)
    assert is_code_of([KEY, OLDER], ASKED, code)
    assert not is_code_of([KEY], ASKED, code if code != code_of(KEY, ASKED) else "")


def test_the_text_begins_with_the_code_and_is_charged_once_or_twice() -> None:
    text = code_text("012345", "NHS Harbour Integrated Care Board", minutes=9)
    assert text.startswith(
        "012345 is the code to confirm this number for messages from NHS Harbour Integrated Care Board."
    )
    assert "9 minutes" in text
    assert text_parts(text) <= 2


def test_what_is_counted_does_not_say_for_whom() -> None:
    one, other = bucket_key(KEY, "number", "+447700900123"), bucket_key(OLDER, "number", "+447700900123")
    assert one != other
    assert "7700900123" not in one
    assert bucket_key(KEY, "number", "+447700900123") == one
