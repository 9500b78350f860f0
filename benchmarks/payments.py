"""A year of runs for England: 42 commissioners, 7,000 practices among them, twelve months, two components.

Each run is asked for, worked out by the worker's own job, approved and released by three people, so that later months
look back at earlier ones. The simplest program reads the lists, does integer arithmetic, and copies the amounts into a
bare table, run by run. The two take turns month by month, and in the end every line is compared.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.clock import Period, add_months
from app.core.db import Actor, unit_of_work
from app.core.ids import new_id
from app.core.repository import Expected
from app.payments import service as payments
from app.schemes import service as schemes
from app.schemes.values import Capacity, Signatory, SignUp
from benchmarks.place import COMMISSIONERS, PRACTICES, Figure, Place, Spent
from workers.jobs import Tools, drain
from workers.relay import relay

NOW = datetime(2026, 6, 1, tzinfo=UTC)
YEAR = Period(date(2026, 4, 1), date(2027, 4, 1))
MONTHS, COMPONENTS = 12, 2
LINES = PRACTICES * MONTHS * COMPONENTS
WHATEVER = Expected("*", required=True)
DEFINITION = {
    "language": 1,
    "measures": {
        "list": {"kind": "list_size", "basis": "registered", "snapshot": "period_start"},
        "need": {"kind": "list_size", "basis": "weighted", "snapshot": "period_start"},
    },
    "pay": {
        "type": "sum",
        "of": [
            {"type": "per_head", "id": "engagement", "rate": "2.00", "rate_per": "year", "measure": "list"},
            {"type": "per_head", "id": "need", "rate": "1.35", "rate_per": "year", "measure": "need"},
        ],
    },
}
LISTS = """SELECT s.practice, s.registered, s.weighted FROM register_list_size s
JOIN register_membership m ON m.practice = s.practice WHERE m.commissioner = $1"""
BARE = """CREATE TABLE bare (practice text, period_from date, component text, amount bigint,
PRIMARY KEY (practice, period_from, component))"""
OURS = """SELECT s.practice, l.period_from, l.component, l.amount FROM payment_statement s
JOIN payment_line l ON l.commissioner_id = s.commissioner_id AND l.statement_id = s.id WHERE s.commissioner_id = $1"""


@dataclass(frozen=True, slots=True)
class Office:
    """One commissioner's scheme, and the three people who start, approve and release its runs."""

    tenant: UUID
    scheme: UUID
    people: tuple[UUID, UUID, UUID]


async def measure(place: Place) -> list[Figure]:
    ours, simplest, app = Spent(), Spent(), place.app_engine()
    owner = await asyncpg.connect(place.urls["owner"])
    await owner.execute(BARE)
    async with place.tools() as tools:
        offices = [await _agree(app, tenant, n) for n, tenant in enumerate(place.tenants)]
        for month in range(MONTHS):
            start = add_months(YEAR.valid_from, month)
            with ours.counting():
                await _product(tools, app, offices, Period(start, add_months(start, 1)))
            with simplest.counting():
                await _simplest(owner, start)
            print(f"  payments: month {month + 1} of {MONTHS}, ours {ours.wall:.1f} s so far", flush=True)
    await app.dispose()
    await _check(place, owner)
    await owner.close()
    return [
        Figure("a year of England, 168,000 lines", ours.wall, simplest.wall, "s", ours.wall / simplest.wall),
        Figure(
            "  its own processor time a line",
            ours.own / LINES * 1e6,
            simplest.own / LINES * 1e6,
            "us",
            ours.own / simplest.own,
        ),
    ]


async def _agree(app: AsyncEngine, tenant: UUID, n: int) -> Office:
    """A published scheme to which every member practice has signed up."""
    people = (new_id(), new_id(), new_id())
    async with unit_of_work(app, tenant) as session:
        connection = await session.connection()
        for person in people:
            await connection.exec_driver_sql(
                "INSERT INTO person (commissioner_id, id, name, name_key, created_at) VALUES ($1, $2, $3, $3, now())",
                (tenant, person, f"person {person}"),
            )
        scheme = await schemes.create_scheme(
            session, code="ALL", title="Engagement", purpose="Measured", financial_year="2026/27", budget=None,
            payment_terms_days=30, pay_code=None, cost_centre=None, now=NOW,
        )  # fmt: skip
        version = await schemes.add_version(
            session, scheme.id, applies=YEAR, definition=DEFINITION, reason="first", now=NOW
        )
        await session.flush()
        await schemes.publish_version(session, scheme.id, version.n, expected=WHATEVER, person_id=people[0], now=NOW)
        signatory = Signatory("Dr A", Capacity.CONTRACT_HOLDER)
        members = range(n, PRACTICES, COMMISSIONERS)
        sign_ups = [SignUp(f"ZB{each:04d}", date(2026, 3, 1), signatory) for each in members]
        await schemes.record_sign_ups(session, scheme.id, sign_ups, recorded_by=people[0], now=NOW)
    return Office(tenant, scheme.id, people)


async def _product(tools: Tools, app: AsyncEngine, offices: list[Office], period: Period) -> None:
    """One month: every office asks, the worker works all of them out, every office approves and releases."""
    runs: list[tuple[Office, UUID]] = []
    for office in offices:
        starter = office.people[0]
        async with unit_of_work(app, office.tenant, actor=Actor(person_id=starter)) as session:
            run, _ = await payments.request_run(
                session, scheme_id=office.scheme, period=period, note=None, person=starter, now=NOW
            )
        runs.append((office, run.id))
    while await relay(tools):
        pass
    await drain(tools, "payments", stopping=asyncio.Event())
    for office, run_id in runs:
        for decide, person in ((payments.approve_run, office.people[1]), (payments.release_run, office.people[2])):
            async with unit_of_work(app, office.tenant, actor=Actor(person_id=person)) as session:
                await decide(session, run_id, person=person, expected=WHATEVER, now=NOW)


async def _simplest(owner: asyncpg.Connection, start: date) -> None:
    for n in range(COMMISSIONERS):
        rows = await owner.fetch(LISTS, f"ZB{n:02d}")
        lines = [(row[0], start, "engagement", _pence(row[1], 200)) for row in rows]
        lines += [(row[0], start, "need", _pence(row[2], 135)) for row in rows]
        await owner.copy_records_to_table("bare", records=lines)


def _pence(size: Decimal | int, rate: int) -> int:
    """Half up, a twelfth of the year, in integers: the second calculation."""
    quarters = int(size * 100) * rate
    return (2 * quarters + 1200) // 2400


async def _check(place: Place, owner: asyncpg.Connection) -> None:
    """Every line of ours is the second calculation's, to the penny, and there are as many of each."""
    expected = {tuple(row) for row in await owner.fetch("SELECT practice, period_from, component, amount FROM bare")}
    worker, found = await asyncpg.connect(place.urls["worker"]), []
    for tenant in place.tenants:
        await worker.execute("SELECT set_config('app.commissioner', $1, false)", str(tenant))
        found += [tuple(row) for row in await worker.fetch(OURS, tenant)]
    await worker.close()
    if len(found) != LINES or set(found) != expected:
        raise RuntimeError(f"{len(set(found) ^ expected)} of {len(found)} lines differ; there should be {LINES}")
