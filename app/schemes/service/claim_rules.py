"""A scheme's rules for claims: its own, or those of a scheme that says nothing."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from app.core.audit import audit
from app.core.db import Tx
from app.core.events import emit
from app.core.repository import Expected
from app.schemes.events import SchemeChanged
from app.schemes.repository.claims import ClaimRulesRepository
from app.schemes.repository.schemes import SchemeRepository
from app.schemes.tables import ClaimRulesRow
from app.schemes.values import ApprovalBand, ClaimEvery, ClaimRules, RejectReason, SchemeState


async def get_claim_rules(session: Tx, scheme_id: UUID) -> ClaimRules:
    row = await ClaimRulesRepository(session, session.tenant).find_of(scheme_id)
    return ClaimRules() if row is None else _as_rules(row)


async def claim_rules_of(session: Tx, schemes: Sequence[UUID]) -> dict[UUID, ClaimRules]:
    """As `get_claim_rules`, of several schemes at once."""
    rows = await ClaimRulesRepository(session, session.tenant).list_of(schemes)
    return dict.fromkeys(schemes, ClaimRules()) | {row.scheme_id: _as_rules(row) for row in rows}


async def set_claim_rules(session: Tx, scheme_id: UUID, rules: ClaimRules, *, expected: Expected) -> ClaimRules:
    """They hold for every decision from now on, in a closed scheme too, where late claims go on. The seed of the samples is
    made once and stays.
    """
    # Two at once would both see no rules yet, or both the same version of them.
    scheme = await SchemeRepository(session, session.tenant).get(scheme_id, for_update=True)
    row = await ClaimRulesRepository(session, session.tenant).find_of(scheme_id)
    expected.check(row.version if row else 0)
    if row is None:
        row = ClaimRulesRow(commissioner_id=session.tenant, scheme_id=scheme_id, sample_seed=secrets.token_hex(16))  # pyright: ignore - the rest follows
        session.add(row)
    row.every, row.window_days, row.sample_percent = rules.every, rules.window_days, rules.sample_percent
    row.bands = [{"at_least": each.at_least, "approvals": each.approvers} for each in rules.bands]
    row.reject_reasons = [{"code": each.code, "text": each.text} for each in rules.reject_reasons]
    await session.flush()  # raises the row's version
    audit(session, "claim_rules.set", scheme_id, window_days=row.window_days, sample_percent=row.sample_percent)
    if scheme.state != SchemeState.DRAFT:
        emit(session, SchemeChanged(subject=str(scheme_id)))
    return _as_rules(row)


def _as_rules(row: ClaimRulesRow) -> ClaimRules:
    return ClaimRules(
        # A release that serves beside this one may still leave it open.
        every=ClaimEvery(row.every or ClaimEvery.QUARTER),
        window_days=row.window_days,
        bands=tuple(ApprovalBand(each["at_least"], each["approvals"]) for each in row.bands),
        sample_percent=row.sample_percent,
        sample_seed=row.sample_seed,
        reject_reasons=tuple(RejectReason(each["code"], each["text"]) for each in row.reject_reasons),
        version=row.version,
    )
