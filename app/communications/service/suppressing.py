"""Addresses that nothing is sent to: how they come in, and how they go."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from app.communications.errors import NotAnAddress
from app.communications.repository.channels import SuppressionRepository
from app.communications.rules.numbers import mobile_number
from app.communications.tables import Suppression
from app.communications.values import SuppressionReason, SuppressionSource
from app.core.addresses import address_key
from app.core.audit import audit
from app.core.db import Tx
from app.core.errors import FieldError
from app.core.etag import digest_etag
from app.core.repository import Expected
from app.people import service as people


def suppression_key(address: str) -> str | None:
    """An e-mail address, or a mobile number however it is written, in the form in which they are compared."""
    return mobile_number(address) or address_key(address)


async def suppress(
    session: Tx,
    addresses: Iterable[str],
    *,
    reason: SuppressionReason,
    source: SuppressionSource,
    detail: str | None,
    now: datetime,
) -> None:
    """Send nothing more there. Posts whose mail came back are stale from now on, so that somebody asks."""
    keyed = [(address, key) for address in set(addresses) if (key := suppression_key(address))]
    if not keyed:
        return
    repository = SuppressionRepository(session, session.tenant)
    await repository.add(keyed, reason=reason, source=source, detail=detail, now=now)
    audit(session, "suppression.added", session.tenant, reason=reason.value, source=source.value, addresses=len(keyed))
    if reason is SuppressionReason.BOUNCED:
        await people.record_bounces(session, [address for address, key in keyed if "@" in key], at=now)


async def add_suppression(session: Tx, address: str, *, detail: str | None, now: datetime) -> Suppression:
    """By hand: somebody has asked for it. A number without an @ has to be one that texts go to."""
    number = mobile_number(address)
    if number is None and "@" not in address:
        words = "This is neither an e-mail address nor a mobile number of the United Kingdom."
        raise NotAnAddress(errors=[FieldError("/address", "not_an_address", words)])
    row = Suppression(
        commissioner_id=session.tenant,
        address=number or address,
        address_key=suppression_key(address) or address,
        reason=SuppressionReason.MANUAL.value,
        source=SuppressionSource.PERSON.value,
        detail=detail,
        since=now,
    )
    session.add(row)
    # Flushed here, so that an address that is there already clashes in this call and not at the commit.
    await session.flush()
    audit(session, "suppression.added", row.id, reason=row.reason, source=row.source)
    return row


def suppression_tag(row: Suppression) -> str:
    return digest_etag("suppression", row.reason, row.since)


async def lift_suppression(session: Tx, suppression_id: UUID, *, expected: Expected) -> None:
    row = await SuppressionRepository(session, session.tenant).get(suppression_id, for_update=True)
    expected.check_tag(suppression_tag(row))
    await session.delete(row)
    audit(session, "suppression.lifted", suppression_id, reason=row.reason)


async def suppressed_among(session: Tx, addresses: Collection[str]) -> set[str]:
    """Those of the addresses that nothing is sent to."""
    keys = {address: key for address in addresses if (key := suppression_key(address))}
    if not keys:
        return set()
    found = await SuppressionRepository(session, session.tenant).list_keys(set(keys.values()))
    return {address for address, key in keys.items() if key in found}


async def forget_suppressions(session: Tx, addresses: Iterable[str | None]) -> int:
    """Those of a person who is erased: an address that nobody has here needs no keeping."""
    keys = {key for address in addresses if address and (key := suppression_key(address))}
    return await SuppressionRepository(session, session.tenant).forget(keys) if keys else 0
