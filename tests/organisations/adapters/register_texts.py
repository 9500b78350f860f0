"""Small invented files. Codes that begin with ZZ are never given out by the Organisation Data Service."""

from collections.abc import Sequence

PRACTICE = {
    0: "ZZ9001",
    1: "INVENTED SURGERY",
    2: "Y99",
    3: "ZZQ",
    4: "1 NO STREET",
    7: "NOWHERE",
    9: "ZZ991ZZ",
    10: "19740401",
    12: "A",
    13: "B",
    14: "ZZ1",
    15: "20200401",
    17: "01632 960000",
    21: "0",
    23: "ZZ1",
    25: "4",
}
EMPTY_IN_THE_NARROW_COPY = {18, 19, 20, 22, 24, 26}
PARTNER_HEADINGS = (
    "Partner\nOrganisation\nCode",
    "Partner\nName",
    "Practice\nParent\nSub ICB Loc Code",
    "Practice Parent Sub ICB Loc Name",
    "PCN Code",
    "PCN Name",
    "PCN Parent Sub ICB Loc Code",
    "PCN Parent Sub ICB Loc Name",
    "Practice to PCN\nRelationship\nStart Date",
    "Practice to PCN\nRelationship\nEnd Date",
)


def csv_text(*rows: Sequence[str], end: str = "\n") -> str:
    return "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + end for row in rows)


def csv_bytes(*rows: Sequence[str]) -> bytes:
    return csv_text(*rows).encode()


def practice_cells(**changes: str) -> list[str]:
    """A row of 27 cells; changes are named `c14` for the cell at position 14, counted from 0."""
    cells = {**PRACTICE, **{int(name[1:]): value for name, value in changes.items()}}
    return [cells.get(position, "") for position in range(27)]


def narrow(cells: Sequence[str]) -> list[str]:
    return [cell for position, cell in enumerate(cells) if position not in EMPTY_IN_THE_NARROW_COPY]
