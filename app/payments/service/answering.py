"""How the office deals with a query: who looks after it, its answer, and a second person for an amount."""

from datetime import datetime
from uuid import UUID

from app.access import service as access
from app.access.values import Role
from app.core.audit import audit
from app.core.clock import london_date
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.events import emit
from app.core.principal import Principal
from app.core.repository import Expected
from app.payments.errors import (
    CorrectionSamePerson,
    HeldBackLine,
    NothingToCorrect,
    NotOfTheOffice,
    QueryOfOwnPractice,
    UnknownPayee,
)
from app.payments.events import (
    CorrectionCorrected,
    CorrectionProposed,
    CorrectionRefused,
    QueryAnswered,
    QueryChanged,
    QueryOverdue,
)
from app.payments.repository.queries import CorrectionRepository, QueryRepository
from app.payments.repository.statements import StatementRepository
from app.payments.rules.ceiling import COMPONENT as HELD_BACK
from app.payments.service.asking import FullQuery, about, filled, lock_open, lock_seen
from app.payments.service.naming import unknown_organisations
from app.payments.tables import PaymentCorrection, PaymentLine, PaymentQuery, PaymentStatement
from app.payments.values import CorrectionState, QueryBrief, QueryOutcome, QueryState, WantedCorrection

ANSWER, APPROVE, REFUSE = "queries:answer", "payments:approve", "payments:reject"


async def assign_query(
    session: Tx, caller: Principal, query_id: UUID, *, owner: UUID | None, expected: Expected, now: datetime
) -> FullQuery:
    """Name the person of the office who looks after it; None leaves it to everybody who may answer."""
    query = await lock_open(session, caller, query_id, ANSWER, expected=expected, now=now)
    if owner is not None and owner not in await access.list_holders(session, {Role.SCHEME_MANAGER}, now):
        raise NotOfTheOffice(errors=[FieldError("/owner", NotOfTheOffice.code, "This person may not answer queries.")])
    if query.owner_id != owner:
        query.owner_id = owner
        emit(session, QueryChanged(**about(query)))
        audit(session, "payment_query.assigned", query.id, owner=owner)
        await session.flush()  # the row's version is raised by the flush
    return await filled(session, query)


async def answer_query(
    session: Tx,
    caller: Principal,
    query_id: UUID,
    *,
    outcome: QueryOutcome,
    text: str,
    correction: WantedCorrection | None,
    expected: Expected,
    now: datetime,
) -> FullQuery:
    """Answer, once. With an amount the answer waits until a second person has approved it."""
    query = await lock_open(session, caller, query_id, ANSWER, expected=expected, now=now)
    person = caller.require_person()
    line, statement = await StatementRepository(session, session.tenant).get_line(query.statement_id, query.line_no)
    await _require_no_post_there(session, person, query, line, statement, now=now)
    if correction is not None:
        await _require_correctable(session, line)
    query.outcome, query.answer, query.answered_by = outcome, text, person
    if correction is None:
        _close(session, query, now=now)
    else:
        query.state = QueryState.APPROVING
        proposed = _proposed(query, line, statement, correction, person=person, now=now)
        session.add(proposed)
        emit(session, CorrectionProposed(**about(query)))
        audit(session, "payment_correction.proposed", query.id, amount=correction.amount)
    await session.flush()  # the row's version is raised by the flush, and what was proposed is read below
    return await filled(session, query)


async def _require_correctable(session: Tx, line: PaymentLine) -> None:
    if line.component == HELD_BACK:
        raise HeldBackLine
    # A run blocks what it works out for such an organisation, and would pay the amount to it all the same.
    if line.payee_type == "organisation" and await unknown_organisations(session, frozenset((line.payee_code,))):
        raise UnknownPayee(f"Nobody knows {line.payee_code}.")


async def correct_again(
    session: Tx, caller: Principal, query_id: UUID, wanted: WantedCorrection, *, expected: Expected, now: datetime
) -> FullQuery:
    """Propose to correct what was approved. The query stays answered; what was approved stays due, and this comes beside it
    once a second person has approved it.
    """
    query = await lock_seen(session, caller, query_id, ANSWER, now=now)
    expected.check(query.version)
    before = await CorrectionRepository(session, session.tenant).list_of_query(query.id)
    states = {each.state for each in before}
    if (
        query.state != QueryState.ANSWERED
        or CorrectionState.APPROVED not in states
        or CorrectionState.PROPOSED in states
    ):
        raise NothingToCorrect
    person = caller.require_person()
    line, statement = await StatementRepository(session, session.tenant).get_line(query.statement_id, query.line_no)
    await _require_no_post_there(session, person, query, line, statement, now=now)
    session.add(_proposed(query, line, statement, wanted, person=person, now=now))
    # Whoever has read the query before has not read this.
    query.version += 1
    emit(session, CorrectionProposed(**about(query)))
    audit(session, "payment_correction.proposed", query.id, amount=wanted.amount)
    await session.flush()  # what was proposed is read below
    return await filled(session, query)


