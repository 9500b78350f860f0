"""Letters in words: the commissioner's own wording of a kind, or ours."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from app.communications.rules.kinds import KINDS
from app.communications.rules.templating import write
from app.communications.values import Facts, Letter
from app.core.db import Tx
from app.organisations import service as organisations


async def word(
    session: Tx,
    key: str,
    facts: Sequence[Facts],
    *,
    source_id: str,
    occasion: str = "",
    must_acknowledge_by: date | None = None,
) -> list[Letter]:
    """A letter for each of the facts. `MissingFields`, and no letter at all, where one cannot be written."""
    if not facts:
        return []
    kind = KINDS[key]
    named = await _with_names(session, facts)
    # Thousands of letters take a while; the event loop goes on renewing the job's lease meanwhile.
    worded = await asyncio.to_thread(lambda: [write(kind, each) for each in named])
    return [
        Letter(
            source=kind.source,
            source_id=source_id,
            occasion=occasion,
            topic=kind.topic,
            urgency=kind.urgency,
            subject=words.subject,
            markdown=words.markdown,
            practice=each.recipient,
            must_acknowledge_by=must_acknowledge_by,
            template=key,
            template_version=words.version,
        )
        for each, words in zip(facts, worded, strict=True)
    ]


async def _with_names(session: Tx, facts: Sequence[Facts]) -> list[Facts]:
    """With the commissioner's name and, for codes of practices, their names: two queries for any number."""
    commissioner = (await organisations.get_commissioner(session)).name
    codes = {each.fields["practice"] for each in facts if each.fields.get("practice")}
    names = await organisations.organisation_names(session, codes) if codes else {}
    return [Facts(_completed(each.fields, commissioner, names), each.recipient) for each in facts]


def _completed(fields: Mapping[str, Any], commissioner: str, names: Mapping[str, str]) -> Mapping[str, Any]:
    code = fields.get("practice")
    practice = {"code": code, "name": names.get(code, code)} if code else None
    return {**fields, "practice": practice, "commissioner": commissioner}
