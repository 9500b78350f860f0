"""A commissioner's own spreadsheets: localities, the members of a place, and people.

`until` is the first day that no longer counts, as everywhere in the API; a column headed `end date`, `last day`
or `to` gives the last day that does.
"""

import re
from datetime import date

from app.core.addresses import check_address
from app.organisations.adapters.cells import CellRefused
from app.organisations.adapters.layouts import Layout
from app.organisations.adapters.ods_files import day_after
from app.organisations.adapters.sheet import Record, Sheet, collect, refuse_duplicates, refuse_overlaps
from app.organisations.ports import Options, Parsed
from app.organisations.values import FileKind, LocalityRow, MemberRow, PersonRow

_PRACTICE = ("practicecode", "practice", "odscode", "practiceodscode", "gpcode")
_PERIOD = {
    "from": ("from", "validfrom", "startdate", "start", "since"),
    "until": ("until", "validuntil"),
    "last_day": ("enddate", "end", "lastday", "to", "validto"),
}
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_SHORT = 120

_LOCALITIES = Layout(
    kind=FileKind.LOCALITIES,
    expects="a CSV with the columns locality, practice_code, from and until",
    aliases={"locality": ("locality", "localityname", "localitycode"), "practice_code": _PRACTICE, **_PERIOD},
    required=("locality", "practice_code", "from"),
    ignored=("practicename", "practice"),
)
_MEMBERS = Layout(
    kind=FileKind.MEMBERS,
    expects="a CSV with the columns practice_code, from and until",
    aliases={"practice_code": _PRACTICE, **_PERIOD},
    required=("practice_code", "from"),
    ignored=("practicename", "practice"),
)
_PEOPLE = Layout(
    kind=FileKind.PEOPLE,
    expects="a CSV with the columns practice_code, role, name, email, from, until and listed",
    aliases={
        "practice_code": _PRACTICE,
        "role": ("role", "post", "jobtitle", "position"),
        "name": ("name", "fullname", "person", "contactname"),
        "email": ("email", "emailaddress", "mail"),
        **_PERIOD,
        "listed": ("listed", "onintranet", "published"),
    },
    required=("practice_code", "role", "name", "email"),
    ignored=("practicename", "practice"),
)


def read_localities(sheet: Sheet, _: Options) -> Parsed[LocalityRow]:
    found = collect(sheet, _LOCALITIES.columns(sheet), _locality, has_headings=True)
    # A practice is in one locality at a time.
    refuse_overlaps(found, lambda row: row.practice, lambda row: (row.valid_from, row.valid_until), "from")
    return Parsed(found.rows, found.numbers, found.errors, found.warnings, None, found.total)


def _locality(record: Record) -> LocalityRow:
    valid_from = record.needed_day("from")
    return LocalityRow(
        locality=_short(record, "locality"),
        practice=record.needed_code("practice_code"),
        valid_from=valid_from,
        valid_until=_until(record, valid_from),
    )


def read_members(sheet: Sheet, _: Options) -> Parsed[MemberRow]:
    found = collect(sheet, _MEMBERS.columns(sheet), _member, has_headings=True)
    refuse_overlaps(found, lambda row: row.practice, lambda row: (row.valid_from, row.valid_until), "from")
    return Parsed(found.rows, found.numbers, found.errors, found.warnings, None, found.total)


def _member(record: Record) -> MemberRow:
    valid_from = record.needed_day("from")
    return MemberRow(record.needed_code("practice_code"), valid_from, _until(record, valid_from))


def read_people(sheet: Sheet, _: Options) -> Parsed[PersonRow]:
    found = collect(sheet, _PEOPLE.columns(sheet), _person, has_headings=True)
    refuse_duplicates(
        found, lambda row: (row.practice, row.role, row.email or row.name, row.valid_from), "practice_code"
    )
    return Parsed(found.rows, found.numbers, found.errors, found.warnings, None, found.total)


def _person(record: Record) -> PersonRow:
    name, email = record.text("name"), _email(record)
    if name is None and email is None:
        raise CellRefused(
            "imports.missing_value", "A row without a name is the practice's shared mailbox and needs one.", "email"
        )
    valid_from = record.day("from")
    return PersonRow(
        practice=record.needed_code("practice_code"),
        # What stands in the role's column of a mailbox (nothing, "reception", the manager's post) is of no account.
        role=_NOT_WORD.sub("_", _short(record, "role").lower()).strip("_") if name else None,
        name=_short(record, "name") if name else None,
        email=email,
        valid_from=valid_from,
        valid_until=_until(record, valid_from),
        listed=record.flag("listed"),
    )


def _short(record: Record, column: str) -> str:
    text = record.needed_text(column)
    if len(text) > _SHORT:
        raise CellRefused("imports.too_long", f"The limit is {_SHORT} characters.", column)
    return text


def _email(record: Record) -> str | None:
    text = record.text("email")
    try:
        return None if text is None else check_address(text)
    except ValueError as error:
        raise CellRefused(
            "imports.bad_email", "This is not one e-mail address that can be sent to.", "email"
        ) from error


def _until(record: Record, valid_from: date | None) -> date | None:
    until = record.day("until")
    if until is None:
        return day_after(record, "last_day", valid_from)
    if valid_from and until <= valid_from:
        raise CellRefused("imports.bad_period", "The period ends before it begins.", "until")
    return until
