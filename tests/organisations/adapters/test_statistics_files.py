from datetime import date
from decimal import Decimal

import pytest

from app.organisations.adapters.register_files import read_file
from app.organisations.errors import MissingColumns, OptionInvalid, UnknownColumns, WrongKind
from app.organisations.ports import AdjustedListRow, ListRow
from tests.organisations.adapters.register_texts import csv_bytes

LIST_HEADINGS = {
    "2017": "PUBLICATION,EXTRACT_DATE,ORG_TYPE,ORG_CODE,ONS_CODE,POSTCODE,SEX,AGE_GROUP_5,NUMBER_OF_PATIENTS",
    "2021": "PUBLICATION,EXTRACT_DATE,TYPE,CCG_CODE,ONS_CCG_CODE,CODE,POSTCODE,SEX,AGE,NUMBER_OF_PATIENTS",
    "2026": "PUBLICATION,EXTRACT_DATE,TYPE,SUB_ICB_LOCATION_CODE,ONS_SUB_ICB_LOCATION_CODE,CODE,POSTCODE,SEX,AGE,"
    "NUMBER_OF_PATIENTS",
}
LIST_2021 = LIST_HEADINGS["2021"].split(",")
PAYMENT_HEADINGS = (
    *("CCG Code", "Sub ICB NAME", "Code", "CCG NAME", "Practice Code", "Practice Name", "Practice Close Date"),
    *("Contract Type", "Dispensing Practice", "Practice Rurality", "Atypical characteristics"),
    *("Number of Registered Patients (Last Known Figure)", "Number of Weighted Patients (Last Known Figure)"),
)
PAYMENT = {
    "CCG Code": "ZZ1",
    "Sub ICB NAME": "Invented ICB",
    "Code": "ZZ50001",
    "CCG NAME": "INVENTED PCN",
    "Practice Code": "ZZ9001",
    "Practice Name": "Invented",
    "Contract Type": "GMS",
    "Dispensing Practice": "Yes",
    "Practice Rurality": "Rural",
    "Number of Registered Patients (Last Known Figure)": "4029.25",
    "Number of Weighted Patients (Last Known Figure)": "4579.78",
}
REGISTERED = "Number of Registered Patients (Last Known Figure)"


def _list_cells(code: str = "ZZ9001", size: str = "100", day: str = "01JAN2021", sex: str = "ALL", kind: str = "GP"):
    return ("GP_PRAC_PAT_LIST", day, kind, "ZZ1", "E99", code, "ZZ99 1ZZ", sex, "ALL", size)


def _lists(*rows: tuple[str, ...], **options: str):
    return read_file("list-sizes", csv_bytes(LIST_2021, *rows), options=options)


def _payments(*changes: dict[str, str], year: str = "2022/23"):
    rows = [[{**PAYMENT, **change}.get(heading, "") for heading in PAYMENT_HEADINGS] for change in changes]
    return read_file("gp-payments", csv_bytes(PAYMENT_HEADINGS, *rows), options={"financial_year": year})


@pytest.mark.parametrize("layout", LIST_HEADINGS)
def test_every_layout_of_list_sizes_is_read(layout: str):
    headings = LIST_HEADINGS[layout].split(",")
    cells = {"EXTRACT_DATE": "2021-01-01", "NUMBER_OF_PATIENTS": "5903", "CODE": "ZZ9001", "ORG_CODE": "ZZ9001"}
    cells |= {"CCG_CODE": "ZZ1", "SUB_ICB_LOCATION_CODE": "ZZ1", "TYPE": "GP", "ORG_TYPE": "GP"}
    cells |= {"SEX": "ALL", "AGE": "ALL", "AGE_GROUP_5": "ALL"}
    content = csv_bytes(headings, [cells.get(heading, "") for heading in headings])
    (row,) = read_file("list-sizes", content, options={}).rows
    commissioner = None if layout == "2017" else "ZZ1"
    assert row == ListRow("ZZ9001", date(2021, 1, 1), Decimal(5903), None, commissioner)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01JAN2021", date(2021, 1, 1)),
        ("01Jan2022", date(2022, 1, 1)),
        ("01-Sep-20", date(2020, 9, 1)),
        ("2026-04-01", date(2026, 4, 1)),
    ],
)
def test_every_spelling_of_the_extract_date_is_read(text: str, expected: date):
    assert _lists(_list_cells(day=text)).as_at == expected