def _proposed(
    query: PaymentQuery,
    line: PaymentLine,
    statement: PaymentStatement,
    wanted: WantedCorrection,
    *,
    person: UUID,
    now: datetime,
) -> PaymentCorrection:
    """It goes where the line went: the same practice's statement, component, period and payee."""
    return PaymentCorrection(
        commissioner_id=query.commissioner_id,
        query_id=query.id,
        scheme_id=query.scheme_id,
        practice=statement.practice,
        component=line.component,
        period_from=line.period_from,
        period_until=line.period_until,
        payee_type=line.payee_type,
        payee_code=line.payee_code,
        amount=wanted.amount,
        reason=wanted.reason,
        state=CorrectionState.PROPOSED,
        proposed_by=person,
        proposed_at=now,
    )


async def approve_correction(
    session: Tx, caller: Principal, query_id: UUID, *, expected: Expected, now: datetime
) -> FullQuery:
    """From now on the amount is due; the next run pays it."""
    query, correction = await _decide(session, caller, query_id, APPROVE, expected=expected, now=now)
    correction.state = CorrectionState.APPROVED
    if query.state == QueryState.ANSWERED:
        query.version += 1
        emit(session, CorrectionCorrected(**about(query)))
    else:
        _close(session, query, now=now)
    audit(session, "payment_correction.approved", query.id, amount=correction.amount)
    await session.flush()  # the row's version is raised by the flush
    return await filled(session, query)


async def refuse_correction(
    session: Tx, caller: Principal, query_id: UUID, *, reason: str, expected: Expected, now: datetime
) -> FullQuery:
    """The query is as it was before the amount was proposed: open, or answered by what was approved."""
    query, correction = await _decide(session, caller, query_id, REFUSE, expected=expected, now=now)
    correction.state, correction.refusal = CorrectionState.REFUSED, reason
    if query.state == QueryState.ANSWERED:
        query.version += 1
    else:
        query.state, query.outcome, query.answer, query.answered_by = QueryState.OPEN, None, None, None
    emit(session, CorrectionRefused(**about(query), proposed_by=str(correction.proposed_by)))
    audit(session, "payment_correction.refused", query.id, amount=correction.amount)
    await session.flush()  # the row's version is raised by the flush
    return await filled(session, query)


async def _decide(
    session: Tx, caller: Principal, query_id: UUID, scope: str, *, expected: Expected, now: datetime
) -> tuple[PaymentQuery, PaymentCorrection]:
    query = await lock_seen(session, caller, query_id, scope, now=now)
    expected.check(query.version)
    correction = await CorrectionRepository(session, session.tenant).get_proposed(query.id)
    person = caller.require_person()
    if person in await access.hands_of(session, correction.proposed_by):
        raise CorrectionSamePerson("You proposed the correction, or gave a key or a role to whoever did.")
    line, statement = await StatementRepository(session, session.tenant).get_line(query.statement_id, query.line_no)
    await _require_no_post_there(session, person, query, line, statement, now=now)
    correction.decided_by, correction.decided_at = person, now
    return query, correction


async def _require_no_post_there(
    session: Tx, person: UUID, query: PaymentQuery, line: PaymentLine, statement: PaymentStatement, *, now: datetime
) -> None:
    own = await access.own_practices(session, person, since=line.period_from, today=london_date(now))
    theirs = sorted(own & {query.practice, statement.practice, line.payee_code})
    if theirs:
        raise QueryOfOwnPractice(
            f"You have, or had in the time of the line, a post or a role at {', '.join(theirs)}, or where it was taken over."
        )


def _close(session: Tx, query: PaymentQuery, *, now: datetime) -> None:
    query.state, query.answered_at = QueryState.ANSWERED, now
    outcome = QueryOutcome(query.outcome or "")
    emit(session, QueryAnswered(**about(query), outcome=outcome))
    audit(session, "payment_query.answered", query.id, outcome=outcome)


async def escalate_overdue(session: Tx, *, now: datetime) -> None:
    """Each overdue query is escalated once: its event tells whoever answers for the office."""
    for query in await QueryRepository(session, session.tenant).lock_overdue(london_date(now)):
        query.escalated_at = now
        emit(session, QueryOverdue(**about(query)))
        audit(session, "payment_query.overdue", query.id, due_on=query.due_on)


async def query_brief(session: Tx, query_id: UUID) -> QueryBrief:
    """For notices."""
    row = await QueryRepository(session, session.tenant).get(query_id)
    return QueryBrief(
        practice=row.practice,
        line=row.line,
        scheme_id=row.scheme_id,
        due_on=row.due_on,
        owner=row.owner_id,
        outcome=QueryOutcome(row.outcome) if row.outcome else None,
        is_answered=row.state == QueryState.ANSWERED,
    )
