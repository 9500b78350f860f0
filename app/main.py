"""Builds the API; the only place that knows every slice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from app import VERSION
from app.access import router as access
from app.access import service as access_service
from app.access.adapters.oidc import open_verifier
from app.access.service import DatabaseAuthenticator
from app.communications import router as communications
from app.communications import service as communications_service
from app.core import router as core
from app.core.changes import ChangeSights
from app.core.clock import Clock, SystemClock
from app.core.contract import About, describe
from app.core.db import make_engine
from app.core.docs import serve_docs
from app.core.frame import Frame
from app.core.http import Figure, Services
from app.core.jobs import Waker
from app.core.limits import RateLimiter
from app.core.logging import configure_logging
from app.core.metrics import Metrics
from app.core.migrate import head_revision
from app.core.outside import OutsideClient
from app.core.pagination import Cursors
from app.core.problems import install_problem_handlers
from app.core.read import Reader, make_pool
from app.core.secrets import SecretBox
from app.core.selfcheck import refuse_powerful_logins
from app.core.settings import Settings, load_settings
from app.forums import router as forums
from app.forums import service as forums_service
from app.learning import router as learning
from app.learning import service as learning_service
from app.meetings import router as meetings
from app.meetings import service as meetings_service
from app.meetings.values import SchemeEvidence, Spreadsheets
from app.organisations import router as organisations
from app.organisations.adapters.register_files import read_file, read_rows
from app.organisations.ports import HandedDown
from app.organisations.service import effects_of_practice_change as effects_on_organisations
from app.organisations.values import EffectsOfPracticeChange
from app.payments import router as payments
from app.payments import service as payments_service
from app.people import router as people
from app.people import service as people_service
from app.people.values import PersonHolder, PersonHolders
from app.schemes import router as schemes
from app.schemes import service as schemes_service

_DESCRIPTION = """The membership backbone of NHS commissioners: practices, schemes, payments, forums and messages.

Every answer to an error is `application/problem+json` with a stable `code`. Money is a decimal string in pounds.
Lists are `{"data": [...], "next_cursor": …}`. Send `Idempotency-Key` with a POST to make it safe to repeat.

This document is `/openapi.json`; `/` and `/docs` show it to people. A problem's `type` is an address that says what to do."""
_TAGS = {
    "platform": "Health, long work, the change feed, background jobs.",
    "access": "Keys, roles, who am I.",
    "organisations": "Commissioners, practices, localities, networks, imports, practice changes.",
    "people": "Persons, posts, named leads and vacancies.",
    "schemes": "Incentive schemes: versions, offers, sign-ups, facts, claims, the calculator.",
    "payments": "Payment runs, statements, approval, release and files.",
    "meetings": "Meetings and attendance.",
    "learning": "CPD hours.",
    "forums": "Patient forums, issues, responses, you said we did.",
    "communications": "Announcements, deliveries, inbox, today, webhooks.",
}
ABOUT = About(
    title="Plenary",
    version=VERSION,
    description=_DESCRIPTION,
    tags=_TAGS,
    contact={"name": "Plenary maintainers", "url": "https://example.org/plenary"},
)
log = structlog.get_logger("plenary")

# The hottest routers first: a request walks the list until a path fits.
ROUTERS = (organisations, payments, schemes, communications, meetings, forums, learning, people, access, core)

# Each slice that holds something of practices says what a change of them would touch; the lowest slice asks.
PRACTICE_CHANGE_EFFECTS: tuple[EffectsOfPracticeChange, ...] = (
    effects_on_organisations,
    people_service.effects_of_practice_change,
    schemes_service.effects_of_practice_change,
    payments_service.effects_of_practice_change,
)

