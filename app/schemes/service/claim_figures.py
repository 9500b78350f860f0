"""What claims come to by now, for one claim or for many at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from app.calculation import service as calculation
from app.calculation.values import PracticeInput
from app.core.clock import Period
from app.core.db import Tx
from app.schemes.rules import declaring
from app.schemes.service.drafting import read_definition
from app.schemes.service.figures import inputs_with_others
from app.schemes.values import ClaimFigures, VersionRef


async def claim_figures(
    session: Tx, scheme_id: UUID, version: VersionRef, *, period: Period, codes: Sequence[str]
) -> dict[str, ClaimFigures]:
    """Of each of these practices, from what is recorded now: a handful of queries for any number."""
    inputs = await inputs_with_others(session, scheme_id, version, period=period, codes=codes)
    # In a thread: of a pot all practices are worked out, and others are served meanwhile.
    found = await asyncio.to_thread(work_out_claims, version, period, inputs)
    return {code: found[code] for code in codes}


def work_out_claims(version: VersionRef, period: Period, inputs: Sequence[PracticeInput]) -> dict[str, ClaimFigures]:
    """As if nobody were held: what a practice declares does not depend on how far its claim is."""
    definition = read_definition(version.definition)
    free = [replace(each, held=None) for each in inputs]
    live, confirmed = (
        {
            each.code: each
            for each in calculation.evaluate_possible(
                definition, period=period, practices=free, include_unconfirmed=view
            )[0]
        }
        for view in (True, False)
    )
    is_shared = calculation.shares_among_all(definition)
    return {
        each.code: ClaimFigures(
            confirmed=confirmed.get(each.code),
            live=live.get(each.code),
            digest=declaring.values_digest(each, live[each.code], is_shared=is_shared) if each.code in live else None,
            evidence=each.facts,
        )
        for each in free
    }
