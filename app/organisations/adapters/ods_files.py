"""The Organisation Data Service: the register of practices, their membership history, and the networks' partners."""

from collections.abc import Iterable
from datetime import date, timedelta

from app.organisations.adapters.cells import CellRefused
from app.organisations.adapters.layouts import MEMBERSHIPS, PRACTICE_WIDTHS, PRACTICES, STATUS_WORDS, Layout, recognise
from app.organisations.adapters.options import chosen_day
from app.organisations.adapters.sheet import Columns, Record, Sheet, collect, refuse_duplicates, refuse_overlaps
from app.organisations.ports import GP_PRACTICE_SETTING, MembershipRow, NetworkRow, Options, Parsed, PracticeRow
from app.organisations.values import FileKind, PracticeStatus

_ADDRESS = ("address_1", "address_2", "address_3", "address_4", "address_5")
_PRACTICES = Layout(
    kind=FileKind.ODS_PRACTICES,
    expects="the register of practices (epraccur, 27 columns)",
    aliases={
        "code": ("organisationcode", "practiceodscode", "odscode", "orgcode", "practicecode", "code"),
        "name": ("name", "orgname", "organisationname", "practicename"),
        "national_grouping": ("nationalgrouping", "nhsercode", "nhsenglandregioncode"),
        "health_geography": ("highlevelhealthgeography", "highlevelhealtheconomy", "icbcode"),
        "address_1": ("addressline1", "address1", "addressone"),
        "address_2": ("addressline2", "address2", "addresstwo"),
        "address_3": ("addressline3", "address3", "addressthree"),
        "address_4": ("addressline4", "address4", "addressfour", "town"),
        "address_5": ("addressline5", "address5", "addressfive", "county"),
        "postcode": ("postcode",),
        "opened_on": ("opendate", "legalstartdate"),
        "closed_on": ("closedate", "legalenddate"),
        "status": ("statuscode", "status", "statusname"),
        "commissioner": ("commissioner", "parentorganisationcode", "targetorgcode", "subicblocationcode", "icbodscode"),
        "joined_on": ("joinproviderpurchaserdate", "joinparentdate", "joindate"),
        "left_on": ("leftproviderpurchaserdate", "leftparentdate", "leftdate"),
        "telephone": ("contacttelephonenumber", "telephonenumber", "telephone"),
        "prescribing_setting": ("prescribingsetting", "practicetype", "roleid", "rolecode"),
    },
    required=("code", "name", "status", "commissioner", "prescribing_setting"),
)
_FIRST_COLUMNS = {
    "code": 0,
    "name": 1,
    "national_grouping": 2,
    "health_geography": 3,
    **{line: 4 + place for place, line in enumerate(_ADDRESS)},
    "postcode": 9,
    "opened_on": 10,
    "closed_on": 11,
    "status": 12,
    "commissioner": 14,
    "joined_on": 15,
    "left_on": 16,
    "telephone": 17,
}
_STATUSES = {
    "a": PracticeStatus.ACTIVE,
    "c": PracticeStatus.CLOSED,
    "d": PracticeStatus.DORMANT,
    "p": PracticeStatus.PROPOSED,
    "inactive": PracticeStatus.CLOSED,
    **{status.value: status for status in PracticeStatus},
}
# The export service that replaced the weekly file writes roles where the old file wrote settings.
_SETTINGS_BY_ROLE = {
    "RO72": "0",
    "RO87": "1",
    "RO80": "2",
    "RO76": GP_PRACTICE_SETTING,
    "RO255": "8",
    "RO247": "9",
    "RO250": "10",
    "RO252": "11",
    "RO259": "12",
    "RO249": "13",
    "RO246": "14",
    "RO245": "15",
    "RO260": "16",
    "RO257": "17",
    "RO256": "18",
    "RO251": "19",
    "RO248": "20",
    "RO254": "21",
    "RO258": "22",
    "RO253": "24",
    "RO82": "25",
    "RO321": "26",
}
_WALK_IN_AND_OUT_OF_HOURS = {"RO80", "RO87"}


