"""Queries about lines: a practice asks, both sides write, and the practice says who else may read it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from app.core.audit import audit
from app.core.changes import Marks, practice_marks
from app.core.clock import london_date
from app.core.db import Tx
from app.core.events import emit
from app.core.pagination import Cursors, PageParams
from app.core.principal import Principal
from app.core.repository import Expected, Page
from app.organisations import service as organisations
from app.payments.errors import LineNotFound, QueryClosed, QueryFull
from app.payments.events import QueryAnswered, QueryMessaged, QueryOpened, QueryShared
from app.payments.repository.queries import CorrectionRepository, MessageRepository, QueryRepository
from app.payments.repository.runs import RunRepository
from app.payments.repository.statements import StatementRepository
from app.payments.rules.querying import answer_due
from app.payments.rules.references import split_line_reference
from app.payments.service.following import followed
from app.payments.tables import PaymentCorrection, PaymentLine, PaymentQuery, PaymentQueryMessage, PaymentStatement
from app.payments.values import POSTED, QueryOutcome, QuerySide, QuerySight, QueryState
from app.schemes import service as schemes

READ, SEE_ALL, RAISE, WRITE = "queries:read", "queries:all", "queries:raise", "queries:write"
MOST_MESSAGES: Final = 200


@dataclass(frozen=True, slots=True)
class FullQuery:
    """A query with what was said in it, and with the corrections that it led to, in their order."""

    query: PaymentQuery
    messages: list[PaymentQueryMessage] = field(default_factory=list)
    corrections: list[PaymentCorrection] = field(default_factory=list)


async def open_query(
    session: Tx, caller: Principal, reference: str, *, text: str, share_with_lmc: bool, now: datetime
) -> FullQuery:
    """By a practice, about a line of a released run that is on its statement or pays it; or that of one it took over."""
    line, statement, practice = await _own_line(session, caller, reference, today=london_date(now))
    scheme_id = await _posted_scheme(session, statement)
    scheme = await schemes.get_scheme(session, scheme_id)
    query = PaymentQuery(
        commissioner_id=session.tenant,
        scheme_id=scheme_id,
        statement_id=statement.id,
        line_no=line.no,
        line=reference,
        practice=practice,
        text=text,
        state=QueryState.OPEN,
        due_on=answer_due(london_date(now), scheme.query_days),
        shared_at=now if share_with_lmc else None,
        opened_by=caller.require_person(),
        opened_at=now,
    )
    session.add(query)
    # Flushed here, so that a second open query about the line is refused by this call and not at the commit.
    await session.flush()
    emit(session, QueryOpened(**about(query)))
    if share_with_lmc:
        emit(session, QueryShared(**about(query)))
    audit(session, "payment_query.opened", query.id, line=reference, practice=practice, shared=share_with_lmc)
    return FullQuery(query)


async def _own_line(
    session: Tx, caller: Principal, reference: str, *, today: date
) -> tuple[PaymentLine, PaymentStatement, str]:
    """The line, its statement, and the practice that asks."""
    place = split_line_reference(reference)
    found = await StatementRepository(session, session.tenant).find_line(*place) if place else None
    if found is None:
        raise LineNotFound
    line, statement = found
    own = await followed(session, caller, RAISE, today=today)
    practice = own.get(statement.practice) or own.get(line.payee_code)
    if practice is None:
        raise LineNotFound
    return line, statement, practice


async def _posted_scheme(session: Tx, statement: PaymentStatement) -> UUID:
    run = await RunRepository(session, session.tenant).get(statement.run_id)
    if run.state not in POSTED:
        raise LineNotFound
    return run.scheme_id


async def sight_of(session: Tx, caller: Principal, *, now: datetime) -> QuerySight:
    """The office and the auditor see all, a practice its own and those of who it took over; the LMC what a practice of its
    area, or one that was taken over by such a one, shares with it.
    """
    today = london_date(now)
    area = await organisations.reachable(session, caller, READ, on=today)
    return QuerySight(
        practices=await _reached(session, caller, SEE_ALL, today=today),
        shared=None if area is None else area.union(await organisations.predecessors(session, area, on=today)),
    )


async def changes_seen(session: Tx, caller: Principal, now: datetime) -> Marks | None:
    """Of which queries the change feed tells the caller: those that they see, and of what is only proposed who knows it."""
    sight = await sight_of(session, caller, now=now)
    if sight.practices is None:
        return None if knows_proposals(caller) else frozenset({"decided"})
    shared = frozenset({"shared"}) if sight.shared is None else practice_marks(sight.shared, "shared")
    return practice_marks(sight.practices) | shared


def about(query: PaymentQuery) -> dict[str, Any]:
    """What every event of a query says of it."""
    return {"subject": str(query.id), "practice": query.practice, "is_shared": query.shared_at is not None}


def knows_proposals(caller: Principal) -> bool:
    """Whether what is only proposed is theirs to know: it may still be refused, so it is the affair of those of the office who
    see its runs. An engagement lead reads every query, and waits for the answer as the practice does.
    """
    return caller.covers_commissioner("runs:read")


async def _reached(session: Tx, caller: Principal, scope: str, *, today: date) -> frozenset[str] | None:
    """None: all of the commissioner's."""
    reach = await organisations.reachable(session, caller, scope, on=today)
    return None if reach is None else reach.union(await followed(session, caller, scope, today=today))


