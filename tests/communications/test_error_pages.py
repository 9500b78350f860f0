"""What a person sees where a link's address ends in an error that its route has no part in; programs get a problem."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.communications.rules.tokens import sign_link
from app.communications.values import LinkClaim
from app.core.db import make_engine
from app.core.http import Services
from app.core.ids import new_id
from app.core.limits import RateLimiter
from tests.factories.links import Page
from tests.factories.service import LivePlenary

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def services(shared: LivePlenary) -> Iterator[Services]:
    """Put back as they were after the test."""
    services = shared.app.state.services
    limiter, engine = services.address_limiter, services.app_engine
    yield services
    services.address_limiter, services.app_engine = limiter, engine


def a_link(services: Services, kind: str) -> str:
    """Signed by this installation, so that it is looked for in the database."""
    purpose = {"a": "action-link", "u": "unsubscribe"}[kind]
    claim = LinkClaim(new_id(), new_id(), services.clock.now() + timedelta(days=1))
    return f"/{kind}/{sign_link(services.secrets.derive(purpose), claim)}"


def expect_page(answer: Any, status: int, heading: str) -> Page:
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    page = Page(answer.text)
    assert f"<h1>{heading}</h1>" in answer.text
    assert ("html", {"lang": "en-GB"}) in page.tags
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert not [tag for tag, _ in page.tags if tag in ("script", "img", "link", "iframe")]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    assert "noindex" in answer.headers["X-Robots-Tag"]
    return page


def expect_problem(answer: Any, status: int) -> None:
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


@pytest.mark.parametrize("kind", ["a", "u"])
@pytest.mark.parametrize(
    ("method", "end", "options", "status", "heading"),
    [
        ("POST", "", {"data": {"name": "x" * 2_000_000}}, 413, "What was sent is too long"),
        ("DELETE", "", {}, 405, "This address is a page to open"),
        ("GET", "/and=more", {}, 404, "There is no such page"),
        ("GET", "?utm_source=mail", {}, 422, "This cannot be read as it was sent"),
    ],
)
async def test_what_cannot_be_read_is_a_page_for_a_browser_and_a_problem_for_a_program(
    shared: LivePlenary, services: Services, kind: str, method: str, end: str, options: Any, status: int, heading: str
) -> None:
    client, address = shared.client(None), a_link(services, kind) + end
    shown = await client.request(method, address, headers=BROWSER, **options)
    expect_page(shown, status, heading)
    given = await client.request(method, address, **options)
    expect_problem(given, status)
    assert shown.headers.get("Allow") == given.headers.get("Allow")


@pytest.mark.parametrize("kind", ["a", "u"])
async def test_a_form_that_came_in_pieces_is_a_page(shared: LivePlenary, services: Services, kind: str) -> None:
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await shared.client(None).post(a_link(services, kind), content=b"--y", headers=BROWSER | broken)
    expect_page(answer, 422, "This cannot be read as it was sent")


@pytest.mark.parametrize("kind", ["a", "u"])
async def test_too_many_pages_are_refused_with_how_long_to_wait(
    shared: LivePlenary, services: Services, kind: str
) -> None:
    services.address_limiter = RateLimiter(0.1, burst=1)
    client, address = shared.client(None), a_link(services, kind)
    assert (await client.get(address, headers=BROWSER)).status_code in (404, 410)
    answer = await client.get(address, headers=BROWSER)
    page = expect_page(answer, 429, "Too many pages were opened just now")
    assert f"Wait {answer.headers['Retry-After']} seconds, then do it again." in page.text
    pressed = await client.post(address, data=ONE_CLICK, headers=BROWSER)
    expect_page(pressed, 429, "Too many pages were opened just now")
    expect_problem(await client.post(address, data=ONE_CLICK), 429)


@pytest.mark.parametrize("kind", ["a", "u"])
async def test_a_database_that_is_away_is_said_with_what_to_do(
    shared: LivePlenary, services: Services, kind: str, unused_tcp_port: int
) -> None:
    services.app_engine = make_engine(f"postgresql+asyncpg://nobody@127.0.0.1:{unused_tcp_port}/none", pool_size=1)
    client, address = shared.client(None), a_link(services, kind)
    answer = await client.post(address, data=ONE_CLICK, headers=BROWSER)
    page = expect_page(answer, 503, "The service is away for a moment")
    assert "Wait 5 seconds, then open the link in the mail again" in page.text
    expect_problem(await client.post(address, data=ONE_CLICK), 503)
    await services.app_engine.dispose()


@pytest.mark.parametrize("kind", ["a", "u"])
async def test_a_bug_gives_a_number_that_the_office_can_look_for(
    shared: LivePlenary, services: Services, kind: str
) -> None:
    services.app_engine = object()  # pyright: ignore[reportAttributeAccessIssue]
    client, address = shared.client(None), a_link(services, kind)
    answer = await client.get(address, headers=BROWSER)
    page = expect_page(answer, 500, "Something went wrong on our side")
    assert f"office this number: {answer.headers['X-Request-ID']}." in page.text
    expect_problem(await client.get(address), 500)


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        ("text/html", True),
        ("TEXT/HTML;charset=utf-8", True),
        ("text/html;q=0.5, application/json;q=0.1", True),
        ("text/html;q=0", False),
        ("text/html;q=nonsense", False),
        ("text/html;q=0.2, application/problem+json", False),
        ("application/json", False),
        ("*/*", False),
        ("text/*", False),
        ("", False),
    ],
)
async def test_a_page_is_for_whoever_asks_for_one_by_name(shared: LivePlenary, accept: str, is_page: bool) -> None:
    answer = await shared.client(None).get("/a/no/such", headers={"Accept": accept})
    assert answer.headers["Content-Type"].startswith("text/html") == is_page


async def test_other_addresses_give_browsers_a_problem_as_before(shared: LivePlenary) -> None:
    expect_problem(await shared.client(None).get("/v1/me", headers=BROWSER), 401)
