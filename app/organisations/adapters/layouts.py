"""Which column is which, by the names that publishers have used; and what a file is when it is not the one named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.organisations.adapters import cells
from app.organisations.adapters.cells import CellRefused
from app.organisations.adapters.sheet import Columns, Sheet
from app.organisations.errors import MissingColumns, UnknownColumns, WrongKind
from app.organisations.values import FileKind


@dataclass(frozen=True, slots=True)
class Layout:
    """`aliases` are headings with everything but letters and digits taken out, the best first."""

    kind: FileKind
    expects: str
    aliases: dict[str, tuple[str, ...]]
    required: tuple[str, ...]
    # Known headings that carry nothing new. Without this tuple any other heading is passed over.
    ignored: tuple[str, ...] | None = None

    def find(self, headings: Sequence[str]) -> dict[str, int]:
        return {
            column: headings.index(alias)
            for column, aliases in self.aliases.items()
            if (alias := next((one for one in aliases if one in headings), None))
        }

    def fits(self, headings: Sequence[str]) -> bool:
        return set(self.required) <= self.find(headings).keys()

    def columns(self, sheet: Sheet) -> dict[str, int]:
        found = self.find(sheet.headings)
        missing = [column for column in self.required if column not in found]
        if missing:
            self.refuse(sheet, missing)
        self._refuse_unknown(sheet, found)
        return found

    def refuse(self, sheet: Sheet, missing: Sequence[str]) -> None:
        self._refuse_other_kind(sheet)
        raise MissingColumns(f"Kind {self.kind} reads {self.expects}. Missing in the first row: {', '.join(missing)}.")

    def _refuse_other_kind(self, sheet: Sheet) -> None:
        known = recognise(sheet)
        if known is not None and known.kind is not self.kind:
            raise WrongKind(f"This is {known.words}. Kind {self.kind} reads {self.expects}.")

    def _refuse_unknown(self, sheet: Sheet, found: Columns) -> None:
        if self.ignored is None:
            return
        used = set(found.values())
        unknown = [
            letters(position)
            for position, heading in enumerate(sheet.headings)
            if position not in used and heading and heading not in self.ignored
        ]
        if unknown:
            self._refuse_other_kind(sheet)
            raise UnknownColumns(f"Columns {', '.join(unknown)}: known are {', '.join(self.aliases)}. Take them out.")


def letters(position: int) -> str:
    """The column's name in a spreadsheet: A, B, ... Z, AA."""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


@dataclass(frozen=True, slots=True)
class Recognised:
    kind: FileKind | None
    words: str


# From the most particular to the least: the first whose headings are all there names the file.
_BY_HEADINGS: tuple[tuple[frozenset[str], Recognised], ...] = tuple(
    (frozenset(keys.split()), Recognised(kind, words))
    for keys, kind, words in (
        ("practicecode globalsum", FileKind.GP_PAYMENTS, "NHS Payments to General Practice"),
        (
            "partnerorganisationcode pcncode",
            FileKind.NETWORKS,
            "the core partners sheet of the primary care networks workbook",
        ),
        ("pcncode pcnname opendate", None, "the details sheet of the primary care networks workbook"),
        ("extractdate numberofpatients", FileKind.LIST_SIZES, "Patients Registered at a GP Practice"),
        ("gppracticecode totalall", FileKind.LIST_SIZES, "Patients Registered at a GP Practice"),
        ("extractdate practicecode", None, "the mapping file of Patients Registered at a GP Practice, without sizes"),
        ("practicecode adjusted", FileKind.ADJUSTED_LISTS, "a list of adjusted populations"),
        ("practicecode imdscore", FileKind.PRACTICE_PROFILE, "a practice profile"),
        ("practicecode groupcode register", None, "a Quality and Outcomes Framework register"),
        ("natonscode practicecode", None, "a Quality and Outcomes Framework list of practices"),
        ("indicatorcode groupcode", None, "a Quality and Outcomes Framework list of indicators"),
        ("locality practicecode", FileKind.LOCALITIES, "a list of localities"),
        ("practicecode role email", FileKind.PEOPLE, "a list of people"),
    )
)
PRACTICES = Recognised(FileKind.ODS_PRACTICES, "the register of practices (epraccur)")
MEMBERSHIPS = Recognised(FileKind.ODS_MEMBERSHIPS, "the membership history of practices (epcmem)")
OTHER_REGISTER = Recognised(None, "another file of the Organisation Data Service")
PRACTICE_WIDTHS = {27: (12, 25), 21: (12, 20)}
STATUS_WORDS = frozenset({"a", "c", "d", "p", "active", "inactive", "closed", "dormant", "proposed"})
# In egpmem, the file of GPs, the parent is a practice and its type is P.
_COMMISSIONER_PARENT = frozenset({"W", "C", "H", "RO98", "RO261", "RO319"})


def recognise(sheet: Sheet) -> Recognised | None:
    """What this file is, as far as its headings, or its width where it has none, can tell."""
    headings = set(sheet.headings)
    for keys, recognised in _BY_HEADINGS:
        if keys <= headings:
            return recognised
    return _by_width(sheet)


def _by_width(sheet: Sheet) -> Recognised | None:
    if sheet.width in PRACTICE_WIDTHS:
        status, setting = PRACTICE_WIDTHS[sheet.width]
        rows = [row for row in sheet.sample if len(row) == sheet.width and row[status].strip().lower() in STATUS_WORDS]
        # Other files of the register share the width and leave the prescribing setting empty.
        if any(row[setting].strip() for row in rows):
            return PRACTICES
        return OTHER_REGISTER if rows or _begins_with_code(sheet) else None
    if sheet.width == 6 and any(_is_membership(row) for row in sheet.sample):
        types = {row[2].strip() for row in sheet.sample if _is_membership(row)}
        return MEMBERSHIPS if types & _COMMISSIONER_PARENT else OTHER_REGISTER
    return None


def _begins_with_code(sheet: Sheet) -> bool:
    return any(character.isdigit() for character in sheet.sample[0][0]) and _is(cells.ods_code, sheet.sample[0][0])


def _is_membership(row: list[str]) -> bool:
    return len(row) == 6 and _is(cells.ods_code, row[0]) and _is(cells.ods_code, row[1]) and _is(cells.day, row[3])


def _is(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except CellRefused:
        return False
    return True