async def get_query(session: Tx, caller: Principal, query_id: UUID, *, now: datetime) -> FullQuery:
    sight = await sight_of(session, caller, now=now)
    return await filled(session, await QueryRepository(session, session.tenant).get_seen(query_id, sight))


async def list_queries(
    session: Tx,
    caller: Principal,
    *,
    state: QueryState | None,
    overdue: bool,
    waiting: bool,
    params: PageParams,
    cursors: Cursors,
    now: datetime,
) -> Page[PaymentQuery]:
    """Nobody but the office finds anything by `waiting`."""
    sight = await sight_of(session, caller, now=now)
    if waiting and not knows_proposals(caller):
        sight = QuerySight(practices=frozenset(), shared=frozenset())
    return await QueryRepository(session, session.tenant).list_page(
        sight,
        state=state,
        overdue_on=london_date(now) if overdue else None,
        waiting=waiting,
        params=params,
        cursors=cursors,
    )


async def filled(session: Tx, query: PaymentQuery) -> FullQuery:
    messages = await MessageRepository(session, session.tenant).list_of_query(query.id)
    corrections = await CorrectionRepository(session, session.tenant).list_of_query(query.id)
    return FullQuery(query, list(messages), list(corrections))


async def write_message(
    session: Tx, caller: Principal, query_id: UUID, *, text: str, now: datetime
) -> PaymentQueryMessage:
    """By either side while the query is not answered."""
    query = await lock_open(session, caller, query_id, WRITE, now=now)
    if query.messages >= MOST_MESSAGES:
        raise QueryFull
    own = await followed(session, caller, WRITE, today=london_date(now))
    side = QuerySide.PRACTICE if query.practice in own else QuerySide.OFFICE
    message = PaymentQueryMessage(
        commissioner_id=session.tenant,
        query_id=query.id,
        side=side,
        text=text,
        written_by=caller.require_person(),
        written_at=now,
    )
    session.add(message)
    query.messages += 1
    emit(session, QueryMessaged(**about(query), side=side))
    audit(session, "payment_query.messaged", query.id, side=side)
    return message


async def share_query(
    session: Tx, caller: Principal, query_id: UUID, *, expected: Expected, now: datetime
) -> FullQuery:
    """From now on the LMC may read all of it; sharing it again changes nothing, and it is not taken back."""
    query = await lock_seen(session, caller, query_id, RAISE, now=now)
    expected.check(query.version)
    if query.shared_at is None:
        query.shared_at = now
        emit(session, QueryShared(**about(query)))
        audit(session, "payment_query.shared", query.id)
        await session.flush()  # the row's version is raised by the flush
    return await filled(session, query)


async def withdraw_query(
    session: Tx, caller: Principal, query_id: UUID, *, expected: Expected, now: datetime
) -> FullQuery:
    """By the practice that asked: there is nothing left to answer."""
    query = await lock_open(session, caller, query_id, RAISE, expected=expected, now=now)
    query.state, query.outcome = QueryState.ANSWERED, QueryOutcome.WITHDRAWN
    query.answered_by, query.answered_at = caller.require_person(), now
    await session.flush()  # the row's version is raised by the flush
    emit(session, QueryAnswered(**about(query), outcome=QueryOutcome.WITHDRAWN))
    audit(session, "payment_query.answered", query.id, outcome=QueryOutcome.WITHDRAWN)
    return await filled(session, query)


async def lock_open(
    session: Tx, caller: Principal, query_id: UUID, scope: str, *, expected: Expected | None = None, now: datetime
) -> PaymentQuery:
    query = await lock_seen(session, caller, query_id, scope, now=now)
    if expected is not None:
        expected.check(query.version)
    if query.state != QueryState.OPEN:
        raise QueryClosed(f"The query is {query.state}.")
    return query


async def lock_seen(session: Tx, caller: Principal, query_id: UUID, scope: str, *, now: datetime) -> PaymentQuery:
    """The query, locked against whoever else moves it at the same time. 404 where the caller's role ends short of it."""
    reach = await _reached(session, caller, scope, today=london_date(now))
    sight = QuerySight(practices=reach, shared=frozenset())
    return await QueryRepository(session, session.tenant).get_seen(query_id, sight, for_update=True)
