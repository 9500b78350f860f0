"""Names and roles as people write them, and when a post is no longer to be relied on."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from app.people.values import PRACTICE_REACHES_BACK_DAYS, STALE_AFTER_DAYS, PostRole, StaleReason

_TITLES: Final = frozenset(
    {"dr", "doctor", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "sr", "sister", "rev"}
)
_APOSTROPHES: Final = re.compile("['\u2018\u2019`]")
_NOT_LETTER: Final = re.compile(r"[^\w]+|_")
_ALIASES: Final = {
    "lead": PostRole.NAMED_LEAD,
    "practice_lead": PostRole.NAMED_LEAD,
    "lead_gp": PostRole.NAMED_LEAD,
    "gp_lead": PostRole.NAMED_LEAD,
    "named_gp": PostRole.NAMED_LEAD,
    "named_gp_lead": PostRole.NAMED_LEAD,
    "named_lead_gp": PostRole.NAMED_LEAD,
    "clinical_lead_gp": PostRole.NAMED_LEAD,
    "ccg_lead": PostRole.NAMED_LEAD,
    "deputy": PostRole.DEPUTY_LEAD,
    "deputy_named_lead": PostRole.DEPUTY_LEAD,
    "manager": PostRole.PRACTICE_MANAGER,
    "pm": PostRole.PRACTICE_MANAGER,
    "business_manager": PostRole.PRACTICE_MANAGER,
    "assistant_manager": PostRole.DEPUTY_MANAGER,
    "assistant_practice_manager": PostRole.DEPUTY_MANAGER,
    "deputy_practice_manager": PostRole.DEPUTY_MANAGER,
    "gp_partner": PostRole.GP,
    "partner": PostRole.GP,
    "salaried_gp": PostRole.GP,
    "general_practitioner": PostRole.GP,
    "doctor": PostRole.GP,
    "practice_nurse": PostRole.NURSE,
    "nurse_practitioner": PostRole.NURSE,
    "advanced_nurse_practitioner": PostRole.NURSE,
    "anp": PostRole.NURSE,
    "lead_nurse": PostRole.NURSE,
    "clinical_pharmacist": PostRole.PHARMACIST,
    "locum": PostRole.SESSIONAL_GP,
    "locum_gp": PostRole.SESSIONAL_GP,
    "administrator": PostRole.STAFF,
    "admin": PostRole.STAFF,
    "receptionist": PostRole.STAFF,
    "reception": PostRole.STAFF,
    "secretary": PostRole.STAFF,
    "practice_member": PostRole.STAFF,
    "other": PostRole.STAFF,
}
_ROLES: Final = _ALIASES | {role.value: role for role in PostRole}


def read_role(text: str | None) -> PostRole | None:
    """The post that a spreadsheet means: `Practice Manager`, `PM` and `practice_manager` are one."""
    key = _NOT_LETTER.sub("_", (text or "").strip().lower()).strip("_")
    return _ROLES.get(key)


def name_key(name: str) -> str:
    """What two writings of one name have in common: `Dr. Anne O'Brien-Shah` and `O'BRIEN SHAH, Anne` are one."""
    last, comma, first = name.partition(",")
    plain = unicodedata.normalize("NFKD", f"{first} {last}" if comma else name)
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    words = _NOT_LETTER.sub(" ", _APOSTROPHES.sub("", plain.lower())).split()
    kept = [word for word in words if word not in _TITLES]
    return " ".join(kept or words) or name.strip().lower()


def is_same_person(known: str, given: str) -> bool:
    """Whether two name keys may be one person's, by a word in common: people marry, and people use initials.

    An address that went on to somebody else must not take the first one's record with it.
    """
    return bool(set(known.split()) & set(given.split()))


def stale_reason(*, confirmed_on: date, bounced_at: datetime | None, today: date) -> StaleReason | None:
    """A bounce makes a post stale at once, silence does after 180 days: confirmed on 1 January 2026, stale from 30 June.

    The 180 days are those that the published API promises for `stale` posts.
    """
    if bounced_at is not None:
        return "bounced"
    return "not_confirmed" if confirmed_on <= stale_before(today) else None


def stale_before(today: date) -> date:
    """Posts confirmed on this day or before are stale today."""
    return today - timedelta(days=STALE_AFTER_DAYS)


def counts(held: Mapping[str, Any]) -> dict[str, int]:
    """How many entries of each kind are held, of those kinds of which there are any.

    Example: `{"name": "Anne", "posts": [a, b], "messages": []}` is `{"posts": 2}`.
    """
    return {kind: len(entries) for kind, entries in held.items() if isinstance(entries, list) and entries}


def earliest_for_practice(today: date) -> date:
    """The first day that a practice may say for itself: on 22 November it is 22 October, 31 days before.

    A post earns money for its days (arrears for a named lead), so that what is further back is the commissioner's to say.
    """
    return today - timedelta(days=PRACTICE_REACHES_BACK_DAYS)


def gains_days_before(
    limit: date, *, start: date, until: date | None, old: tuple[date, date | None] | None = None
) -> Literal["from", "until"] | None:
    """Which end of the period adds days before the limit to those that the post had; None when neither does."""
    if old is None:
        return "from" if start < limit else None
    old_start, old_until = old
    if start < min(limit, old_start):
        return "from"
    if old_until is not None and old_until < limit and (until is None or until > old_until):
        return "until"
    return None
