"""How much of people's attention a message asks for, on top of what others have asked for already."""

from collections.abc import Sequence
from typing import Final

from app.communications.values import Audience, Clash, Reach, RoleReach, TextReach

WEEKLY_BUDGET: Final = 5
"""Messages a week beyond which a person is said to have had many: one for each working day."""


def meet(one: Audience, other: Audience) -> bool:
    """Whether the two may well mean the same people: they share a role, and no places keep them apart."""
    roles = one.roles is None or other.roles is None or bool({*one.roles} & {*other.roles})
    return roles and not _are_apart(one, other)


def _are_apart(one: Audience, other: Audience) -> bool:
    """Places of one kind that have none in common. Of a locality and a practice nobody knows without looking."""
    kinds = [(each.localities, each.practices, each.networks) for each in (one, other)]
    named = [{n for n, places in enumerate(kind) if places is not None} for kind in kinds]
    if named[0] != named[1] or not named[0]:
        return False
    return not any({*kinds[0][n]} & {*kinds[1][n]} for n in named[0])  # pyright: ignore[reportOptionalIterable] - both named


def attention_warnings(reach: Reach) -> list[str]:
    """What whoever sends should know before: one sentence each.

    Of 40 practice managers 12 have had 5 messages or more this week: "12 of 40 people and mailboxes in the post practice
    manager have had 5 messages or more in the last seven days."
    """
    return [
        *(_much(role) for role in reach.roles if role.over_budget),
        *_meeting(reach.clashes, reach.other_clashes),
        *_texts(reach.texts),
    ]


def _texts(texts: TextReach) -> list[str]:
    """Where somebody would have it as a text and none are sent."""
    if not texts.people or texts.is_set_up:
        return []
    who = "1 person has" if texts.people == 1 else f"{texts.people} people have"
    return [f"{who} chosen to have this as a text, and no text messages are set up: no text is sent."]


def _much(role: RoleReach) -> str:
    who = f"{role.over_budget} of {role.recipients} people and mailboxes in the post {role.role.replace('_', ' ')}"
    return f"{who} have had {WEEKLY_BUDGET} messages or more in the last seven days."


def _meeting(clashes: Sequence[Clash], others: int) -> list[str]:
    titles = ", ".join(f"“{each.title}”" for each in clashes[:3])
    more = max(0, len(clashes) - 3) + others
    what = [*([titles] if titles else []), *([f"{more} more" if titles else f"{more} by others"] if more else [])]
    return [f"Within a day of it the same people are told of {' and '.join(what)}."] if what else []