def test_rows_that_are_not_totals_of_practices_are_passed_over_and_counted():
    parsed = _lists(_list_cells(), _list_cells(sex="MALE"), _list_cells(kind="CCG", code="ZZ1"))
    assert ([row.practice for row in parsed.rows], parsed.errors, parsed.total_rows) == (["ZZ9001"], [], 3)
    assert parsed.warnings == [
        "Rows of one sex, of one age or of organisations that are not practices were passed over (rows: 2)."
    ]


def test_file_without_totals_is_refused():
    with pytest.raises(WrongKind, match="no totals rows"):
        _lists(_list_cells(sex="MALE"), _list_cells(sex="FEMALE"))


@pytest.mark.parametrize(
    ("size", "code"),
    [("-1", "imports.negative_list"), ("", "imports.missing_value"), ("1e3", "imports.bad_number")],
)
def test_impossible_list_size_is_a_row_error(size: str, code: str):
    parsed = _lists(_list_cells(), _list_cells(code="ZZ9002", size=size))
    assert [(error.row, error.column, error.code) for error in parsed.errors] == [(3, "registered", code)]


def test_zero_list_stays():
    assert _lists(_list_cells(size="0")).rows[0].registered == 0


def test_practice_twice_on_one_date_is_refused_the_second_time():
    parsed = _lists(_list_cells(), _list_cells(size="200"))
    assert ([row.registered for row in parsed.rows], parsed.errors[0].code) == ([Decimal(100)], "imports.duplicate")


def test_layout_without_a_date_needs_one():
    content = csv_bytes(("GP_PRACTICE_CODE", "CCG_CODE", "TOTAL_ALL"), ("ZZ9001", "ZZ1", "4,321"))
    with pytest.raises(OptionInvalid, match="as_at"):
        read_file("list-sizes", content, options={})
    parsed = read_file("list-sizes", content, options={"as_at": "2015-04-01"})
    assert parsed.rows == [ListRow("ZZ9001", date(2015, 4, 1), Decimal(4321), None, "ZZ1")]


def test_date_against_the_file_is_refused():
    with pytest.raises(OptionInvalid, match="EXTRACT_DATE"):
        _lists(_list_cells(), as_at="2022-01-01")


def test_payment_names_stand_beside_their_codes():
    (row,) = _payments({}).rows
    assert (row.commissioner, row.commissioner_name) == ("ZZ1", "Invented ICB")
    assert (row.network, row.network_name) == ("ZZ50001", "INVENTED PCN")
    assert (row.registered, row.weighted, row.dispensing, row.rural) == (
        Decimal("4029.25"),
        Decimal("4579.78"),
        True,
        True,
    )
    assert (row.as_at, row.published_period) == (date(2022, 4, 1), "average of the year")


def test_practice_of_no_network_has_none():
    (row,) = _payments({"Code": "Unknown or no PCN", "CCG NAME": "Unknown or no PCN"}).rows
    assert (row.network, row.network_name) == (None, None)


@pytest.mark.parametrize("mark", ["", "-", "Unknown", "Missing", "N/A"])
def test_unknown_is_none_and_never_false(mark: str):
    (row,) = _payments(
        {"Dispensing Practice": mark, "Practice Rurality": mark, "Contract Type": mark, REGISTERED: mark}
    ).rows
    assert (row.dispensing, row.rural, row.contract, row.registered) == (None, None, None, None)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({REGISTERED: "-0.5"}, "imports.negative_list"),
        ({"Practice Rurality": "Seaside"}, "imports.bad_rurality"),
        ({"Dispensing Practice": "Sometimes"}, "imports.bad_flag"),
        ({"Practice Close Date": "31/02/2022"}, "imports.bad_date"),
    ],
)
def test_bad_payment_row_is_an_error(change: dict[str, str], code: str):
    parsed = _payments({}, {"Practice Code": "ZZ9002", **change})
    assert ([row.practice for row in parsed.rows], parsed.errors[0].code) == (["ZZ9001"], code)


def test_noise_of_binary_fractions_is_rounded_to_six_places():
    assert _payments({REGISTERED: "7316.999999998"}).rows[0].registered == Decimal("7317.000000")


