"""One seed's place: a commissioner with a few practices and their people, the same every time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from app.storm.england import quarter_of_two_pounds

DOMAIN: Final = "storm.example"
MOST_SEEDS: Final = 1000
"""Of one storm: their codes are made of three digits."""
STAFF: Final = 6
ROLES: Final = ("named_lead", "practice_manager", "staff")


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    practice: str
    role: str

    @property
    def email(self) -> str:
        return f"{self.name.replace(' ', '.')}@{DOMAIN}".lower()


@dataclass(frozen=True, slots=True)
class Town:
    """The last of its practices has nobody but a shared mailbox."""

    seed: int

    @property
    def code(self) -> str:
        return f"ZZ{self.seed % MOST_SEEDS:03}"

    @property
    def practices(self) -> Sequence[str]:
        return [f"{self.code}{number:03}" for number in range(4)]

    @property
    def manned(self) -> Sequence[str]:
        return self.practices[:-1]

    @property
    def sizes(self) -> dict[str, int]:
        return {code: 2_001 + 977 * (self.seed % 97) + 3_511 * n for n, code in enumerate(self.practices)}

    @property
    def people(self) -> Sequence[Person]:
        return [person for practice in self.manned for person in _people_of(practice)]

    def manager(self, practice: str) -> Person:
        return next(each for each in self.people if each.practice == practice and each.role == "practice_manager")

    @property
    def with_keys(self) -> Sequence[Person]:
        """Those who act for themselves in the storm: managers, and one of the staff of each practice."""
        return [each for each in self.people if each.role == "practice_manager" or each.name.startswith("Staff 0 ")]

    def recipients(self, roles: Sequence[str], practices: Sequence[str], *, by_mail: bool) -> frozenset[str]:
        """Whoever holds one of the roles there, by name; a practice where nobody does by its mailbox, which has no inbox."""
        found = {each.name for each in self.people if each.role in roles and each.practice in practices}
        reached = {each.practice for each in self.people if each.name in found}
        mailboxes = {mailbox(code) for code in practices if code not in reached}
        return frozenset(found | (mailboxes if by_mail else set()))

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        for each in self.people:
            yield each.practice, each.role, each.name, each.email
        for code in self.practices:
            yield code, "", "", f"mailbox.{code}@{DOMAIN}".lower()

    def quarter(self) -> dict[str, Decimal]:
        return {code: quarter_of_two_pounds(Decimal(size)) for code, size in self.sizes.items()}


def mailbox(practice: str) -> str:
    return f"mailbox of {practice}"


def _people_of(practice: str) -> Iterator[Person]:
    yield Person(f"Lead of {practice}", practice, "named_lead")
    yield Person(f"Manager of {practice}", practice, "practice_manager")
    for number in range(STAFF):
        yield Person(f"Staff {number} of {practice}", practice, "staff")
