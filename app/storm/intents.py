"""What people mean to do in a storm: drawn by chance from a seed and nothing else, so that it can be played again."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from app.forums.values import MOST_ISSUES_A_DAY
from app.storm.town import ROLES, Town

SCHEMES: Final = 2
"""That pay; as many more are only offered."""
QUARTERS: Final = 2
MOST_ENDPOINTS: Final = 4


@dataclass(frozen=True, slots=True)
class Announce:
    roles: tuple[str, ...]
    practices: tuple[str, ...]
    channels: tuple[str, ...]
    urgency: str
    must_acknowledge: bool


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """`of` is the number of the intent that it follows, here and below."""

    of: int
    person: str


@dataclass(frozen=True, slots=True)
class Offer:
    scheme: int
    practice: str


@dataclass(frozen=True, slots=True)
class Answer:
    of: int
    practice: str
    accepts: bool


@dataclass(frozen=True, slots=True)
class Pay:
    """Ask for a run, wait for it, approve and release it: three people. Quarters of a scheme are paid in their order."""

    scheme: int
    quarter: int
    after: int | None


@dataclass(frozen=True, slots=True)
class Raise:
    practices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Respond:
    of: int
    practice: str


@dataclass(frozen=True, slots=True)
class Prefer:
    person: str
    frequency: str


@dataclass(frozen=True, slots=True)
class Listen:
    """One more webhook endpoint, at a receiver that takes everything or one that refuses some at first."""

    signing: str
    refuses: bool


Waiting = TypeVar("Waiting")
Intent = Announce | Acknowledge | Offer | Answer | Pay | Raise | Respond | Prefer | Listen


def plan(seed: int, town: Town, number: int) -> list[Intent]:
    """That many intents, each of which only follows from earlier ones."""
    drawing = _Drawing(town, random.Random(seed))  # noqa: S311 - to be played again, not to be secret
    return [drawing.draw() for _ in range(number)]


class _Drawing:
    def __init__(self, town: Town, chance: random.Random) -> None:
        self.town = town
        self.chance = chance
        self.number = -1
        self.to_acknowledge: list[Acknowledge] = []
        self.to_offer = [Offer(scheme, practice) for scheme in range(SCHEMES) for practice in town.manned]
        self.to_answer: list[Answer] = []
        self.to_respond: list[Respond] = []
        self.paid: list[list[int]] = [[] for _ in range(SCHEMES)]
        self.endpoints = 0
        self.issues = 0
        chance.shuffle(self.to_offer)

    def draw(self) -> Intent:
        """One that cannot be meant at this time, because nothing is offered or asked, becomes an announcement."""
        self.number += 1
        ways: tuple[Callable[[], Intent | None], ...] = (
            *[self._announce] * 5,
            *[self._acknowledge] * 4,
            *[self._offer] * 2,
            *[self._answer] * 2,
            self._pay,
            *[self._raise] * 2,
            *[self._respond] * 2,
            self._prefer,
            self._listen,
        )
        return self.chance.choice(ways)() or self._announce()

    def _some(self, of: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.chance.sample(of, self.chance.randint(1, len(of))))

    def _announce(self) -> Announce:
        urgency = self.chance.choice(("routine", "routine", "important", "critical"))
        channels = self.chance.choice((("email", "inbox"), ("email", "inbox"), ("email",), ("inbox",)))
        must_acknowledge = "inbox" in channels and self.chance.randint(0, 1) == 1
        roles, practices = self._some(ROLES), self._some(self.town.practices)
        drawn = Announce(roles, practices, channels, urgency, must_acknowledge)
        if must_acknowledge:
            named = self.town.recipients(roles, practices, by_mail=False)
            self.to_acknowledge += [
                Acknowledge(self.number, each.name) for each in self.town.with_keys if each.name in named
            ]
        return drawn

    def _acknowledge(self) -> Acknowledge | None:
        return self._one_of(self.to_acknowledge)

    def _offer(self) -> Offer | None:
        drawn = self._one_of(self.to_offer)
        if drawn is not None:
            self.to_answer.append(Answer(self.number, drawn.practice, self.chance.randint(0, 2) > 0))
        return drawn

    def _answer(self) -> Answer | None:
        return self._one_of(self.to_answer)

    def _pay(self) -> Pay | None:
        scheme = self.chance.randrange(SCHEMES)
        paid = self.paid[scheme]
        if len(paid) == QUARTERS:
            return None
        paid.append(self.number)
        return Pay(scheme, len(paid) - 1, paid[-2] if len(paid) > 1 else None)

    def _raise(self) -> Raise | None:
        if self.issues == MOST_ISSUES_A_DAY:
            return None
        self.issues += 1
        practices = self._some(self.town.practices)
        self.to_respond += [Respond(self.number, code) for code in practices if code in self.town.manned]
        return Raise(practices)

    def _respond(self) -> Respond | None:
        return self._one_of(self.to_respond)

    def _prefer(self) -> Prefer:
        return Prefer(self.chance.choice(self.town.with_keys).name, self.chance.choice(("immediate", "daily", "never")))

    def _listen(self) -> Listen | None:
        if self.endpoints == MOST_ENDPOINTS:
            return None
        self.endpoints += 1
        return Listen(self.chance.choice(("hmac", "ed25519")), refuses=self.endpoints % 2 == 0)

    def _one_of(self, waiting: list[Waiting]) -> Waiting | None:
        return waiting.pop(self.chance.randrange(len(waiting))) if waiting else None
