"""Who was asked, who has agreed, and what their agreements say."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, text
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among
from app.schemes.errors import OfferNotFound
from app.schemes.repository.rows import ROWS, as_json
from app.schemes.tables import ImprovementAreaRow, ParticipationRow, SchemeRow
from app.schemes.values import (
    Agreement,
    ParticipationPart,
    ParticipationSource,
    ParticipationState,
    scheme_year,
)

_OFFER = text(
    f"""
INSERT INTO participation (commissioner_id, id, scheme_id, practice, state, source, offered_at, respond_by, version_n,
                           words_digest, historical, recorded_at, version)
SELECT r.commissioner_id, r.id, r.scheme_id, r.practice, 'offered', 'offer', r.offered_at, r.respond_by, r.version_n,
       r.words_digest, false, r.recorded_at, 1 {ROWS.format("participation")}
ON CONFLICT ON CONSTRAINT uq_participation DO UPDATE SET
  state = 'offered', source = 'offer', offered_at = excluded.offered_at, respond_by = excluded.respond_by,
  version_n = excluded.version_n, words_digest = excluded.words_digest, decline_reason = NULL, answered_at = NULL,
  answered_by = NULL, version = participation.version + 1
WHERE participation.state = 'declined'
   OR (participation.state = 'offered' AND participation.respond_by < (excluded.offered_at AT TIME ZONE 'Europe/London')::date)
RETURNING participation.practice"""
)
_SIGN_UP = text(
    f"""
INSERT INTO participation (commissioner_id, id, scheme_id, practice, state, source, version_n, words_digest, valid_from,
                           valid_until, signed_on, signatory_name, signatory_capacity, evidence, historical, answered_at,
                           answered_by, recorded_at, version)
SELECT r.commissioner_id, r.id, r.scheme_id, r.practice, 'accepted', 'sign_up', r.version_n, r.words_digest,
       r.valid_from, r.valid_until, r.signed_on, r.signatory_name, r.signatory_capacity, r.evidence, r.historical,
       r.recorded_at, r.answered_by, r.recorded_at, 1 {ROWS.format("participation")}
ON CONFLICT ON CONSTRAINT uq_participation DO UPDATE SET
  state = 'accepted', source = 'sign_up', version_n = excluded.version_n, words_digest = excluded.words_digest,
  valid_from = excluded.valid_from, valid_until = excluded.valid_until, signed_on = excluded.signed_on,
  signatory_name = excluded.signatory_name, signatory_capacity = excluded.signatory_capacity,
  evidence = excluded.evidence, historical = excluded.historical, answered_at = excluded.answered_at,
  answered_by = excluded.answered_by, decline_reason = NULL, version = participation.version + 1
WHERE participation.state <> 'accepted'
   OR (participation.source = 'sign_up'
       AND (participation.valid_from, participation.valid_until, participation.signed_on, participation.signatory_name,
            participation.signatory_capacity, participation.evidence, participation.historical)
           IS DISTINCT FROM (excluded.valid_from, excluded.valid_until, excluded.signed_on, excluded.signatory_name,
                             excluded.signatory_capacity, excluded.evidence, excluded.historical))
RETURNING participation.practice, (xmax = 0) AS is_new"""
)
# What was offered today is news enough.
_TAKE_DUE = text(
    """
UPDATE participation SET reminded_for = respond_by
WHERE commissioner_id = :tenant AND state = 'offered' AND respond_by BETWEEN :today AND :until
  AND reminded_for IS DISTINCT FROM respond_by AND (offered_at AT TIME ZONE 'Europe/London')::date < :today
RETURNING scheme_id, practice"""
)
_TOUCHED = text(
    """
