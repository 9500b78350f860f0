"""Evidence: what is current, what was superseded."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, text, update
from sqlalchemy import select as select_columns
from sqlmodel import col

from app.core.bulk import fetch_rows
from app.core.clock import Period
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among
from app.schemes.errors import FactNotFound
from app.schemes.repository.rows import ROWS, as_json
from app.schemes.tables import FactRow

# What follows looks up as many as 10,000 facts at once. A plan that is kept from a smaller request compares each of them
# with each fact of the scheme, which ran into the timeout at 25,000; one that is made for the values hashes them.
_LOCK_FACTS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(:subject, 6)), set_config('plan_cache_mode', 'force_custom_plan', true)"
)
_FACT_COLUMNS = (
    "commissioner_id, id, scheme_id, external_id, practice, measure, happened_on, value, numerator, denominator,"
    " subject, note, state, source, recorded_at, recorded_by, confirmed_at, confirmed_by"
)
_ADD_FACTS = text(
    f"INSERT INTO scheme_fact ({_FACT_COLUMNS}, version) SELECT {_FACT_COLUMNS}, 1 {ROWS.format('scheme_fact')}"
)


# Each name from its own first day: of most only the period counts, of a few the year so far.
_SINCE = "JOIN unnest($5::text[], $6::date[]) AS s (name, since) ON f.measure = s.name AND f.happened_on >= s.since"
_IN_ORDER = 'ORDER BY f.practice COLLATE "C", f.happened_on, f.external_id COLLATE "C"'
_IN_PERIOD = f"""
SELECT f.practice, f.external_id, f.measure, f.happened_on, f.value, f.subject, f.state FROM scheme_fact f {_SINCE}
WHERE f.commissioner_id = $1 AND f.scheme_id = $2 AND f.superseded_at IS NULL
  AND f.happened_on >= $3 AND f.happened_on < $4 AND f.practice = ANY($7)
{_IN_ORDER}"""
# A fact that was corrected since is what it was; one that was confirmed since is not confirmed.
_IN_PERIOD_THEN = f"""
SELECT f.practice, f.external_id, f.measure, f.happened_on, f.value, f.subject,
  CASE WHEN coalesce(f.confirmed_at, CASE f.state WHEN 'confirmed' THEN f.recorded_at END) <= $8
    THEN 'confirmed' ELSE 'entered' END
FROM scheme_fact f {_SINCE}
WHERE f.commissioner_id = $1 AND f.scheme_id = $2 AND f.recorded_at <= $8
  AND (f.superseded_at IS NULL OR f.superseded_at > $8)
  AND f.happened_on >= $3 AND f.happened_on < $4 AND f.practice = ANY($7)
{_IN_ORDER}"""
# The sum of numbers made of each row is the same in any order. The version goes up with every change of a row.
_MARKS = """
SELECT measure, happened_on, count(*), sum(uuid_hash_extended(id, version))::text FROM scheme_fact
WHERE commissioner_id = $1 AND scheme_id = $2 AND superseded_at IS NULL
  AND happened_on >= $3 AND happened_on < $4 AND measure = ANY($5)
GROUP BY measure, happened_on"""


class FactSpan(NamedTuple):
    """The days within which facts of each name can count: from its own first day until the end, which is not one of them."""

    since: Mapping[str, date]
    end: date


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

    async def list_in_span(
        self, scheme_id: UUID, span: FactSpan, *, practices: Sequence[str], known_at: datetime | None = None
    ) -> Sequence[Any]:
        """Practice, external id, name, day, value, subject and state of each: a run reads tens of thousands. As known now, or
        as they were known at that instant.
        """
        if not span.since:
            return []
        first, names = min(span.since.values()), sorted(span.since)
        days = [span.since[name] for name in names]
        values = (self.tenant, scheme_id, first, span.end, names, days, list(practices))
        if known_at is not None:
            return await fetch_rows(self.session, _IN_PERIOD_THEN, *values, known_at)
        return await fetch_rows(self.session, _IN_PERIOD, *values)

    async def mark(self, scheme_id: UUID, spans: Sequence[FactSpan]) -> list[str]:
        """One for each span, in their order: how many facts there are, and the sum of a number made of each."""
        if not spans:
            return []
        first = min(day for span in spans for day in span.since.values())
        end, names = max(span.end for span in spans), sorted({name for span in spans for name in span.since})
        groups = await fetch_rows(self.session, _MARKS, self.tenant, scheme_id, first, end, names)
        found = [(name, day, count, int(total)) for name, day, count, total in groups]
        marks: list[str] = []
        for since, until in spans:
            counted = [(count, total) for name, day, count, total in found if _counts(since.get(name), day, until)]
            marks.append(f"{sum(count for count, _ in counted)}:{sum(total for _, total in counted)}")
        return marks

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


def _counts(since: date | None, day: date, until: date) -> bool:
    return since is not None and since <= day < until
