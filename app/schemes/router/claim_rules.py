"""HTTP of a scheme's rules for claims."""

from typing import Annotated
from uuid import UUID

from fastapi import Response

from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import MustMatch
from app.core.principal import Principal
from app.core.problems import error_responses
from app.schemes import service
from app.schemes.errors import SchemeNotFound
from app.schemes.router.claim_answers import claim_rules_answer
from app.schemes.router.root import router, visible_scheme
from app.schemes.schemas.claims import ClaimRulesAnswer, ClaimRulesIn
from app.schemes.values import ClaimRules

_PATH = "/v1/incentive-schemes/{scheme_id}/claim-rules"


@router.get(_PATH, responses=error_responses(SchemeNotFound))
async def get_scheme_claim_rules(
    scheme_id: UUID, caller: Annotated[Principal, require("schemes:read")], session: Transaction, response: Response
) -> ClaimRulesAnswer:
    """How the scheme is claimed: in how many days, who approves what, which share is checked twice, why claims are rejected."""
    await visible_scheme(session, scheme_id, caller)
    return _answer(await service.get_claim_rules(session, scheme_id), response)


@router.put(_PATH, responses=error_responses(SchemeNotFound, PreconditionFailed, PreconditionRequired))
async def set_scheme_claim_rules(
    scheme_id: UUID,
    body: ClaimRulesIn,
    caller: Annotated[Principal, require("schemes:write", money=True)],
    session: Transaction,
    expected: MustMatch,
    response: Response,
) -> ClaimRulesAnswer:
    """Set them for every decision from now on; whatever is approved already stays approved."""
    return _answer(await service.set_claim_rules(session, scheme_id, body.rules(), expected=expected), response)


def _answer(rules: ClaimRules, response: Response) -> ClaimRulesAnswer:
    response.headers["ETag"] = version_etag(rules.version)
    return claim_rules_answer(rules)
