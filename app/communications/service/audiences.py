"""From what an editor says to who is looked up."""

from datetime import datetime

from app.communications.errors import AudienceUnknown
from app.communications.values import Audience, WantedAudience
from app.core.db import Tx
from app.core.errors import FieldError
from app.organisations.errors import PracticeNotFound
from app.organisations.service import get_practices


async def resolve_audience(session: Tx, wanted: WantedAudience, *, now: datetime) -> Audience:
    """Who is looked up for it. `AudienceUnknown` where it names what is not here."""
    await _check_practices(session, wanted)
    return Audience(wanted.roles, wanted.localities, wanted.practices)


async def _check_practices(session: Tx, wanted: WantedAudience) -> None:
    try:
        await get_practices(session, wanted.practices or ())
    except PracticeNotFound as error:
        detail = error.detail or "A practice is not known here."
        raise AudienceUnknown(errors=[FieldError("/audience/practices", "unknown", detail)]) from error
