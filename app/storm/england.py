"""What a storm of payments is about: commissioners, their practices and lists, from a publication or invented."""

import csv
import io
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Final

from app.demo.calls import CallFailed

COMMISSIONER: Final = "CCG Code"
PRACTICE: Final = "Practice Code"
REGISTERED: Final = "Number of Registered Patients (Last Known Figure)"
WEIGHTED: Final = "Number of Weighted Patients (Last Known Figure)"


@dataclass(frozen=True, slots=True)
class England:
    """`lists` has each commissioner's practices with their registered lists, as the file writes them."""

    content: bytes
    lists: dict[str, dict[str, Decimal]]

    @property
    def practices(self) -> int:
        return sum(len(each) for each in self.lists.values())


def read(path: Path) -> England:
    """NHS Payments to General Practice, in the layout of 2022/23."""
    content = path.read_bytes()
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    missing = {COMMISSIONER, PRACTICE, REGISTERED} - set(rows.fieldnames or ())
    if missing:
        raise CallFailed(f"{path.name} has no column {', '.join(sorted(missing))}.")
    return _england(content, [(row[COMMISSIONER], row[PRACTICE], row[REGISTERED]) for row in rows])


def invent(commissioners: int, practices: int) -> England:
    """That many commissioners with that many practices each; one list in thirty is of nobody. Codes cannot be real."""
    rows = [
        (
            f"ZZ{c:03}",
            f"ZZ{c:03}{p:03}",
            str(0 if p % 30 == 7 else Decimal(150_001 + 977 * c + 40_111 * p) / 100),
        )
        for c in range(commissioners)
        for p in range(practices)
    ]
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([COMMISSIONER, PRACTICE, "Practice Name", REGISTERED, WEIGHTED])
    writer.writerows([place, code, f"Invented Surgery {code}", size, size] for place, code, size in rows)
    return _england(sheet.getvalue().encode(), rows)


def _england(content: bytes, rows: list[tuple[str, str, str]]) -> England:
    lists: dict[str, dict[str, Decimal]] = {}
    for commissioner, practice, size in rows:
        lists.setdefault(commissioner, {})[practice] = Decimal(size)
    return England(content, lists)


def quarter_of_two_pounds(size: Decimal) -> Decimal:
    """The second calculation, which knows nothing of the engine: 2.00 a head, a quarter of a year, half up."""
    return (size * 2 / 4).quantize(Decimal("0.01"), ROUND_HALF_UP)
