"""Who lives in the demo: a commissioner, four localities, sixty practices and their people. The same every time.

Real ODS codes of practices begin with one letter and digits, or with Y, V or other single letters; none begins with ZZ.
"""

import random
from dataclasses import dataclass
from decimal import Decimal

COMMISSIONER = "ZZ900"
COMMISSIONER_NAME = "NHS Aldermere and Fell Valleys"
BOARD = "ZZB01"
OUT_OF_HOURS = "ZZX01"
OUT_OF_HOURS_NAME = "Aldermere Night Doctors"
DEMO_PRACTICE = "ZZ0101"
# Nobody there leads or manages and its nurse has no address: all it has is a shared mailbox.
MAILBOX_PRACTICE = "ZZ0112"
LOCALITIES = (
    ("harbour", "Harbour", 14),
    ("fell-valleys", "Fell Valleys", 16),
    ("old-town", "Old Town", 18),
    ("east-moors", "East Moors", 12),
)
_FIRST = (
    "Ana", "Bashir", "Carys", "Dele", "Esther", "Farah", "Gwen", "Hari", "Imogen", "Jonas", "Kofi", "Leila", "Marek",
    "Nadia", "Owen", "Priya", "Quentin", "Rosa", "Samir", "Tamsin", "Umar", "Verity", "Wen", "Yusuf", "Zofia",
)  # fmt: skip
_LAST = (
    "Field", "Marlowe", "Okafor", "Penhale", "Quayle", "Rahman", "Sorrel", "Thackray", "Ullswater", "Vane", "Whitlock",
    "Yarrow", "Ashdown", "Brackenbury", "Coldwell", "Dunmore", "Eastgate", "Fairweather", "Garside", "Holloway",
)  # fmt: skip
_PLACES = (
    "Alder", "Beacon", "Cobble", "Dovecote", "Elm", "Fountain", "Granary", "Heron", "Ivy", "Juniper", "Kiln", "Lantern",
    "Mill", "Nettle", "Orchard", "Priory", "Quarry", "Rookery", "Saltings", "Tannery",
)  # fmt: skip
_KINDS = ("Surgery", "Medical Centre", "Health Centre", "Practice")


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Practice:
    code: str
    name: str
    locality: str
    postcode: str
    telephone: str
    registered: Decimal
    weighted: Decimal
    rural: bool
    dispensing: bool
    single_handed: bool
    imd_decile: int
    lead: Person | None
    manager: Person | None
    nurse: Person | None
    mailbox: str


def person(number: int, code: str) -> Person:
    first, last = _FIRST[number % len(_FIRST)], _LAST[(number * 7 + number // 25) % len(_LAST)]
    return Person(f"{first} {last}", f"{first}.{last}.{code}@example.org".lower())


def practices() -> list[Practice]:
    """Sixty practices; a few have no manager or no lead on record, as in life, and one has neither."""
    chance = random.Random(2013)  # the year the first commissioners of this kind began
    made: list[Practice] = []
    for number, (locality, _, count) in enumerate(LOCALITIES, start=1):
        for index in range(1, count + 1):
            made.append(_practice(f"ZZ{number:02d}{index:02d}", locality, len(made), chance))
    return made


def _practice(code: str, locality: str, number: int, chance: random.Random) -> Practice:
    rural = locality in ("fell-valleys", "east-moors") and chance.random() < 0.7
    single = chance.random() < 0.12
    registered = chance.randrange(1_900, 3_600) if single else chance.randrange(3_800, 16_500)
    place = _PLACES[number % len(_PLACES)]
    kind = _KINDS[(number // len(_PLACES)) % len(_KINDS)]
    dr, nurse = person(number * 3, code.lower()), person(number * 3 + 2, code.lower())
    has_mailbox_alone = code == MAILBOX_PRACTICE
    return Practice(
        code=code,
        name=f"{place} {'Lane ' if number >= 40 else ''}{kind}",
        locality=locality,
        postcode=f"ZZ{code[3]} {1 + number % 9}AA",
        telephone=f"01632 96{number:04d}",
        registered=Decimal(registered),
        weighted=(Decimal(registered) * Decimal(chance.randrange(88, 116)) / 100).quantize(Decimal("0.01")),
        rural=rural,
        dispensing=rural and chance.random() < 0.5,
        single_handed=single,
        imd_decile=chance.randrange(1, 11),
        lead=None if number % 19 == 11 else Person(f"Dr {dr.name}", dr.email),
        manager=None if number % 17 == 9 or has_mailbox_alone else person(number * 3 + 1, code.lower()),
        nurse=Person(nurse.name, None if has_mailbox_alone else nurse.email) if number % 3 else None,
        mailbox=f"reception.{code.lower()}@example.org",
    )


OFFICE: dict[str, Person] = {
    "commissioner_admin": Person("Ruth Calder", "ruth.calder@example.org"),
    "scheme_manager": Person("Tom Arkwright", "tom.arkwright@example.org"),
    "claims_vetter": Person("Mina Solberg", "mina.solberg@example.org"),
    "payments_approver": Person("Grace Whitmore", "grace.whitmore@example.org"),
    "payments_releaser": Person("Peter Nwosu", "peter.nwosu@example.org"),
    "engagement_lead": Person("Dr Helen Varley", "helen.varley@example.org"),
    "locality_lead": Person("Dr Imran Lockwood", "imran.lockwood@example.org"),
    "lmc_officer": Person("Dr Joan Peverell", "joan.peverell@example.org"),
    "sessional_clinician": Person("Dr Noor Haslam", "noor.haslam@example.org"),
    "forum_coordinator": Person("Celia Marsh", "celia.marsh@example.org"),
    "forum_member": Person("Arthur Pell", "arthur.pell@example.org"),
    "editor": Person("Beth Lindqvist", "beth.lindqvist@example.org"),
}
