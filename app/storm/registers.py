"""The files that a storm imports, in the layouts that the national publications and commissioners' spreadsheets have."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date


def register(practices: Mapping[str, str]) -> bytes:
    """Practices with their commissioners. Like epraccur: 27 columns, no heading."""
    return _csv(
        [code, f"SURGERY {code}", *[""] * 7, "ZZ1 1AA", "20130401", "", "A", "B", commissioner, "20130401", "", "", "",
         "", "", "0", "", commissioner, "", "4", ""] for code, commissioner in practices.items()
    )  # fmt: skip


def list_sizes(practices: Mapping[str, str], sizes: Mapping[str, int], as_at: date) -> bytes:
    """Like the publication of registered patients: totals of a practice."""
    head = ["PUBLICATION", "EXTRACT_DATE", "TYPE", "SUB_ICB_LOCATION_CODE", "ONS_SUB_ICB_LOCATION_CODE", "CODE",
            "POSTCODE", "SEX", "AGE", "NUMBER_OF_PATIENTS"]  # fmt: skip
    rows = (
        ["GP_PRAC_PAT_LIST", as_at, "GP", commissioner, "", code, "ZZ1 1AA", "ALL", "ALL", sizes[code]]
        for code, commissioner in practices.items()
    )
    return _csv([head, *rows])


def people(rows: Iterable[tuple[str, str, str, str]], since: date) -> bytes:
    """(practice, role, name, e-mail); without a role and a name it is the practice's shared mailbox."""
    head = ["practice_code", "role", "name", "email", "from", "until", "listed"]
    lines = (
        [code, role, name, email, since if role else "", "", "no" if role else ""] for code, role, name, email in rows
    )
    return _csv([head, *lines])


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    sheet = io.StringIO()
    csv.writer(sheet, lineterminator="\r\n").writerows(rows)
    return sheet.getvalue().encode()
