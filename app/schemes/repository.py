"""Every SELECT, lock and bulk write of schemes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, and_, false, func, not_, text, update
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from app.core.clock import Period
from app.core.db import Tx
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among
from app.schemes.errors import FactNotFound, OfferNotFound, SchemeNotFound, VersionNotFound
from app.schemes.tables import FactRow, ImprovementAreaRow, ParticipationRow, SchemeRow, VersionRow
from app.schemes.values import (
    Agreement,
    ParticipationPart,
    ParticipationSource,
    ParticipationState,
    SchemeState,
    VersionState,
    scheme_year,
)

_LOCK_FACTS = text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 6))")
# One JSON parameter holds all rows, so thousands are one statement whatever the limit on parameters.
_ROWS = "FROM json_populate_recordset(NULL::{0}, CAST(:rows AS json)) AS r"
_OFFER = text(
    f"""
INSERT INTO participation (commissioner_id, id, scheme_id, practice, state, source, offered_at, respond_by, version_n,
                           words_digest, historical, recorded_at, version)
SELECT r.commissioner_id, r.id, r.scheme_id, r.practice, 'offered', 'offer', r.offered_at, r.respond_by, r.version_n,
       r.words_digest, false, r.recorded_at, 1 {_ROWS.format("participation")}
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
       r.recorded_at, r.answered_by, r.recorded_at, 1 {_ROWS.format("participation")}
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
_FACT_COLUMNS = (
    "commissioner_id, id, scheme_id, external_id, practice, measure, happened_on, value, numerator, denominator,"
    " subject, note, state, source, recorded_at, recorded_by, confirmed_at, confirmed_by"
)
_ADD_FACTS = text(
    f"INSERT INTO scheme_fact ({_FACT_COLUMNS}, version) SELECT {_FACT_COLUMNS}, 1 {_ROWS.format('scheme_fact')}"
)


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()


_TOUCHED = text(
    """
SELECT
  (SELECT count(*) FROM participation WHERE commissioner_id = :tenant AND practice = ANY(CAST(:codes AS text[]))
     AND state = 'offered' AND respond_by >= :day) AS offers,
  (SELECT count(*) FROM participation AS p JOIN scheme AS s ON (s.commissioner_id, s.id) = (p.commissioner_id, p.scheme_id)
   WHERE p.commissioner_id = :tenant AND p.practice = ANY(CAST(:codes AS text[])) AND p.state = 'accepted'
     AND coalesce(p.valid_until, s.starts_on + interval '1 year') > :day) AS agreements,
  (SELECT count(*) FROM scheme_fact WHERE commissioner_id = :tenant AND practice = ANY(CAST(:codes AS text[]))
     AND superseded_at IS NULL AND happened_on >= :day) AS facts"""
)


class SchemeRepository(TenantRepository[SchemeRow]):
    table = SchemeRow
    missing = SchemeNotFound

    async def list_visible(
        self,
        *,
        drafts: bool,
        state: str | None,
        financial_year: str | None,
        params: PageParams,
        cursors: Cursors,
    ) -> Page[SchemeRow]:
        statement, kind = self.select(), f"schemes:{state}:{financial_year}"
        if not drafts:
            statement = statement.where(col(SchemeRow.state) != SchemeState.DRAFT)
        if state:
            statement = statement.where(col(SchemeRow.state) == state)
        if financial_year:
            statement = statement.where(col(SchemeRow.financial_year) == financial_year)
        return await self.page(statement, keys=[SchemeRow.id], params=params, cursors=cursors, kind=kind)