# Each slice that holds something on persons. People comes last: others find what is theirs by its name and address.
PERSON_HOLDERS = PersonHolders(
    (
        PersonHolder(
            "communications",
            communications_service.export_person,
            communications_service.erase_person,
            "Names and addresses of messages go, and waiting mail is not sent; that somebody was told stays for 24 months, "
            "and so do notices to others that name the person.",
        ),
        PersonHolder(
            "payments",
            payments_service.export_person,
            None,
            "Decisions about money and what was written in queries stay under the person's id, which names nobody; a run in hand goes on.",
        ),
        PersonHolder(
            "schemes",
            schemes_service.export_person,
            schemes_service.erase_person,
            "Agreements no longer name the person as lead; a signature stays with the practice's agreement.",
        ),
        PersonHolder(
            "learning",
            learning_service.export_person,
            learning_service.erase_person,
            "The learning record is taken back.",
        ),
        PersonHolder(
            "forums", forums_service.export_person, forums_service.erase_person, "Memberships end and lose their names."
        ),
        PersonHolder(
            "meetings",
            meetings_service.export_person,
            meetings_service.erase_person,
            "Attendance stays as evidence without a name.",
        ),
        PersonHolder(
            "access",
            access_service.export_person,
            access_service.erase_person,
            "Keys are revoked and roles end at once; their ids stay in the audit log.",
        ),
        PersonHolder(
            "people",
            people_service.export_person,
            people_service.erase_person,
            "Name, address and telephone go; the posts end and stay without a name.",
        ),
    )
)


# Whom the change feed tells of what, for the kinds of which not everybody sees every one.
CHANGE_SIGHTS = ChangeSights(
    {
        "announcement": communications_service.changes_seen,
        "claim": schemes_service.changes_seen,
        "meeting": meetings_service.changes_seen,
        "newsletter": communications_service.changes_seen,
        "payment_query": payments_service.changes_seen,
    }
)

FIGURES = (
    Figure(
        "releases_unacknowledged",
        "Released payments that no ledger has acknowledged.",
        payments_service.count_unacknowledged_releases,
    ),
    Figure(
        "payment_queries_overdue",
        "Queries about payments that should have been answered by now.",
        payments_service.count_overdue_queries,
    ),
)


def create_app(settings: Settings | None = None, *, clock: Clock | None = None) -> FastAPI:
    """The API as an ASGI application. Settings come from the environment when they are not given."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        chosen = settings or load_settings()
        if settings is None:
            configure_logging(json=chosen.log_format == "json", level=chosen.log_level)
        services = await make_services(chosen, clock or SystemClock())
        app.state.services = services
        try:
            yield
        finally:
            await close_services(services)

    app = FastAPI(
        title=ABOUT.title,
        version=ABOUT.version,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # A redirect would name the Host header's server to anybody; no address here ends in a slash.
        redirect_slashes=False,
    )
    install_problem_handlers(app, pages=communications.ERROR_PAGES)
    app.add_middleware(Frame)
    for module in ROUTERS:
        # Their very routes: an included router keeps a copy of each for every application, made in the first request,
        # and costs every request a search of its own.
        app.router.routes.extend(module.router.routes)
    describe(app, ABOUT)
    serve_docs(app)
    return app


async def make_services(settings: Settings, clock: Clock) -> Services:
    await refuse_powerful_logins(settings, ("app", "platform", "reader"))
    box = SecretBox.from_setting(settings.secret_keys_value())
    pool = await make_pool(settings.asyncpg_url("reader"), size=settings.pool_size)
    epoch = await pool.fetchval("SELECT epoch FROM published.epoch")
    cursors = Cursors(box.derive_all("cursor"), epoch)
    app_engine = make_engine(settings.sqlalchemy_url("app"), pool_size=settings.pool_size)
    return Services(
        settings=settings,
        clock=clock,
        version=VERSION,
        app_engine=app_engine,
        platform_engine=make_engine(settings.sqlalchemy_url("platform"), pool_size=3),
        reader=Reader(pool, epoch=epoch, cursors=cursors, now=clock.now),
        cursors=cursors,
        secrets=box,
        waker=Waker(settings.redis_url),
        outside=OutsideClient(settings.own_networks),
        authenticator=DatabaseAuthenticator(
            app_engine, clock=clock, tokens=open_verifier(settings.oidc_issuers, clock=clock)
        ),
        key_limiter=RateLimiter(settings.rate_limit),
        address_limiter=RateLimiter(settings.rate_limit_address),
        metrics=Metrics(),
        epoch=epoch,
        revision=head_revision(),
        figures=FIGURES,
        parts=(
            HandedDown(PRACTICE_CHANGE_EFFECTS, read_file),
            PERSON_HOLDERS,
            SchemeEvidence(schemes_service.refuse_meeting),
            Spreadsheets(read_rows),
            CHANGE_SIGHTS,
        ),
    )


async def close_services(services: Services) -> None:
    await services.waker.aclose()
    await services.outside.aclose()
    await services.authenticator.aclose()
    await asyncio.wait_for(services.reader.pool.close(), 5)
    await services.app_engine.dispose()
    await services.platform_engine.dispose()