def read_practices(sheet: Sheet, options: Options) -> Parsed[PracticeRow]:
    columns, has_headings = _practice_columns(sheet)
    found = collect(sheet, columns, _practice, has_headings=has_headings)
    refuse_duplicates(found, lambda row: row.code, "code")
    newest = max((day for row in found.rows for day in _practice_days(row)), default=None)
    as_at = chosen_day(options) or newest
    return Parsed(found.rows, found.numbers, found.errors, found.warnings, as_at, found.total)


def _practice_columns(sheet: Sheet) -> tuple[Columns, bool]:
    if _PRACTICES.fits(sheet.headings):
        return _PRACTICES.columns(sheet), True
    if recognise(sheet) is not PRACTICES:
        _PRACTICES.refuse(sheet, _PRACTICES.required)
    status, setting = PRACTICE_WIDTHS[sheet.width]
    has_headings = sheet.sample[0][status].strip().lower() not in STATUS_WORDS
    return {**_FIRST_COLUMNS, "prescribing_setting": setting}, has_headings


def _practice_days(row: PracticeRow) -> Iterable[date]:
    # left_on is the day after the date in the file.
    last_day = row.left_on - timedelta(days=1) if row.left_on else None
    return (day for day in (row.opened_on, row.closed_on, row.joined_on, last_day) if day)


def _practice(record: Record) -> PracticeRow:
    opened_on, closed_on = record.day("opened_on"), record.day("closed_on")
    if opened_on and closed_on and closed_on < opened_on:
        raise CellRefused("imports.bad_period", "It closed before it opened.", "closed_on")
    joined_on = record.day("joined_on")
    return PracticeRow(
        code=record.needed_code("code"),
        name=record.needed_text("name"),
        national_grouping=record.code("national_grouping"),
        health_geography=record.code("health_geography"),
        address_lines=tuple(line for column in _ADDRESS if (line := record.text(column))),
        postcode=record.postcode("postcode"),
        opened_on=opened_on,
        closed_on=closed_on,
        status=_status(record),
        commissioner=record.code("commissioner"),
        joined_on=joined_on,
        left_on=day_after(record, "left_on", joined_on),
        telephone=record.text("telephone"),
        prescribing_setting=_setting(record),
    )


def _status(record: Record) -> PracticeStatus:
    status = _STATUSES.get(record.needed_text("status").lower())
    if status is None:
        raise CellRefused("imports.bad_status", "The status is none of A, C, D and P.", "status")
    return status


def _setting(record: Record) -> str | None:
    text = record.text("prescribing_setting")
    if text is None or not text.upper().startswith("RO"):
        return text
    roles = set(text.upper().split("|"))
    if "RO76" in roles:
        return GP_PRACTICE_SETTING
    if roles == _WALK_IN_AND_OUT_OF_HOURS:
        return "3"
    return next((setting for role, setting in _SETTINGS_BY_ROLE.items() if role in roles), text)


def day_after(record: Record, column: str, begins: date | None) -> date | None:
    """Register files give the last day; periods here end before their last date."""
    last_day = record.day(column)
    if last_day is None:
        return None
    if begins and last_day < begins:
        raise CellRefused("imports.bad_period", "The period ends before it begins.", column)
    return last_day + timedelta(days=1)


_MEMBERSHIPS = Layout(
    kind=FileKind.ODS_MEMBERSHIPS,
    expects="the membership history of practices (epcmem, 6 columns)",
    aliases={
        "practice": ("organisationcode", "practicecode", "odscode"),
        "commissioner": ("parentorganisationcode", "parentcode", "commissioner", "targetorgcode"),
        "valid_from": ("joinparentdate", "joinproviderpurchaserdate", "joindate"),
        "last_day": ("leftparentdate", "leftproviderpurchaserdate", "leftdate"),
    },
    required=("practice", "commissioner", "valid_from", "last_day"),
)