class VersionRepository(TenantRepository[VersionRow]):
    table = VersionRow
    missing = VersionNotFound

    async def list_visible(
        self, scheme_id: UUID, *, drafts: bool, params: PageParams, cursors: Cursors
    ) -> Page[VersionRow]:
        statement, kind = self.select().where(col(VersionRow.scheme_id) == scheme_id), f"versions:{scheme_id}"
        if not drafts:
            statement = statement.where(col(VersionRow.state) == VersionState.PUBLISHED)
        return await self.page(statement, keys=[VersionRow.n], params=params, cursors=cursors, kind=kind)

    async def get_number(self, scheme_id: UUID, n: int, *, for_update: bool = False) -> VersionRow:
        row = await self.find(col(VersionRow.scheme_id) == scheme_id, col(VersionRow.n) == n, for_update=for_update)
        if row is None:
            raise VersionNotFound
        return row

    async def list_of(self, scheme_id: UUID) -> Sequence[VersionRow]:
        return await self.list(col(VersionRow.scheme_id) == scheme_id, order=(col(VersionRow.n),))

    async def list_published(self, schemes: Sequence[UUID]) -> Sequence[VersionRow]:
        """Of one scheme or several; of each the newest first."""
        return await self.list(
            col(VersionRow.scheme_id).in_(schemes),
            col(VersionRow.state) == VersionState.PUBLISHED,
            order=(col(VersionRow.n).desc(),),
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

    async def list_agreements(self, scheme_id: UUID, practices: Sequence[str] | None = None) -> list[Agreement]:
        """Every agreement that was accepted, or those practices'; columns only, since a run asks for thousands."""
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


class FactRepository(TenantRepository[FactRow]):
    table = FactRow
    missing = FactNotFound

    async def list_page(
        self,
        scheme_id: UUID,
        *,
        reach: frozenset[str] | None,
        practice: str | None,
        measure: str | None,
        state: str | None,
        params: PageParams,
        cursors: Cursors,
    ) -> Page[FactRow]:
        """Current facts of the practices in reach (None: of all), in the order in which they were recorded."""
        statement = self.select().where(col(FactRow.scheme_id) == scheme_id, col(FactRow.superseded_at).is_(None))
        if reach is not None:
            statement = statement.where(among(FactRow.practice, sorted(reach)))
        if practice is not None:
            statement = statement.where(col(FactRow.practice) == practice)
        if measure is not None:
            statement = statement.where(col(FactRow.measure) == measure)
        if state is not None:
            statement = statement.where(col(FactRow.state) == state)
        kind = f"facts:{scheme_id}:{practice}:{measure}:{state}"
        return await self.page(statement, keys=[FactRow.id], params=params, cursors=cursors, kind=kind)

    async def list_recorded_by(self, person_id: UUID) -> Sequence[FactRow]:
        return await self.list(col(FactRow.recorded_by) == person_id)

    async def lock(self, subject: UUID) -> None:
        """Recording is read, compare, write. Two at once for one scheme, or one attendance, would both see the old state."""
        await (await self.session.connection()).execute(_LOCK_FACTS, {"subject": str(subject)})

    async def list_current(self, scheme_id: UUID, external_ids: Sequence[str]) -> dict[str, FactRow]:
        rows = await self.list(
            col(FactRow.scheme_id) == scheme_id,
            col(FactRow.superseded_at).is_(None),
            among(FactRow.external_id, external_ids),
        )
        return {row.external_id: row for row in rows}

    async def list_chosen(self, scheme_id: UUID, ids: Sequence[UUID]) -> Sequence[FactRow]:
        """Those of a correction too, and those that one has superseded."""
        return await self.list(col(FactRow.scheme_id) == scheme_id, among(FactRow.id, ids))

    async def list_in_period(
        self, scheme_id: UUID, period: Period, *, practices: Sequence[str], measures: Sequence[str]
    ) -> Sequence[Any]:
        statement = self._current_in(period).where(
            col(FactRow.scheme_id) == scheme_id,
            among(FactRow.measure, measures),
            among(FactRow.practice, practices),
        )
        return (await (await self.session.connection()).execute(statement)).all()

    async def list_of_practice(self, practice: str, period: Period) -> Sequence[Any]:
        """Of all schemes."""
        statement = self._current_in(period).where(col(FactRow.practice) == practice)
        return (await (await self.session.connection()).execute(statement)).all()

    def _current_in(self, period: Period) -> Select[*tuple[Any, ...]]:
        """Columns only: a run reads tens of thousands, and rows of the session would cost three times as much."""
        return (
            select_columns(
                col(FactRow.scheme_id),
                col(FactRow.practice),
                col(FactRow.external_id),
                col(FactRow.measure),
                col(FactRow.happened_on),
                col(FactRow.value),
                col(FactRow.subject),
                col(FactRow.state),
            )
            .where(
                col(FactRow.commissioner_id) == self.tenant,
                col(FactRow.superseded_at).is_(None),
                col(FactRow.happened_on) >= period.valid_from,
                col(FactRow.happened_on) < period.valid_until,
            )
            .order_by(col(FactRow.practice), col(FactRow.happened_on), col(FactRow.external_id))
        )

    async def supersede(self, ids: Sequence[UUID], *, now: datetime) -> None:
        statement = (
            update(FactRow)
            .where(col(FactRow.commissioner_id) == self.tenant, col(FactRow.id).in_(ids))
            .values(superseded_at=now, version=col(FactRow.version) + 1)
        )
        await (await self.session.connection()).execute(statement)

    async def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await (await self.session.connection()).execute(_ADD_FACTS, {"rows": as_json(rows)})

    async def confirm(self, ids: Sequence[UUID], *, now: datetime, by: UUID | None) -> None:
        statement = (
            update(FactRow)
            .where(col(FactRow.commissioner_id) == self.tenant, col(FactRow.id).in_(ids))
            .values(state="confirmed", confirmed_at=now, confirmed_by=by, version=col(FactRow.version) + 1)
        )
        await (await self.session.connection()).execute(statement)


async def count_touched(session: Tx, practices: Sequence[str], *, on: date) -> Any:
    """Open offers, agreements still in force and facts, of those practices from that day on."""
    values = {"tenant": session.tenant, "codes": list(practices), "day": on}
    return (await (await session.connection()).execute(_TOUCHED, values)).one()
