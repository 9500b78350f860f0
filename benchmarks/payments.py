"""A month of England in one run: 7,000 practices, two components, frozen, worked out, written line by line, published.

The simplest program reads the lists, does integer arithmetic, and copies the amounts into a bare table.
"""

import time
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import asyncpg

from app.core.clock import Period
from app.core.db import Actor, make_engine, unit_of_work
from app.core.ids import new_id
from app.core.repository import Expected
from app.payments import service as payments
from app.schemes import service as schemes
from app.schemes.values import Capacity, Signatory, SignUp
from benchmarks.place import PRACTICES, Figure, Place, compare

NOW = datetime(2026, 6, 1, tzinfo=UTC)
YEAR = Period(date(2026, 4, 1), date(2027, 4, 1))
MONTH = Period(date(2026, 4, 1), date(2026, 5, 1))
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
CHUNK = 500


async def measure(place: Place) -> list[Figure]:
    tenant = await _fill(place)
    scheme, people = await _agree(place, tenant)
    ours, simplest = [], []
    for month in range(3):
        period = Period(date(2026, 4 + month, 1), date(2026, 5 + month, 1))
        ours.append(await _product(place, tenant, scheme, people, period))
        simplest.append(await _simplest(place))
    return [compare("a month of England, 14,000 lines", ours, simplest, "s")]


async def _fill(place: Place) -> UUID:
    platform = await asyncpg.connect(place.urls["platform"])
    tenant = new_id()
    await platform.execute(
        "INSERT INTO commissioner (id, code, name, kind, created_at) VALUES ($1, 'ZB99', 'All', 'ccg', now())", tenant
    )
    await platform.execute("INSERT INTO published.change_number (commissioner_id) VALUES ($1)", tenant)
    await platform.execute(
        """INSERT INTO register_practice (code, name, status, prescribing_setting, is_practice, address_lines, as_at,
        updated_at) SELECT 'ZB' || lpad(n::text, 4, '0'), 'Invented Surgery ' || n, 'active', '4', true, '{}',
        '2026-04-01', now() FROM generate_series(0, $1 - 1) n""", PRACTICES,
    )  # fmt: skip
    await platform.execute(
        """INSERT INTO register_membership (id, practice, commissioner, valid_from, source, recorded_at)
        SELECT gen_random_uuid(), code, 'ZB99', '2013-04-01', 'bench', now() FROM register_practice"""
    )
    await platform.execute(
        """INSERT INTO register_list_size (id, practice, as_at, source, registered, weighted, recorded_at)
        SELECT gen_random_uuid(), code, '2026-04-01', 'bench', 5000 + right(code, 4)::int, 5100.25 + right(code, 4)::int,
        now() FROM register_practice"""
    )
    await platform.execute("ANALYZE")
    await platform.close()
    return tenant


async def _agree(place: Place, tenant: UUID) -> tuple[UUID, list[UUID]]:
    engine = make_engine(place.urls["app"].replace("postgresql://", "postgresql+asyncpg://"))
    people = [new_id() for _ in range(3)]
    async with unit_of_work(engine, tenant) as session:
        connection = await session.connection()
        for n, person in enumerate(people):
            await connection.exec_driver_sql(
                "INSERT INTO person (commissioner_id, id, name, name_key, created_at) VALUES ($1, $2, $3, $3, now())",
                (tenant, person, f"person {n}"),
            )
        scheme = await schemes.create_scheme(
            session, code="ALL", title="Engagement", purpose="Measured", financial_year="2026/27", budget=None,
            payment_terms_days=30, pay_code=None, cost_centre=None, now=NOW,
        )  # fmt: skip
        version = await schemes.add_version(
            session, scheme.id, applies=YEAR, definition=DEFINITION, reason="first", now=NOW
        )
        await session.flush()
        await schemes.publish_version(
            session, scheme.id, version.n, expected=Expected("*", required=True), person_id=people[0], now=NOW
        )
        signatory = Signatory("Dr A", Capacity.CONTRACT_HOLDER)
        sign_ups = [SignUp(f"ZB{n:04d}", date(2026, 3, 1), signatory) for n in range(PRACTICES)]
        await schemes.record_sign_ups(session, scheme.id, sign_ups, recorded_by=people[0], now=NOW)
    await engine.dispose()
    return scheme.id, people


async def _product(place: Place, tenant: UUID, scheme: UUID, people: list[UUID], period: Period) -> float:
    """What the payments worker does, in the same transactions; approval and release stand beside the clock."""
    engine = make_engine(place.urls["worker"].replace("postgresql://", "postgresql+asyncpg://"))
    app = make_engine(place.urls["app"].replace("postgresql://", "postgresql+asyncpg://"))
    async with unit_of_work(app, tenant, actor=Actor(person_id=people[0])) as session:
        run, _ = await payments.request_run(
            session, scheme_id=scheme, period=period, note=None, person=people[0], now=NOW
        )
    started = time.perf_counter()
    async with unit_of_work(engine, tenant) as session:
        await payments.freeze_run(session, run.id)
    async with unit_of_work(engine, tenant) as session:
        frozen = await payments.load_frozen(session, run.id)
    worked = frozen.work_out()
    async with unit_of_work(engine, tenant) as session:
        names = await payments.name_payees(session, worked)
    for start in range(0, len(worked.statements), CHUNK):
        async with unit_of_work(engine, tenant) as session:
            chunk = worked.statements[start : start + CHUNK]
            await payments.write_statements(session, run.id, chunk, names=names, done=start, total=PRACTICES)
    async with unit_of_work(engine, tenant) as session:
        await payments.publish_run(session, run.id, worked, now=NOW)
    took = time.perf_counter() - started
    expected = sum(_pence(5000 + n, 200) + _pence(Decimal("5100.25") + n, 135) for n in range(PRACTICES))
    if worked.total != expected:
        raise RuntimeError(f"{worked.total} pence instead of {expected}")
    rejecting = Expected("*", required=True)
    async with unit_of_work(app, tenant, actor=Actor(person_id=people[1])) as session:
        await payments.reject_run(session, run.id, person=people[1], expected=rejecting, reason="measured", now=NOW)
    await engine.dispose()
    await app.dispose()
    return took


def _pence(size: Decimal | int, rate: int) -> int:
    """Half up, a twelfth of the year, in integers: the second calculation."""
    quarters = int(size * 100) * rate
    return (2 * quarters + 1200) // 2400


async def _simplest(place: Place) -> float:
    owner = await asyncpg.connect(place.urls["owner"])
    await owner.execute("DROP TABLE IF EXISTS bare")
    await owner.execute(
        "CREATE TABLE bare (practice text, component text, pence bigint, PRIMARY KEY (practice, component))"
    )
    started = time.perf_counter()
    rows = await owner.fetch("SELECT practice, registered, weighted FROM register_list_size")
    lines = [(row[0], "engagement", _pence(row[1], 200)) for row in rows]
    lines += [(row[0], "need", _pence(row[2], 135)) for row in rows]
    await owner.copy_records_to_table("bare", records=lines)
    took = time.perf_counter() - started
    await owner.close()
    return took