def read_memberships(sheet: Sheet, options: Options) -> Parsed[MembershipRow]:
    columns, has_headings = _membership_columns(sheet)
    found = collect(sheet, columns, _membership, has_headings=has_headings)
    refuse_overlaps(found, lambda row: row.practice, lambda row: (row.valid_from, row.valid_until))
    as_at = chosen_day(options) or _newest((row.valid_from, row.valid_until) for row in found.rows)
    return Parsed(found.rows, found.numbers, found.errors, found.warnings, as_at, found.total)


def _membership_columns(sheet: Sheet) -> tuple[Columns, bool]:
    if _MEMBERSHIPS.fits(sheet.headings):
        return _MEMBERSHIPS.columns(sheet), True
    if recognise(sheet) is not MEMBERSHIPS:
        _MEMBERSHIPS.refuse(sheet, _MEMBERSHIPS.required)
    has_headings = not any(character.isdigit() for character in sheet.sample[0][3])
    return {"practice": 0, "commissioner": 1, "valid_from": 3, "last_day": 4}, has_headings


def _membership(record: Record) -> MembershipRow:
    valid_from = record.needed_day("valid_from")
    return MembershipRow(
        practice=record.needed_code("practice"),
        commissioner=record.needed_code("commissioner"),
        valid_from=valid_from,
        valid_until=day_after(record, "last_day", valid_from),
    )


def _newest(spans: Iterable[tuple[date, date | None]]) -> date | None:
    days = (day for begins, until in spans for day in (begins, until - timedelta(days=1) if until else None) if day)
    return max(days, default=None)


_NETWORKS = Layout(
    kind=FileKind.NETWORKS,
    expects="the core partners sheet of the primary care networks workbook (ePCN), saved as CSV",
    aliases={
        "practice": ("partnerorganisationcode", "practicecode", "odscode"),
        "practice_name": ("partnername", "practicename"),
        "practice_commissioner": ("practiceparentsubicbloccode", "practiceparentccgcode"),
        "practice_commissioner_name": (
            "practiceparentsubiclocname",
            "practiceparentsubicblocname",
            "practiceparentccgname",
        ),
        "network": ("pcncode",),
        "network_name": ("pcnname",),
        "network_commissioner": ("pcnparentsubicbloccode", "pcnparentccgcode"),
        "network_commissioner_name": ("pcnparentsubicblocname", "pcnparentccgname"),
        "valid_from": ("practicetopcnrelationshipstartdate", "relationshipstartdate"),
        "last_day": ("practicetopcnrelationshipenddate", "relationshipenddate"),
    },
    required=("practice", "network", "valid_from", "last_day"),
)


def read_networks(sheet: Sheet, options: Options) -> Parsed[NetworkRow]:
    found = collect(sheet, _NETWORKS.columns(sheet), _network, has_headings=True)
    # A practice may be in two networks for a day or for good; only the same network twice is a contradiction.
    refuse_overlaps(found, lambda row: (row.practice, row.network), lambda row: (row.valid_from, row.valid_until))
    as_at = chosen_day(options) or _newest((row.valid_from, row.valid_until) for row in found.rows)
    return Parsed(found.rows, found.numbers, found.errors, found.warnings, as_at, found.total)


def _network(record: Record) -> NetworkRow:
    valid_from = record.needed_day("valid_from")
    return NetworkRow(
        practice=record.needed_code("practice"),
        practice_name=record.text("practice_name"),
        network=record.needed_code("network"),
        network_name=record.text("network_name"),
        practice_commissioner=record.code("practice_commissioner"),
        practice_commissioner_name=record.text("practice_commissioner_name"),
        network_commissioner=record.code("network_commissioner"),
        network_commissioner_name=record.text("network_commissioner_name"),
        valid_from=valid_from,
        valid_until=day_after(record, "last_day", valid_from),
    )