SELECT
  (SELECT count(*) FROM participation WHERE commissioner_id = :tenant AND practice = ANY(CAST(:codes AS text[]))
     AND state = 'offered' AND respond_by >= :day) AS offers,
  (SELECT count(*) FROM participation AS p JOIN scheme AS s ON (s.commissioner_id, s.id) = (p.commissioner_id, p.scheme_id)
   WHERE p.commissioner_id = :tenant AND p.practice = ANY(CAST(:codes AS text[])) AND p.state = 'accepted'
     AND coalesce(p.valid_until, s.starts_on + interval '1 year') > :day) AS agreements,
  (SELECT count(*) FROM scheme_fact WHERE commissioner_id = :tenant AND practice = ANY(CAST(:codes AS text[]))
     AND superseded_at IS NULL AND happened_on >= :day) AS facts,
  (SELECT count(*) FROM claim WHERE commissioner_id = :tenant AND practice = ANY(CAST(:codes AS text[]))
     AND state IN ('open', 'declared', 'vetted', 'approved')) AS claims"""
)
_OF_SCHEME = and_(
    col(SchemeRow.commissioner_id) == col(ParticipationRow.commissioner_id),
    col(SchemeRow.id) == col(ParticipationRow.scheme_id),
)


class ParticipationRepository(TenantRepository[ParticipationRow]):
    table = ParticipationRow
    missing = OfferNotFound

    async def list_of(
        self,
        scheme_id: UUID,
        part: ParticipationPart,
        *,
        practices: frozenset[str] | None,
        state: str | None,
        today: date,
        params: PageParams,
        cursors: Cursors,
    ) -> Page[ParticipationRow]:
        statement = self._part(scheme_id, part)
        if practices is not None:
            statement = statement.where(among(ParticipationRow.practice, sorted(practices)))
        if state:
            statement = statement.where(self._in_state(state, today=today))
        keys, kind = [ParticipationRow.practice], f"{part}:{scheme_id}:{state}"
        return await self.page(statement, keys=keys, params=params, cursors=cursors, kind=kind)

    async def get_of(self, scheme_id: UUID, part: ParticipationPart, row_id: UUID) -> ParticipationRow:
        return await self.get_one(self._part(scheme_id, part).where(col(ParticipationRow.id) == row_id))

    def _part(self, scheme_id: UUID, part: ParticipationPart) -> Select[Any]:
        statement = self.select().where(col(ParticipationRow.scheme_id) == scheme_id)
        if part == "offers":
            return statement.where(col(ParticipationRow.offered_at).is_not(None))
        if part == "sign-ups":
            return statement.where(col(ParticipationRow.source) == ParticipationSource.SIGN_UP)
        return statement

    async def list_answered_by(self, person_id: UUID) -> Sequence[ParticipationRow]:
        return await self.list(col(ParticipationRow.answered_by) == person_id)

    async def list_led_by(self, person_id: UUID) -> Sequence[ParticipationRow]:
        return await self.list(col(ParticipationRow.named_lead_id) == person_id)

    def _in_state(self, state: str, *, today: date) -> ColumnElement[bool]:
        """As an answer names it: an offer whose last day is over is `lapsed`, and is stored as offered."""
        lapsed = and_(
            col(ParticipationRow.state) == ParticipationState.OFFERED, col(ParticipationRow.respond_by) < today
        )
        if state == "lapsed":
            return lapsed
        return and_(col(ParticipationRow.state) == state, not_(func.coalesce(lapsed, false())))

    async def list_agreements(
        self, scheme_id: UUID, practices: Sequence[str] | None = None, *, known_at: datetime | None = None
    ) -> list[Agreement]:
        """Every agreement that was accepted, by then where an instant is given, or those practices'; columns only, since a
        run asks for thousands.
        """
        statement = (
            select_columns(
                col(ParticipationRow.practice),
                col(ParticipationRow.valid_from),
                col(ParticipationRow.valid_until),
                col(SchemeRow.starts_on),
            )
            .join(SchemeRow, _OF_SCHEME)
            .where(
                col(ParticipationRow.commissioner_id) == self.tenant,
                col(ParticipationRow.scheme_id) == scheme_id,
                col(ParticipationRow.state) == ParticipationState.ACCEPTED,
            )
        )
        if practices is not None:
            statement = statement.where(among(ParticipationRow.practice, practices))
        if known_at is not None:
            statement = statement.where(col(ParticipationRow.answered_at) <= known_at)
        rows = (await (await self.session.connection()).execute(statement)).all()
        return [Agreement(row.practice, row.valid_from, row.valid_until, scheme_year(row.starts_on)) for row in rows]

    async def list_by_practice(self, scheme_id: UUID, practices: Sequence[str]) -> dict[str, ParticipationRow]:
        rows = await self.list(
            col(ParticipationRow.scheme_id) == scheme_id, among(ParticipationRow.practice, practices)
        )
        return {row.practice: row for row in rows}

    async def list_codes_in_state(self, scheme_id: UUID, state: ParticipationState) -> Sequence[str]:
        statement = select(ParticipationRow.practice).where(
            ParticipationRow.commissioner_id == self.tenant,
            ParticipationRow.scheme_id == scheme_id,
            ParticipationRow.state == state,
        )
        return (await self.session.exec(statement)).all()

    async def list_joining(self, scheme_id: UUID, *, today: date) -> Sequence[str]:
        """The practices that have agreed, and those that may still answer an offer."""
        may_answer = self._in_state(ParticipationState.OFFERED, today=today)
        statement = select(ParticipationRow.practice).where(
            ParticipationRow.commissioner_id == self.tenant,
            ParticipationRow.scheme_id == scheme_id,
            or_(col(ParticipationRow.state) == ParticipationState.ACCEPTED, may_answer),
        )
        return (await self.session.exec(statement)).all()

    async def list_of_practice(self, practice: str) -> Sequence[tuple[ParticipationRow, SchemeRow]]:
        statement = (
            select(ParticipationRow, SchemeRow)
            .join(SchemeRow, _OF_SCHEME)
            .where(ParticipationRow.commissioner_id == self.tenant, ParticipationRow.practice == practice)
            .order_by(col(SchemeRow.starts_on), col(SchemeRow.code))
        )
        return (await self.session.exec(statement)).all()

    async def offer(self, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Insert the offers of practices that have none, renew those that declined or let theirs lapse; returns whose."""
        found = await (await self.session.connection()).execute(_OFFER, {"rows": as_json(rows)})
        return sorted(found.scalars())

    async def take_due(self, today: date, *, until: date) -> list[tuple[UUID, str]]:
        """Offers without an answer whose last day is near, by scheme and practice; each of them once."""
        values = {"tenant": self.tenant, "today": today, "until": until}
        found = (await (await self.session.connection()).execute(_TAKE_DUE, values)).all()
        return [(row.scheme_id, row.practice) for row in found]

    async def sign_up(self, rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
        """Insert or correct agreements recorded by the office; returns the practices created and updated.

        An agreement that the practice made itself stays as it is.
        """
        found = (await (await self.session.connection()).execute(_SIGN_UP, {"rows": as_json(rows)})).all()
        return sorted(row[0] for row in found if row[1]), sorted(row[0] for row in found if not row[1])

    async def list_areas(self, participation_ids: Sequence[UUID]) -> Sequence[ImprovementAreaRow]:
        statement = (
            select(ImprovementAreaRow)
            .where(
                ImprovementAreaRow.commissioner_id == self.tenant,
                col(ImprovementAreaRow.participation_id).in_(participation_ids),
            )
            .order_by(col(ImprovementAreaRow.participation_id), col(ImprovementAreaRow.no))
        )
        return (await self.session.exec(statement)).all()


async def count_touched(session: Tx, practices: Sequence[str], *, on: date) -> Any:
    """Open offers, agreements still in force and facts, of those practices from that day on."""
    values = {"tenant": session.tenant, "codes": list(practices), "day": on}
    return (await (await session.connection()).execute(_TOUCHED, values)).one()
