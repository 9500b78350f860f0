from datetime import date
from typing import Annotated
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from fastapi import FastAPI, Query
from httpx import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import CursorExpired, CursorInvalid
from app.core.pagination import Cursors, PageParams, link_header, page_body

KEYS = [b"newest key of thirty-two bytes..", b"older key of thirty-two bytes..."]
CURSORS = Cursors(KEYS, "epoch-1")
VALUES = st.dictionaries(
    st.text(max_size=8), st.integers(-(2**53), 2**53) | st.text(max_size=20) | st.none(), max_size=4
)


@given(VALUES)
def test_values_survive_the_way_out_and_back(values):
    assert CURSORS.decode("practices", CURSORS.encode("practices", values)) == values


def test_dates_and_ids_come_back_as_text():
    text = CURSORS.encode("runs", {"on": date(2026, 4, 1), "id": UUID(int=7)})
    assert CURSORS.decode("runs", text) == {"on": "2026-04-01", "id": str(UUID(int=7))}


@given(VALUES, st.data())
def test_a_cursor_with_any_character_changed_is_refused(values, data):
    text = CURSORS.encode("practices", values)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda character: character != text[place]))
    with pytest.raises(CursorInvalid):
        CURSORS.decode("practices", text[:place] + other + text[place + 1 :])


@given(st.text())
def test_anything_that_is_no_cursor_is_refused(text):
    with pytest.raises(CursorInvalid):
        CURSORS.decode("practices", text)


@pytest.mark.parametrize("text", ["A" * 3000, "A" * 30, "=", "A" * 21 + "="])
def test_long_unsigned_and_padded_text_is_refused(text):
    with pytest.raises(CursorInvalid):
        CURSORS.decode("practices", text)


def test_a_cursor_of_another_list_is_refused():
    with pytest.raises(CursorInvalid):
        CURSORS.decode("claims", CURSORS.encode("practices", {}))


def test_a_cursor_from_before_a_restore_has_expired():
    with pytest.raises(CursorExpired):
        Cursors(KEYS, "epoch-2").decode("practices", CURSORS.encode("practices", {}))


def test_a_cursor_outlives_the_rotation_of_its_key_but_not_its_removal():
    old = Cursors(KEYS[1:], "epoch-1").encode("practices", {"code": "A81001"})
    assert CURSORS.decode("practices", old) == {"code": "A81001"}
    with pytest.raises(CursorInvalid):
        Cursors(KEYS[:1], "epoch-1").decode("practices", old)


@pytest.mark.parametrize("keys", [[], [b""]])
def test_cursors_without_a_key_are_refused(keys):
    with pytest.raises(ValueError, match="key"):
        Cursors(keys, "epoch-1")


class PracticeParams(PageParams):
    q: str | None = None


@pytest.fixture
def client():
    app = FastAPI()

    @app.get("/practices")
    async def practices(params: Annotated[PracticeParams, Query()]) -> dict[str, object]:
        return params.model_dump()

    return AsyncClient(transport=ASGITransport(app), base_url="http://plenary")


async def test_a_list_has_fifty_lines_unless_told(client):
    assert (await client.get("/practices?q=x")).json() == {"limit": 50, "cursor": None, "count": None, "q": "x"}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=many", "count=about", "colour=red", "cursor=" + "A" * 2001]
)
async def test_query_members_outside_their_bounds_are_refused(client, query):
    assert (await client.get(f"/practices?{query}")).status_code == 422


def test_total_is_there_only_when_it_was_counted():
    assert page_body([1], None) == {"data": [1], "next_cursor": None}
    assert page_body([], "abc", total=0) == {"data": [], "next_cursor": "abc", "total": 0}


def test_the_link_keeps_filters_and_replaces_the_cursor():
    link = link_header("https://host/v1/practices?q=a%26b&cursor=old&limit=2&empty=", "new")
    assert link.endswith('; rel="next"')
    url = urlsplit(link[1 : link.index(">")])
    # The host is whatever the caller wrote into its header, so the link has none.
    assert (url.scheme, url.netloc, url.path) == ("", "", "/v1/practices")
    assert parse_qs(url.query, keep_blank_values=True) == {
        "q": ["a&b"],
        "limit": ["2"],
        "empty": [""],
        "cursor": ["new"],
    }
