"""Every event leads somewhere on purpose, and every job has somebody who does it."""

import workers.handlers  # noqa: F401 - registers every handler
from app.core.events import feed_resources, registered_events
from app.core.jobs import QUEUES
from app.main import CHANGE_SIGHTS
from tests.contracts.routes import APP, operation_of
from workers.jobs import HANDLERS
from workers.routes import ROUTES
from workers.schedule import DAILY


def announced() -> set[str]:
    """Events of the product; tests make a few of their own."""
    assert APP.routes, "importing the application defines every event"
    return {name for name, event in registered_events().items() if event.__module__.startswith("app.")}


def test_every_event_is_routed_and_every_route_is_an_event() -> None:
    assert announced() - ROUTES.keys() == set(), "name the event in workers/routes.py; an empty list: change feed only"
    assert ROUTES.keys() - announced() == set()


def test_every_job_that_is_planned_has_a_handler_on_a_queue_that_is_served() -> None:
    planned = {kind for kinds in ROUTES.values() for kind in kinds} | {recurring.kind for recurring in DAILY}
    assert planned - HANDLERS.keys() == set()
    assert {handler.queue for handler in HANDLERS.values()} <= set(QUEUES)
    assert [daily.kind for daily in DAILY if HANDLERS[daily.kind].queue != daily.queue] == []


def test_names_say_slice_and_what_happened() -> None:
    assert [name for name in announced() if not name.replace("_", "").replace(".", "", 1).isalpha()] == []
    for name, event in registered_events().items():
        if event.__module__.startswith("app."):
            assert event.__module__.split(".")[1] == name.partition(".")[0]


def test_every_kind_of_the_feed_can_be_fetched_with_the_scope_it_names() -> None:
    assert feed_resources().keys() >= {"practice", "locality", "scheme", "announcement"}
    for resource in feed_resources().values():
        operation = operation_of("GET", resource.href.format("0198c0de-0000-7000-8000-000000000010"))
        assert operation is not None, resource
        assert operation.scope == resource.scope


def test_events_of_one_kind_say_the_same_of_it() -> None:
    announced = [event.resource for event in registered_events().values() if event.resource is not None]
    assert {resource.kind: resource for resource in announced} == feed_resources()
    assert len(set(announced)) == len(feed_resources())


def test_every_kind_that_not_everybody_sees_has_a_slice_that_says_who_does() -> None:
    bounded = {kind for kind, resource in feed_resources().items() if resource.is_bounded}
    assert CHANGE_SIGHTS.of.keys() == bounded
