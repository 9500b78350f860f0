"""Published statistics: list sizes, NHS Payments to General Practice, and practice profiles."""

from datetime import date
from decimal import Decimal

from app.core.clock import add_months
from app.organisations.adapters.cells import CellRefused
from app.organisations.adapters.layouts import Layout
from app.organisations.adapters.options import chosen_day, chosen_year
from app.organisations.adapters.sheet import Columns, Record, Sheet, collect, refuse_duplicates
from app.organisations.errors import MissingColumns, OptionInvalid, WrongKind
from app.organisations.ports import AdjustedListRow, ListRow, Options, Parsed, PaymentRow, ProfileRow
from app.organisations.values import FileKind

_DECIMALS = 6

_LISTS = Layout(
    kind=FileKind.LIST_SIZES,
    expects="the totals of Patients Registered at a GP Practice (gp-reg-pat-prac-all)",
    aliases={
        "practice": ("code", "orgcode", "practicecode", "gppracticecode"),
        "as_at": ("extractdate",),
        "organisation_type": ("type", "orgtype"),
        "commissioner": ("subicblocationcode", "ccgcode"),
        "sex": ("sex",),
        "age": ("age", "agegroup5"),
        "registered": ("numberofpatients", "totalall"),
    },
    required=("practice", "registered"),
)


def read_lists(sheet: Sheet, options: Options) -> Parsed[ListRow]:
    columns = _LISTS.columns(sheet)
    stated = chosen_day(options)
    if "as_at" not in columns and stated is None:
        raise OptionInvalid("This layout has no EXTRACT_DATE column: say as_at.")
    found = collect(sheet, columns, lambda record: _list(record, stated), has_headings=True)
    refuse_duplicates(found, lambda row: (row.practice, row.as_at), "practice")
    if not found.rows and not found.errors:
        raise WrongKind("It has no totals rows (SEX and AGE both ALL, TYPE GP). Upload the file of totals.")
    days = {row.as_at for row in found.rows}
    if stated and days - {stated}:
        raise OptionInvalid("The EXTRACT_DATE in the file is another day than as_at.")
    return Parsed(found.rows, found.numbers, found.errors, found.warnings, max(days, default=stated), found.total)


def _list(record: Record, stated: date | None) -> ListRow | None:
    if not _is_total(record):
        record.note("Rows of one sex, of one age or of organisations that are not practices were passed over")
        return None
    registered = _list_size(record, "registered")
    if registered is None:
        raise CellRefused("imports.missing_value", "This cell must not be empty.", "registered")
    return ListRow(
        practice=record.needed_code("practice"),
        as_at=record.day("as_at") or stated or record.needed_day("as_at"),
        registered=registered,
        weighted=None,
        commissioner=record.code("commissioner"),
    )


def _is_total(record: Record) -> bool:
    everyone = {"", "ALL"}
    return (
        record.raw("sex").upper() in everyone
        and record.raw("age").upper() in everyone
        and record.raw("organisation_type").upper() in {"", "GP"}
    )


def _list_size(record: Record, column: str) -> Decimal | None:
    size = record.number(column)
    if size is None:
        return None
    if size < 0:
        raise CellRefused("imports.negative_list", "A list cannot be smaller than nobody.", column)
    # Some years carry the noise of binary fractions, such as 7316.999999998.
    return round(size, _DECIMALS) if -int(size.as_tuple().exponent) > _DECIMALS else size


_ADJUSTED = Layout(
    kind=FileKind.ADJUSTED_LISTS,
    expects="practice_code and adjusted, and as_at where it is not said beside the file",
    aliases={
        "practice_code": ("practicecode", "odscode"),
        "as_at": ("asat",),
        "adjusted": ("adjusted", "adjustedpopulation", "adjustedlist"),
    },
    required=("practice_code", "adjusted"),
    ignored=("practicename",),
)


