"""An offer as the practice that answers it reads it."""

from datetime import date
from uuid import UUID

from app.core.db import Tx
from app.schemes.repository.participation import ParticipationRepository
from app.schemes.repository.schemes import SchemeRepository
from app.schemes.rules import joining
from app.schemes.service.asking import as_participation_ref
from app.schemes.service.drafting import as_version_ref
from app.schemes.service.figures import ranges_if_all_join
from app.schemes.service.joining import version_offered
from app.schemes.values import OfferInWords


async def offer_in_words(session: Tx, offer_id: UUID, *, today: date) -> OfferInWords:
    """What the practice would agree to today, and what it can earn by it. The scheme may be refused as closed."""
    row = await ParticipationRepository(session, session.tenant).get(offer_id)
    scheme = await SchemeRepository(session, session.tenant).get(row.scheme_id)
    version = await version_offered(session, scheme, today=today)
    ranges = await ranges_if_all_join(session, scheme.id, as_version_ref(version), [row.practice], today=today)
    return OfferInWords(
        part=as_participation_ref(row),
        scheme_title=scheme.title,
        scheme_purpose=scheme.purpose,
        answered_at=row.answered_at,
        is_lapsed=joining.is_lapsed(row.state, row.respond_by, today=today),
        words=version.words or "",
        words_digest=version.words_digest or "",
        is_reworded=row.words_digest not in (None, version.words_digest),
        earns=ranges.get(row.practice),
    )
