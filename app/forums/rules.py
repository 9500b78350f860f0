"""The ladder, and how practices' answers are compared without showing who kept silent."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from app.core.etag import digest_etag
from app.forums.values import Answered, Comparison, Decision, Kind, LadderLevel, Picture
from app.organisations.values import SIZE_EDGES

LADDER: Final = (LadderLevel.PRACTICE, LadderLevel.LOCALITY, LadderLevel.COMMISSIONER)
LEAST_ANSWERS: Final = 5
"""Under five answers a figure could be traced to a practice, so there is none."""
ALL_ASKED: Final = "All practices asked."


def above(level: LadderLevel, *, has_locality: bool) -> LadderLevel | None:
    """The next level up: a practice in no locality turns to the commissioner. None at the top."""
    if level is LadderLevel.COMMISSIONER:
        return None
    return LadderLevel.LOCALITY if level is LadderLevel.PRACTICE and has_locality else LadderLevel.COMMISSIONER


def below(level: LadderLevel, *, origin: LadderLevel, has_locality: bool) -> LadderLevel | None:
    """The next level down, never below where the issue was raised. None at the bottom."""
    if LADDER.index(level) <= LADDER.index(origin):
        return None
    if level is LadderLevel.COMMISSIONER and has_locality:
        return LadderLevel.LOCALITY
    return LadderLevel.PRACTICE if origin is LadderLevel.PRACTICE else None


def closes(level: LadderLevel, *, origin: LadderLevel, answered_at: LadderLevel, waiting: int) -> bool:
    """An issue is answered when the office it lies with has answered, or one above, or every practice asked has.

    `waiting` is how many practices asked have not answered yet. An answer of the commissioner to an issue that lies with
    a locality closes it; one practice's answer to an issue that asks ten does not. Once an issue was escalated, practices
    close it no more: whoever escalated it wants to hear from above.
    """
    if answered_at is not LadderLevel.PRACTICE:
        return LADDER.index(answered_at) >= LADDER.index(level)
    return level is origin and waiting == 0


def band(registered: Decimal | None) -> int | None:
    """Which size band a list falls in: 0 is under 3,000 and 4 is 15,000 or more; None when the list is not known."""
    return None if registered is None else sum(registered >= edge for edge in SIZE_EDGES)


def comparable_words(reference: Kind | None) -> str:
    """The rule by which practices are compared, for people. The reference is the practice that the issue is about."""
    if reference is None:
        return ALL_ASKED
    rural = {True: "in a rural area", False: "not in a rural area", None: "whose rurality is not known"}[
        reference.rural
    ]
    return f"Practices asked with {_band_words(band(reference.registered))}, {rural}."


def _band_words(number: int | None) -> str:
    if number is None:
        return "a list whose size is not known"
    if number == 0:
        return f"fewer than {SIZE_EDGES[0]:,} registered patients"
    if number == len(SIZE_EDGES):
        return f"{SIZE_EDGES[-1]:,} registered patients or more"
    return f"{SIZE_EDGES[number - 1]:,} to {SIZE_EDGES[number] - 1:,} registered patients"


def comparable(kinds: Mapping[str, Kind], reference: Kind | None) -> frozenset[str]:
    """The practices of the reference's size band and rurality, itself among them when it was asked.

    Not knowing is a class of its own. So the classes never overlap, and two comparisons cannot be subtracted from each
    other to learn one practice's answer.
    """
    if reference is None:
        return frozenset(kinds)
    wanted = (band(reference.registered), reference.rural)
    return frozenset(code for code, kind in kinds.items() if (band(kind.registered), kind.rural) == wanted)


def compare(asked: frozenset[str], answers: Mapping[str, Answered]) -> Comparison | None:
    """Counts of the answers of practices asked; None under five answers.

    Seven of twelve answered, three `already_done`, two `planned`, one `agreed` and one `declined`: 3 already do this,
    3 plan to (whoever agreed will do it), 1 declined. Only those already doing it who agreed to it are named.
    """
    given = {code: answer for code, answer in answers.items() if code in asked}
    if len(given) < LEAST_ANSWERS:
        return None
    decisions = [answer.decision for answer in given.values()]
    return Comparison(
        asked=len(asked),
        answered=len(given),
        already_done=decisions.count(Decision.ALREADY_DONE),
        planned=decisions.count(Decision.PLANNED) + decisions.count(Decision.AGREED),
        declined=decisions.count(Decision.DECLINED),
        named=tuple(sorted(code for code, answer in given.items() if is_named(answer))),
    )


def is_named(answer: Answered) -> bool:
    return answer.may_be_named and answer.decision is Decision.ALREADY_DONE


def sentence(found: Comparison, *, compared: bool) -> str:
    kind = "comparable practices" if compared else "practices"
    return (
        f"Of {found.asked} {kind} asked, {found.answered} answered: {found.already_done} already do this,"
        f" {found.planned} plan to, {found.declined} declined with a reason."
    )


def issue_tag(version: int, picture: Picture) -> str:
    """The tag of an issue as one caller sees it: given to readers and asked of whoever changes it."""
    return digest_etag("issue", version, picture)
