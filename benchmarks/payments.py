"""A year of runs for England: 42 commissioners, 7,000 practices among them, twelve months, six components.

Each run is asked for, worked out by the worker's own job, approved and released by three people, so that later months
look back at earlier ones; in the end all of it is worked out once more without writing. The simplest program reads the
lists and the facts, does integer arithmetic, and copies the amounts into a bare table, run by run. The two take turns
month by month, and in the end every line is compared.

`PLENARY_BENCH_COMMISSIONERS` plays fewer of them: half the commissioners should take half the time.
"""

import asyncio
import os
import resource
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app.calculation.service import evaluate, parse_definition
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
MONTHS, COMPONENTS = 12, 6
PLAYED = int(os.environ.get("PLENARY_BENCH_COMMISSIONERS", COMMISSIONERS))
WHATEVER = Expected("*", required=True)
# Pence: a year per head, a session, an afternoon of learning, a check, a point; and the points, per cent and pence a year.
HEAD, SESSION, AFTERNOON, CHECK, POINT = 200, 30_000, 8_550, 14_000, 22_549
POINTS, LOWER, UPPER, POOL = 44, 20, 50, 10_000_000
DEFINITION = {
    "language": 1,
    "measures": {
        "list": {"kind": "list_size", "basis": "registered", "snapshot": "period_start"},
        "need": {"kind": "list_size", "basis": "weighted", "snapshot": "period_start"},
        "sessions": {"kind": "count", "fact": "lead_session", "max_per_month": 2},
        "afternoons": {"kind": "count", "fact": "afternoon"},
        "checks": {"kind": "events", "fact": "check", "within": "period"},
        "register": {"kind": "level", "fact": "register"},
        "controlled": {"kind": "level", "fact": "controlled", "unit": "percent"},
    },
    "pay": {
        "type": "sum",
        "of": [
            {"type": "per_head", "id": "engagement", "rate": "2.00", "rate_per": "year", "measure": "list"},
            {"type": "per_session", "id": "lead-time", "rate": "300.00", "measure": "sessions"},
            {"type": "per_session", "id": "learning", "rate": "85.50", "measure": "afternoons"},
            {"type": "per_event", "id": "checks", "rate": "140.00", "measure": "checks", "at_most": "register"},
            {
                "type": "linear", "id": "control", "measure": "controlled", "lower": "20", "upper": "50",
                "points": "44", "point_value": "225.49",
            },
            {"type": "pooled", "id": "cover", "budget": "100000.00", "weight": "need"},
        ],
    },
}  # fmt: skip
LISTS = """SELECT s.practice, s.registered, s.weighted FROM register_list_size s
JOIN register_membership m ON m.practice = s.practice WHERE m.commissioner = $1 ORDER BY s.practice"""
# Of practice n in month m: how many sessions, afternoons and checks, and the share of patients whose figure is in range.
FACTS = """INSERT INTO scheme_fact (commissioner_id, id, scheme_id, external_id, practice, measure, happened_on, value, state,
  source, recorded_at, confirmed_at)
SELECT $1, gen_random_uuid(), $2, f.name || '-' || p.n || '-' || m, 'ZB' || lpad(p.n::text, 4, '0'), f.name,
  (date '2026-04-05' + make_interval(months => m))::date, f.value, 'confirmed', 'office', now(), now()
FROM unnest($3::int[]) AS p (n), generate_series(0, $4) AS m,
LATERAL (VALUES ('lead_session', (p.n + m) % 4), ('afternoon', (p.n * 3 + m) % 5), ('check', (p.n * 7 + m) % 23),
  ('register', 15), ('controlled', round(((p.n * 13 + m * 29) % 700)::numeric / 1000, 6))) AS f (name, value)"""
THEIR_FACTS = """SELECT practice, measure, value FROM scheme_fact
WHERE commissioner_id = $1 AND scheme_id = $2 AND happened_on >= $3 AND happened_on < $4"""
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
    n: int
    practices: int


async def measure(place: Place) -> list[Figure]:
    ours, simplest, app = Spent(), Spent(), place.app_engine()
    owner = await asyncpg.connect(place.urls["owner"])
    await owner.execute(BARE)
    async with place.tools() as tools:
        offices = [await _agree(app, tenant, n) for n, tenant in enumerate(place.tenants[:PLAYED])]
        await owner.execute("ANALYZE scheme_fact")
        for month in range(MONTHS):
            start = add_months(YEAR.valid_from, month)
            with ours.counting():
                await _product(tools, app, offices, Period(start, add_months(start, 1)))
            with simplest.counting():
                await _simplest(place, owner, offices, start)
            print(f"  payments: month {month + 1} of {MONTHS}, ours {ours.wall:.1f} s so far", flush=True)
    thought = await _what_if(place, app, offices)
    await app.dispose()
    await _check(place, owner, offices)
    await owner.close()
    lines = sum(office.practices for office in offices) * MONTHS * COMPONENTS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure(f"a year of England, {lines:,} lines", ours.wall, simplest.wall, "s", ours.wall / simplest.wall),
        Figure(
            "  its own processor time a line",
            ours.own / lines * 1e6,
            simplest.own / lines * 1e6,
            "us",
            ours.own / simplest.own,
        ),
        thought,
        Figure("  most memory of this process", peak, peak, "MB", 1.0),
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
        # As a year of evidence; the service's own way of recording it is measured elsewhere.
        await connection.exec_driver_sql(FACTS, (tenant, scheme.id, list(members), MONTHS - 1))
        sign_ups = [SignUp(f"ZB{each:04d}", date(2026, 3, 1), signatory) for each in members]
        await schemes.record_sign_ups(session, scheme.id, sign_ups, recorded_by=people[0], now=NOW)
    return Office(tenant, scheme.id, people, n, len(members))


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