def test_atypical_marks_become_a_list():
    (row,) = _payments({"Atypical characteristics": "| Part year of data || No registered patients |"}).rows
    assert row.atypical == ("Part year of data", "No registered patients")


@pytest.mark.parametrize("year", ["2022", "2022/24", "22/23", "2022-23", ""])
def test_financial_year_is_strict(year: str):
    with pytest.raises(OptionInvalid) as refused:
        _payments({}, year=year)
    assert [error.pointer for error in refused.value.errors] == ["/financial_year"]


def test_financial_year_is_required():
    with pytest.raises(OptionInvalid):
        read_file("gp-payments", csv_bytes(PAYMENT_HEADINGS, PAYMENT_HEADINGS), options={})


@pytest.mark.parametrize(("quarter", "expected"), [("Q2", "quarter 2"), ("N/A", None), ("NO KNOWN PATIENTS", None)])
def test_quarter_is_said_where_the_file_says_it(quarter: str, expected: str | None):
    headings = ("CCG Code", "Practice Code", "Quarter used for patient data", *PAYMENT_HEADINGS[-2:])
    content = csv_bytes(headings, ("ZZ1", "ZZ9001", quarter, "1", "2"))
    (row,) = read_file("gp-payments", content, options={"financial_year": "2014/15"}).rows
    assert (row.published_period, row.network) == (expected, None)


def test_profile_takes_any_of_its_columns():
    content = csv_bytes(
        ("practice_code", "single_handed", "training", "rural", "contract"),
        ("ZZ9001", "yes", "no", "", "pms"),
    )
    (row,) = read_file("practice-profile", content, options={}).rows
    assert (row.single_handed, row.training, row.rural, row.contract) == (True, False, None, "PMS")
    assert (row.imd_score, row.imd_decile, row.dispensing) == (None, None, None)


def test_profile_names_an_unknown_column_by_its_letter():
    with pytest.raises(UnknownColumns, match="Columns C:"):
        read_file(
            "practice-profile", csv_bytes(("practice_code", "rural", "shoe size"), ("ZZ9001", "", "9")), options={}
        )


def test_profile_of_codes_alone_is_refused():
    with pytest.raises(MissingColumns):
        read_file("practice-profile", csv_bytes(("practice_code",), ("ZZ9001",)), options={})


@pytest.mark.parametrize(("column", "value"), [("imd_decile", "11"), ("imd_decile", "1.5"), ("imd_score", "101")])
def test_impossible_deprivation_is_a_row_error(column: str, value: str):
    parsed = read_file("practice-profile", csv_bytes(("practice_code", column), ("ZZ9001", value)), options={})
    assert [(error.column, error.code) for error in parsed.errors] == [(column, "imports.bad_number")]


@pytest.mark.parametrize(
    ("headings", "cells", "options"),
    [
        (("practice_code", "as_at", "adjusted"), ("ZZ9001", "01/01/2026", "8712.5"), {}),
        (("practice_code", "Adjusted Population"), ("ZZ9001", "8712.5"), {"as_at": "2026-01-01"}),
    ],
)
def test_adjusted_populations_are_read_with_their_day(
    headings: tuple[str, ...], cells: tuple[str, ...], options: dict[str, str]
):
    (row,) = read_file("adjusted-lists", csv_bytes(headings, cells), options=options).rows
    assert row == AdjustedListRow("ZZ9001", date(2026, 1, 1), Decimal("8712.5"))


def test_adjusted_populations_of_no_day_are_refused():
    with pytest.raises(OptionInvalid, match="as_at"):
        read_file("adjusted-lists", csv_bytes(("practice_code", "adjusted"), ("ZZ9001", "1")), options={})


@pytest.mark.parametrize(("size", "code"), [("-1", "imports.negative_list"), ("", "imports.missing_value")])
def test_an_adjusted_population_is_some_number_of_people(size: str, code: str):
    content = csv_bytes(("practice_code", "adjusted"), ("ZZ9001", size), ("ZZ9002", "5"))
    parsed = read_file("adjusted-lists", content, options={"as_at": "2026-01-01"})
    assert [(error.column, error.code) for error in parsed.errors] == [("adjusted", code)]
    assert [row.practice for row in parsed.rows] == ["ZZ9002"]
