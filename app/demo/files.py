"""The demo's files, in the layouts that the national publications and commissioners' spreadsheets really have."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

from app.demo.world import BOARD, COMMISSIONER, LOCALITIES, OUT_OF_HOURS, OUT_OF_HOURS_NAME, Practice


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    sheet = io.StringIO()
    csv.writer(sheet, lineterminator="\r\n").writerows(rows)
    return sheet.getvalue().encode()


def register(practices: Sequence[Practice], opened: date) -> bytes:
    """Like epraccur: 27 columns, no heading."""
    day = opened.strftime("%Y%m%d")
    rows = []
    for p in practices:
        address = [
            f"1 {p.name.split()[0]} Street",
            {k: n for k, n, _ in LOCALITIES}[p.locality],
            "Aldermere",
            "",
            "",
        ]
        rows.append(
            [p.code, p.name.upper(), "ZZY", BOARD, *address, p.postcode, day, "", "A", "B", COMMISSIONER, day, "",
             p.telephone, "", "", "", "0", "", COMMISSIONER, "", "4", ""]
        )  # fmt: skip
    # Setting 1 is out-of-hours: kept, named on payments, and no practice.
    rows.append(
        [OUT_OF_HOURS, OUT_OF_HOURS_NAME.upper(), "ZZY", BOARD, "1 Night Street", "", "", "", "", "ZZ1 9ZZ", day, "", "A", "B",
         "", "", "", "", "", "", "", "0", "", "", "", "1", ""]
    )  # fmt: skip
    return _csv(rows)


def list_sizes(practices: Sequence[Practice], as_at: date) -> bytes:
    """Like the publication of registered patients: totals of a practice."""
    head = ["PUBLICATION", "EXTRACT_DATE", "TYPE", "SUB_ICB_LOCATION_CODE", "ONS_SUB_ICB_LOCATION_CODE", "CODE",
            "POSTCODE", "SEX", "AGE", "NUMBER_OF_PATIENTS"]  # fmt: skip
    day = as_at.isoformat()
    rows = [
        ["GP_PRAC_PAT_LIST", day, "GP", COMMISSIONER, "", p.code, p.postcode, "ALL", "ALL", p.registered]
        for p in practices
    ]
    return _csv([head, *rows])


def profile(practices: Sequence[Practice]) -> bytes:
    head = ["practice_code", "single_handed", "dispensing", "rural", "contract", "imd_decile"]
    rows = [[p.code, _yes(p.single_handed), _yes(p.dispensing), _yes(p.rural), "GMS", p.imd_decile] for p in practices]
    return _csv([head, *rows])


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def localities(practices: Sequence[Practice], since: date) -> bytes:
    names = {key: name for key, name, _ in LOCALITIES}
    return _csv(
        [["locality", "practice_code", "from", "until"], *([names[p.locality], p.code, since, ""] for p in practices)]
    )


def people(practices: Sequence[Practice], since: date) -> bytes:
    """The spreadsheet a commissioner has: managers, leads, nurses and shared mailboxes."""
    rows: list[Sequence[object]] = [["practice_code", "role", "name", "email", "from", "until", "listed"]]
    for p in practices:
        for role, who, listed in (
            ("named_lead", p.lead, "yes"),
            ("practice_manager", p.manager, "yes"),
            ("nurse", p.nurse, "no"),
        ):
            if who is not None:
                rows.append([p.code, role, who.name, who.email, since, "", listed])
        rows.append([p.code, "", "", p.mailbox, "", "", ""])
    return _csv(rows)


def attendance(lines: Iterable[tuple[str, str, str]]) -> bytes:
    """name, practice, role."""
    return _csv(
        [["name", "practice", "role", "from", "until"], *([name, code, role, "", ""] for name, code, role in lines)]
    )
