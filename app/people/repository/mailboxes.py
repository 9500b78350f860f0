"""Practices' shared mailboxes."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from sqlmodel import col

from app.core.addresses import address_key
from app.core.repository import TenantRepository, among
from app.people.errors import MailboxNotFound
from app.people.tables import Mailbox


class MailboxRepository(TenantRepository[Mailbox]):
    table = Mailbox
    missing = MailboxNotFound

    async def find_of(self, practice: str, *, for_update: bool = False) -> Mailbox | None:
        return await self.find(col(Mailbox.practice) == practice, for_update=for_update)

    async def get_of(self, practice: str) -> Mailbox:
        mailbox = await self.find_of(practice)
        if mailbox is None:
            raise self.missing
        return mailbox

    async def lock_of_practices(self, practices: Iterable[str]) -> Sequence[Mailbox]:
        """In the order of their ids, against another change meanwhile."""
        statement = self.select().where(among(col(Mailbox.practice), practices)).order_by(col(Mailbox.id))
        return (await self.session.exec(statement.with_for_update())).all()  # pyright: ignore

    async def list_with_addresses(self, keys: AbstractSet[str]) -> Sequence[Mailbox]:
        """Those that mail still reached. Only here do keys of mailboxes matter, so they are worked out and not kept."""
        return [
            mailbox
            for mailbox in await self.list(col(Mailbox.bounced_at).is_(None))
            if address_key(mailbox.email) in keys
        ]