def read_adjusted_lists(sheet: Sheet, options: Options) -> Parsed[AdjustedListRow]:
    """NHS England gives adjusted populations to commissioners in workbooks of its own; these are the columns of one."""
    columns = _ADJUSTED.columns(sheet)
    stated = chosen_day(options)
    if "as_at" not in columns and stated is None:
        raise OptionInvalid("There is no column as_at: say as_at beside the file.")
    found = collect(sheet, columns, lambda record: _adjusted(record, stated), has_headings=True)
    refuse_duplicates(found, lambda row: (row.practice, row.as_at), "practice_code")
    days = {row.as_at for row in found.rows}
    return Parsed(found.rows, found.numbers, found.errors, found.warnings, max(days, default=stated), found.total)


def _adjusted(record: Record, stated: date | None) -> AdjustedListRow:
    adjusted = _list_size(record, "adjusted")
    if adjusted is None:
        raise CellRefused("imports.missing_value", "This cell must not be empty.", "adjusted")
    as_at = record.day("as_at") or stated or record.needed_day("as_at")
    return AdjustedListRow(record.needed_code("practice_code"), as_at, adjusted)


_PAYMENTS = Layout(
    kind=FileKind.GP_PAYMENTS,
    expects="NHS Payments to General Practice, practice level",
    aliases={
        "practice": ("practicecode",),
        "name": ("practicename",),
        "commissioner": ("ccgcode", "subicbcode", "subicblocationcode"),
        "network": ("pcncode", "code"),
        "address": ("practiceaddress",),
        "postcode": ("practicepostcode",),
        "opened_on": ("practiceopendate",),
        "closed_on": ("practiceclosedate",),
        "contract": ("contracttype",),
        "dispensing": ("dispensingpractice",),
        "rurality": ("practicerurality",),
        "atypical": ("atypicalcharacteristics",),
        "quarter": ("quarterusedforpatientdata",),
        "registered": ("numberofregisteredpatientslastknownfigure", "numberofregisteredpatients"),
        "weighted": ("numberofweightedpatientslastknownfigure", "numberofweightedpatients"),
    },
    required=("practice", "commissioner", "registered", "weighted"),
)
_RURALITIES = {"rural": True, "urban": False}
_QUARTERS = {"Q1", "Q2", "Q3", "Q4"}
_NO_QUARTER = "NO KNOWN PATIENTS"


def read_payments(sheet: Sheet, options: Options) -> Parsed[PaymentRow]:
    begins = chosen_year(options)
    columns = _payment_columns(sheet)
    found = collect(sheet, columns, lambda record: _payment(record, columns, begins), has_headings=True)
    refuse_duplicates(found, lambda row: row.practice, "practice")
    warnings = [*found.warnings, *_year_warnings(found.rows, begins)]
    return Parsed(found.rows, found.numbers, found.errors, warnings, begins, found.total)


def _payment_columns(sheet: Sheet) -> Columns:
    """The names stand beside the codes, whatever is written above them: in 2022/23 "CCG NAME" heads the networks."""
    columns = _PAYMENTS.columns(sheet)
    names = {
        f"{column}_name": columns[column] + 1
        for column in ("commissioner", "network")
        if column in columns
        and sheet.headings[columns[column] + 1 :][:1]
        and "name" in sheet.headings[columns[column] + 1]
    }
    return {**columns, **names}


def _payment(record: Record, columns: Columns, begins: date) -> PaymentRow:
    network = _network_code(record)
    return PaymentRow(
        practice=record.needed_code("practice"),
        name=record.text("name"),
        commissioner=record.code("commissioner"),
        commissioner_name=record.text("commissioner_name"),
        network=network,
        network_name=record.text("network_name") if network else None,
        address=record.text("address"),
        postcode=record.postcode("postcode"),
        opened_on=record.day("opened_on"),
        closed_on=record.day("closed_on"),
        contract=contract(record),
        dispensing=record.flag("dispensing"),
        rural=_rural(record),
        atypical=tuple(part.strip() for part in record.raw("atypical").split("|") if part.strip(" -")),
        registered=_list_size(record, "registered"),
        weighted=_list_size(record, "weighted"),
        as_at=begins,
        published_period=_period(record) if "quarter" in columns else "average of the year",
    )