async def _what_if(place: Place, app: AsyncEngine, offices: list[Office]) -> Figure:
    """The same year from what is stored to its figures, without writing anything."""
    ours, simplest = Spent(), Spent()
    worker = await asyncpg.connect(place.urls["worker"])
    for office, month in product(offices, range(MONTHS)):
        start = add_months(YEAR.valid_from, month)
        period = Period(start, add_months(start, 1))
        with ours.counting():
            async with unit_of_work(app, office.tenant) as session:
                version = await schemes.get_version_for(session, office.scheme, period)
                codes = await schemes.list_participants(session, office.scheme, period=period)
                known = await schemes.gather_inputs(session, office.scheme, version, period=period, codes=codes)
            results = evaluate(parse_definition(DEFINITION), period=period, practices=known)
            amounts = [line.amount for result in results for line in result.lines]
        with simplest.counting():
            lines = await _worked_out(worker, office, start)
        if sorted(amounts) != sorted(amount for *_, amount in lines):
            raise RuntimeError(f"what if differs in {start:%B}")
    await worker.close()
    return simplest.against("  what if, without writing", ours)


async def _simplest(place: Place, owner: asyncpg.Connection, offices: list[Office], start: date) -> None:
    worker = await asyncpg.connect(place.urls["worker"])
    for office in offices:
        await owner.copy_records_to_table("bare", records=await _worked_out(worker, office, start))
    await worker.close()


async def _worked_out(worker: asyncpg.Connection, office: Office, start: date) -> list[tuple[str, date, str, int]]:
    """An office's month in bare integers."""
    await worker.execute("SELECT set_config('app.commissioner', $1, false)", str(office.tenant))
    lists = await worker.fetch(LISTS, f"ZB{office.n:02d}")
    facts = await worker.fetch(THEIR_FACTS, office.tenant, office.scheme, start, add_months(start, 1))
    found = {(practice, measure): value for practice, measure, value in facts}
    cover = _shared(POOL // 12, [(practice, int(weighted * 100)) for practice, _, weighted in lists])
    lines: list[tuple[str, date, str, int]] = []
    for practice, registered, _ in lists:
        sessions, afternoons, checks, register = (
            int(found[practice, name]) for name in ("lead_session", "afternoon", "check", "register")
        )
        amounts = (
            ("engagement", _pence(registered, HEAD)),
            ("lead-time", min(sessions, 2) * SESSION),
            ("learning", afternoons * AFTERNOON),
            ("checks", min(checks, register) * CHECK),
            ("control", _points(found[practice, "controlled"])),
            ("cover", cover[practice]),
        )
        lines += [(practice, start, component, amount) for component, amount in amounts]
    return lines


def _pence(size: Decimal | int, rate: int) -> int:
    """Half up, a twelfth of the year, in integers: the second calculation."""
    quarters = int(size * 100) * rate
    return (2 * quarters + 1200) // 2400


def _points(share: Decimal) -> int:
    """Points between the thresholds, half up, in millionths of a per cent."""
    unit = 1_000_000
    above = min(max(int(share * 100 * unit) - LOWER * unit, 0), (UPPER - LOWER) * unit)
    whole = (UPPER - LOWER) * unit
    return (2 * POINTS * POINT * above + whole) // (2 * whole)


def _shared(pot: int, weights: list[tuple[str, int]]) -> dict[str, int]:
    """By largest remainder, equal ones by code."""
    whole = sum(weight for _, weight in weights)
    shares = {practice: pot * weight // whole for practice, weight in weights}
    order = sorted(weights, key=lambda each: (-(pot * each[1] % whole), each[0]))
    for practice, _ in order[: pot - sum(shares.values())]:
        shares[practice] += 1
    return shares


async def _check(place: Place, owner: asyncpg.Connection, offices: list[Office]) -> None:
    """Every line of ours is the second calculation's, to the penny, and there are as many of each."""
    expected = {tuple(row) for row in await owner.fetch("SELECT practice, period_from, component, amount FROM bare")}
    worker, found = await asyncpg.connect(place.urls["worker"]), []
    for office in offices:
        await worker.execute("SELECT set_config('app.commissioner', $1, false)", str(office.tenant))
        found += [tuple(row) for row in await worker.fetch(OURS, office.tenant)]
    await worker.close()
    lines = sum(office.practices for office in offices) * MONTHS * COMPONENTS
    if len(found) != lines or set(found) != expected:
        raise RuntimeError(f"{len(set(found) ^ expected)} of {len(found)} lines differ; there should be {lines}")
