import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import NotThereYet, PreconditionFailed, PreconditionRequired
from app.core.etag import bytes_etag, check_if_match, digest_etag, matches_none, version_etag
from app.core.repository import Expected


def test_a_row_is_tagged_by_its_version():
    assert version_etag(3) == '"v3"'


def test_a_digest_differs_with_each_part_and_not_with_the_order_of_members():
    assert digest_etag("a", "bc") != digest_etag("ab", "c")
    assert digest_etag("epoch", 4, {"limit": 5, "q": "x"}) == digest_etag("epoch", 4, {"q": "x", "limit": 5})
    assert digest_etag("epoch", 4) != digest_etag("epoch", 5)


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_bytes_have_the_same_tag_exactly_when_they_are_the_same(first, second):
    assert (bytes_etag(first) == bytes_etag(second)) == (first == second)


@pytest.mark.parametrize("header", ['"v3"', 'W/"v3"', '"v1", "v3"', "*", ' "v2" ,W/"v3" '])
def test_if_none_match_finds_the_tag(header):
    assert matches_none(header, '"v3"')


@pytest.mark.parametrize("header", [None, "", '"v4"', "v3", '"v3', '"v1" "v3"', '"v3" and more'])
def test_if_none_match_finds_nothing_else(header):
    assert not matches_none(header, '"v3"')


@pytest.mark.parametrize("header", ['"v3"', "*", '"v1","v3"'])
def test_if_match_lets_the_seen_version_through(header):
    assert check_if_match(header, '"v3"', required=True) is None


@pytest.mark.parametrize("header", ['"v2"', 'W/"v3"', "v3", ""])
def test_if_match_refuses_every_other_version(header):
    with pytest.raises(PreconditionFailed):
        check_if_match(header, '"v3"', required=False)


def test_if_match_is_asked_for_only_where_it_is_required():
    with pytest.raises(PreconditionRequired):
        check_if_match(None, '"v3"', required=True)
    assert check_if_match(None, '"v3"', required=False) is None


def test_if_match_fails_where_nothing_exists():
    with pytest.raises(NotThereYet):
        check_if_match("*", None, required=False)


def test_a_version_is_asked_for_only_once_something_exists():
    Expected(None, required=True).check(None)
    with pytest.raises(PreconditionRequired):
        Expected(None, required=True).check(1)
    with pytest.raises(NotThereYet):
        Expected('"v1"', required=False).check(None)
