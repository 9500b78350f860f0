"""The published entry's named lead, which the slice that knows it writes."""

from collections.abc import Mapping

from sqlalchemy import text

from app.core.db import Tx
from app.core.events import emit
from app.organisations.events import PracticeChanged

_RECORD_LEADS = text(
    """UPDATE published.practice p SET lead_name = i.name, lead_post = i.post, changed_at = clock_timestamp()
FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:posts AS text[])) AS i(code, name, post)
WHERE p.commissioner_id = :tenant AND p.code = i.code AND (p.lead_name, p.lead_post) IS DISTINCT FROM (i.name, i.post)
RETURNING p.code"""
)


async def record_named_leads(session: Tx, leads: Mapping[str, tuple[str, str] | None]) -> list[str]:
    """Publish the (name, post) of these practices' leads, None for a practice without one that may be shown.

    Announces and returns the practices whose published entry was another before.
    """
    codes = sorted(leads)
    values = [leads[code] or (None, None) for code in codes]
    result = await (await session.connection()).execute(
        _RECORD_LEADS,
        {
            "tenant": session.tenant,
            "codes": codes,
            "names": [name for name, _ in values],
            "posts": [post for _, post in values],
        },
    )
    changed = sorted(result.scalars())
    for code in changed:
        emit(session, PracticeChanged(subject=code))
    return changed


async def record_named_lead(session: Tx, practice: str, *, name: str | None, post: str | None) -> None:
    await record_named_leads(session, {practice: (name, post) if name and post else None})
