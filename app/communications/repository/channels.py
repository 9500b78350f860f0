"""Providers of a commissioner, and addresses that nothing is sent to."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, true, update
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.communications.errors import ProviderNotFound, SuppressionNotFound
from app.communications.tables import MessageProvider, Suppression
from app.communications.values import ProviderKind, SuppressionReason, SuppressionSource
from app.core.ids import new_id
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among

_TO_THE_MINUTE: Final = timedelta(minutes=1)
_TOLD_FOR: Final = timedelta(days=1)


def sends_texts(tenant: UUID) -> ColumnElement[bool]:
    """Whether the commissioner sends texts; in a statement it is looked up once for all rows."""
    mine = (col(MessageProvider.commissioner_id) == tenant, col(MessageProvider.kind) == ProviderKind.NOTIFY.value)
    found = select_columns(col(MessageProvider.kind)).where(
        *mine, col(MessageProvider.is_active), col(MessageProvider.text_template).is_not(None)
    )
    return select_columns(exists(found)).scalar_subquery()


def is_on_list(tenant: UUID, number: Any) -> ColumnElement[bool]:
    """Whether nothing is sent to this mobile number, in its one form."""
    # Another than the one that addresses may be joined with.
    listed = aliased(Suppression)
    mine = (col(listed.commissioner_id) == tenant, col(listed.address_key) == number)
    return exists(select_columns(col(listed.id)).where(*mine))


class ProviderRepository(TenantRepository[MessageProvider]):
    table = MessageProvider
    missing = ProviderNotFound

    async def find_kind(self, kind: ProviderKind, *, for_update: bool = False) -> MessageProvider | None:
        return await self.find(col(MessageProvider.kind) == kind.value, for_update=for_update)

    async def get_kind(self, kind: ProviderKind) -> MessageProvider:
        row = await self.find_kind(kind)
        if row is None:
            raise self.missing
        return row

    async def can_text(self) -> bool:
        return (await (await self.session.connection()).execute(select_columns(sends_texts(self.tenant)))).scalar_one()

    async def record_success(self, kind: ProviderKind, *, at: datetime) -> None:
        """It takes messages. Noted once a minute at most, unless that ends a fault."""
        last = col(MessageProvider.last_success_at)
        is_old = or_(last.is_(None), last < at - _TO_THE_MINUTE, col(MessageProvider.fault).is_not(None))
        await self._note(kind, is_old, fault=None, fault_at=None, last_success_at=at)

    async def record_error(self, kind: ProviderKind, error: str, *, at: datetime) -> None:
        """It did not take something, and that is nobody's fault here. Noted once a minute at most."""
        last = col(MessageProvider.last_error_at)
        is_old = or_(last.is_(None), last < at - _TO_THE_MINUTE)
        await self._note(kind, is_old, last_error=error, last_error_at=at)

    async def record_fault(self, kind: ProviderKind, fault: str, *, at: datetime) -> bool:
        """What the provider refuses us for. Whether the office is to be told now: once for each break, and not again within
        a day where one template is refused and another works, unless somebody has changed something meanwhile.
        """
        told = col(MessageProvider.told_at)
        is_news = and_(
            col(MessageProvider.fault).is_(None),
            or_(told.is_(None), told < at - _TOLD_FOR, told <= col(MessageProvider.changed_at)),
        )
        values = {"fault": fault, "last_error": fault, "last_error_at": at}
        since = func.coalesce(MessageProvider.fault_at, at)
        if await self._note(kind, is_news, **values, fault_at=at, told_at=at):
            return True
        await self._note(kind, true(), **values, fault_at=since)
        return False

    async def _note(self, kind: ProviderKind, which: ColumnElement[bool], **values: Any) -> bool:
        statement = (
            update(MessageProvider)
            .where(col(MessageProvider.commissioner_id) == self.tenant, col(MessageProvider.kind) == kind.value, which)
            .values(**values)
        )
        found: Any = await (await self.session.connection()).execute(statement)
        return found.rowcount > 0


class SuppressionRepository(TenantRepository[Suppression]):
    table = Suppression
    missing = SuppressionNotFound

    async def list_page(
        self, *, reason: SuppressionReason | None, key: str | None, params: PageParams, cursors: Cursors
    ) -> Page[Suppression]:
        """The newest first."""
        statement = self.select()
        if reason is not None:
            statement = statement.where(col(Suppression.reason) == reason.value)
        if key is not None:
            statement = statement.where(col(Suppression.address_key) == key)
        return await self.page(
            statement, keys=[col(Suppression.id)], params=params, cursors=cursors, kind="suppressions", descending=True
        )

    async def list_keys(self, keys: Collection[str]) -> set[str]:
        """Which of these are there."""
        statement = select_columns(col(Suppression.address_key)).where(
            col(Suppression.commissioner_id) == self.tenant, among(col(Suppression.address_key), keys)
        )
        return set((await (await self.session.connection()).execute(statement)).scalars())

    async def add(
        self,
        addresses: Iterable[tuple[str, str]],
        *,
        reason: SuppressionReason,
        source: SuppressionSource,
        detail: str | None,
        now: datetime,
    ) -> None:
        """(address, its key) each. What is there stays, but that a complaint weighs more than mail that came back."""
        rows = [
            {
                "commissioner_id": self.tenant,
                "id": new_id(),
                "address": address,
                "address_key": key,
                "reason": reason.value,
                "source": source.value,
                "detail": detail,
                "since": now,
            }
            for key, address in sorted({key: address for address, key in addresses}.items())
        ]
        if not rows:
            return
        statement = insert(Suppression)
        fresh = statement.excluded
        statement = statement.on_conflict_do_update(
            constraint="uq_suppression_address",
            set_={"reason": fresh.reason, "source": fresh.source, "detail": fresh.detail, "since": fresh.since},
            where=(fresh.reason == SuppressionReason.COMPLAINED.value)
            & (col(Suppression.reason) == SuppressionReason.BOUNCED.value),
        )
        await (await self.session.connection()).execute(statement, rows)

    async def forget(self, keys: Collection[str]) -> int:
        statement = delete(Suppression).where(
            col(Suppression.commissioner_id) == self.tenant, among(col(Suppression.address_key), keys)
        )
        found: Any = await (await self.session.connection()).execute(statement)
        return found.rowcount
