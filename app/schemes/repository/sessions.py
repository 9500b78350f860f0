"""Which practices were asked which sessions they held."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col

from app.core.clock import Period
from app.core.ids import new_id
from app.core.repository import TenantRepository, among
from app.schemes.errors import SessionRequestNotFound
from app.schemes.tables import SessionRequestRow

_ASK = text(
    """
INSERT INTO session_request (commissioner_id, id, scheme_id, practice, measure, period_from, period_until, asked_on)
SELECT :tenant, id, :scheme, practice, :measure, :from, :until, :on
FROM unnest(CAST(:ids AS uuid[]), CAST(:practices AS text[])) AS asked (id, practice)
ON CONFLICT ON CONSTRAINT uq_session_request DO NOTHING RETURNING practice"""
)


class SessionRequestRepository(TenantRepository[SessionRequestRow]):
    table = SessionRequestRow
    missing = SessionRequestNotFound

    async def add(
        self, scheme_id: UUID, measure: str, month: Period, practices: Sequence[str], *, on: date
    ) -> list[str]:
        """Those of the practices that had not been asked yet, sorted."""
        values = {
            "tenant": self.tenant,
            "scheme": scheme_id,
            "measure": measure,
            "from": month.valid_from,
            "until": month.end,
            "on": on,
            "ids": [new_id() for _ in practices],
            "practices": list(practices),
        }
        return sorted((await (await self.session.connection()).execute(_ASK, values)).scalars())

    async def list_of(
        self, scheme_id: UUID, measure: str, month: Period, practices: Sequence[str]
    ) -> Sequence[SessionRequestRow]:
        """By practice."""
        return await self.list(
            col(SessionRequestRow.scheme_id) == scheme_id,
            col(SessionRequestRow.measure) == measure,
            col(SessionRequestRow.period_from) == month.valid_from,
            among(SessionRequestRow.practice, practices),
            order=[col(SessionRequestRow.practice)],
        )