def _network_code(record: Record) -> str | None:
    # 178 practices of 2022/23 are in "Unknown or no PCN".
    return None if record.raw("network").lower().startswith("unknown") else record.code("network")


def _rural(record: Record) -> bool | None:
    word = record.text("rurality")
    if word is None:
        return None
    if word.lower() not in _RURALITIES:
        raise CellRefused("imports.bad_rurality", "The rurality is neither Rural nor Urban.", "rurality")
    return _RURALITIES[word.lower()]


def contract(record: Record) -> str | None:
    """GMS, PMS or APMS. New kinds of contract are kept as they are written: a list size is worth more than a word."""
    word = record.text("contract")
    return word.upper() if word else None


def _period(record: Record) -> str | None:
    quarter = record.text("quarter")
    if quarter is None or quarter.upper() == _NO_QUARTER:
        return None
    if quarter.upper() not in _QUARTERS:
        raise CellRefused("imports.bad_quarter", "The quarter is none of Q1 to Q4.", "quarter")
    return f"quarter {quarter[1]}"


def _year_warnings(rows: list[PaymentRow], begins: date) -> list[str]:
    """The file does not name its year. Its newest date does, roughly: it is published within months of the year's end."""
    newest = max((day for row in rows for day in (row.opened_on, row.closed_on) if day), default=None)
    if newest is None or begins <= newest < add_months(begins, 18):
        return []
    return [f"The newest date in the file is {newest:%d/%m/%Y}, outside the financial year that was named."]


_PROFILE = Layout(
    kind=FileKind.PRACTICE_PROFILE,
    expects="practice_code and any of single_handed, training, dispensing, rural, contract, imd_score, imd_decile",
    aliases={
        "practice_code": ("practicecode", "odscode"),
        "single_handed": ("singlehanded",),
        "training": ("training", "trainingpractice"),
        "dispensing": ("dispensing", "dispensingpractice"),
        "rural": ("rural",),
        "contract": ("contract", "contracttype"),
        "imd_score": ("imdscore",),
        "imd_decile": ("imddecile",),
    },
    required=("practice_code",),
    ignored=("practicename", "postcode", "subicbcode"),
)


def read_profile(sheet: Sheet, options: Options) -> Parsed[ProfileRow]:
    columns = _PROFILE.columns(sheet)
    if len(columns) == 1:
        raise MissingColumns(f"Beside practice_code there is no column. Kind {_PROFILE.kind} reads {_PROFILE.expects}.")
    found = collect(sheet, columns, _profile, has_headings=True)
    refuse_duplicates(found, lambda row: row.practice, "practice_code")
    return Parsed(found.rows, found.numbers, found.errors, found.warnings, chosen_day(options), found.total)


def _profile(record: Record) -> ProfileRow:
    return ProfileRow(
        practice=record.needed_code("practice_code"),
        single_handed=record.flag("single_handed"),
        training=record.flag("training"),
        dispensing=record.flag("dispensing"),
        rural=record.flag("rural"),
        contract=contract(record),
        imd_score=_score(record),
        imd_decile=_decile(record),
    )


def _score(record: Record) -> Decimal | None:
    score = record.number("imd_score")
    if score is not None and not 0 <= score <= 100:
        raise CellRefused("imports.bad_number", "The score is between 0 and 100.", "imd_score")
    return score


def _decile(record: Record) -> int | None:
    decile = record.number("imd_decile")
    if decile is None:
        return None
    if decile not in range(1, 11):
        raise CellRefused("imports.bad_number", "The decile is a whole number from 1 to 10.", "imd_decile")
    return int(decile)
