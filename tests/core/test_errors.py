import gc

import pytest

from app.core import errors
from app.core.errors import DomainError, TooManyRequests, Unauthenticated, constraint_errors


@pytest.fixture
def scratch_errors():
    """Classes made by a test stay known to their base until they are collected."""
    made: list[type[DomainError]] = []
    yield made
    made.clear()
    gc.collect()


def test_every_core_error_has_its_own_code_and_a_client_or_server_status():
    classes = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, DomainError) and kind is not DomainError
    ]
    codes = [kind.code for kind in classes]
    assert len(classes) >= 20
    assert len(set(codes)) == len(codes)
    assert all(400 <= kind.status < 600 and kind.title.endswith(".") for kind in classes)


def test_headers_of_the_class_are_kept_and_may_be_overridden():
    assert Unauthenticated().headers == {"WWW-Authenticate": "Bearer"}
    assert TooManyRequests(headers={"Retry-After": "7", "RateLimit": "x"}).headers == {
        "Retry-After": "7",
        "RateLimit": "x",
    }


def test_constraints_lead_to_the_class_that_states_them(scratch_errors):
    class WindowClosed(DomainError):
        constraints = ("ck_test_window",)

    class WindowClosedLong(WindowClosed):
        code = "test.window_closed_long"

    scratch_errors += [WindowClosed, WindowClosedLong]
    assert constraint_errors()["ck_test_window"] is WindowClosed


def test_a_constraint_claimed_twice_is_refused(scratch_errors):
    class First(DomainError):
        constraints = ("ck_test_twice",)

    class Second(DomainError):
        constraints = ("ck_test_twice",)

    scratch_errors += [First, Second]
    with pytest.raises(ValueError, match="ck_test_twice"):
        constraint_errors()
    First.constraints = ()
