"""Recording what a source says of memberships."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.db import Tx
from app.organisations.repository import memberships
from app.organisations.rules import membership_sequence
from app.organisations.values import MembershipStatement


@dataclass(frozen=True, slots=True)
class Recorded:
    """Statements that are new, statements that now say something else, and practices whose memberships changed."""

    created: int
    updated: int
    practices: frozenset[str]


async def record_memberships(session: Tx, statements: Sequence[MembershipStatement], *, now: datetime) -> Recorded:
    """Keep what the statements say, and work out each practice's sequence again from all that was ever said.

    The rule is `rules.membership_sequence`; a sequence that changes supersedes the old one, which stays for "as known
    on". Of a practice there is at most one statement with the same source, commissioner and first day.
    """
    stated = await memberships.write_register_statements(session, statements)
    changed = await _resequence(session, stated.practices, now=now) if stated.practices else frozenset()
    return Recorded(stated.created, stated.updated, changed)


async def _resequence(session: Tx, practices: Collection[str], *, now: datetime) -> frozenset[str]:
    said: defaultdict[str, list[MembershipStatement]] = defaultdict(list)
    for row in await memberships.list_register_statements(session, practices):
        said[row.practice].append(MembershipStatement(*row))
    current = {
        (row.practice, row.commissioner, row.valid_from, row.valid_until): row.id
        for row in await memberships.list_register_memberships(session, practices)
    }
    wanted = {
        (practice, one.commissioner, one.valid_from, one.valid_until): one.source
        for practice in practices
        for one in membership_sequence(said[practice])
    }
    gone = current.keys() - wanted.keys()
    added = sorted(wanted.keys() - current.keys(), key=lambda key: (key[0], key[2]))
    await memberships.replace_register_memberships(
        session, superseded=[current[key] for key in gone], added=[(*key, wanted[key]) for key in added], now=now
    )
    return frozenset(key[0] for key in [*gone, *added])
