"""The text of a mail holds what its Markdown says and none of its signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.communications.rules.plain import plain_text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Statement **S7TT9P6S2NPSH8** is *due*.", "Statement S7TT9P6S2NPSH8 is due."),
        (r"Real payments\_approver, 2 \* 3", "Real payments_approver, 2 * 3"),
        ("`lead-time`: Pays 300.00.", "lead-time: Pays 300.00."),
        ("See [the scheme](https://x.example/a).", "See the scheme (https://x.example/a)."),
        ("<https://x.example> and <zoe@x.example>", "https://x.example and zoe@x.example"),
        ("# News\n\nOne.\nTwo.\n\nThree.", "News\n\nOne.\nTwo.\n\nThree."),
        ("- one\n- two\n  - inner\n- three\n\nAfter.", "- one\n- two\n  - inner\n- three\n\nAfter."),
        ("3. one\n4. two", "3. one\n4. two"),
        ("- one\n\n- two\n\n  more", "- one\n\n- two\n\n  more"),
        ("> quoted\n> more", "> quoted\n> more"),
        ("| a | b |\n|---|---|\n| 1 | **2** |", "a | b\n1 | 2"),
        ("```\nx = 1\n  y\n```", "x = 1\n  y"),
        ("one\n\n---\n\ntwo", "one\n\n--------------------\n\ntwo"),
        ("![a map](https://x.example/m.png)", "a map"),
        ("<b>as typed</b>", "<b>as typed</b>"),
        ("", ""),
    ],
)
def test_markdown_is_read_as_it_is_meant(markdown, text):
    assert plain_text(markdown) == text


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20), st.sampled_from(["**", "*", "`", "~~"]))
def test_words_lose_their_signs_and_nothing_else(words, sign):
    assert plain_text(f"{sign}{words}{sign}") == words


@given(st.text(max_size=200))
def test_any_text_can_be_written(markdown):
    assert plain_text(markdown).strip("\n") == plain_text(markdown)
