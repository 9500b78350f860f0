from datetime import date

import pytest

from app.organisations.adapters.register_files import read_file
from app.organisations.errors import MissingColumns, OptionInvalid, WrongKind
from app.organisations.ports import MembershipRow
from app.organisations.rules import sub_icb_parents
from app.organisations.values import PracticeStatus, RowError
from tests.organisations.adapters.register_texts import PARTNER_HEADINGS, csv_bytes, csv_text, narrow, practice_cells


def _practices(*rows: list[str], **options: str):
    return read_file("ods-practices", csv_bytes(*rows), options=options)


def test_practice_without_headings_is_read_by_position():
    (row,) = _practices(practice_cells()).rows
    assert (row.code, row.name, row.status) == ("ZZ9001", "INVENTED SURGERY", PracticeStatus.ACTIVE)
    assert row.address_lines == ("1 NO STREET", "NOWHERE")
    assert (row.postcode, row.telephone, row.prescribing_setting) == ("ZZ99 1ZZ", "01632 960000", "4")
    assert (row.commissioner, row.joined_on, row.left_on) == ("ZZ1", date(2020, 4, 1), None)


def test_narrow_copy_with_its_own_headings_is_read_by_width():
    headings = [f"column {position}" for position in range(21)]
    assert _practices(headings, narrow(practice_cells())).rows == _practices(practice_cells()).rows


def test_narrow_copy_without_headings_is_read_by_width():
    assert _practices(narrow(practice_cells())).rows == _practices(practice_cells()).rows


def test_export_with_named_columns_in_another_order_is_read_by_name():
    content = csv_bytes(
        ("TargetOrgCode", "RoleID", "Status Name", "Organisation Code", "Org Name", "Join Provider/Purchaser Date"),
        ("ZZ1", "RO76", "ACTIVE", "zz9001 ", "Invented", "2020-04-01"),
    )
    (row,) = read_file("ods-practices", content, options={}).rows
    assert (row.code, row.commissioner, row.status) == ("ZZ9001", "ZZ1", PracticeStatus.ACTIVE)
    assert (row.prescribing_setting, row.joined_on, row.postcode) == ("4", date(2020, 4, 1), None)


@pytest.mark.parametrize(
    ("role", "setting"),
    [("RO76", "4"), ("RO247|RO76", "4"), ("RO80|RO87", "3"), ("RO87", "1"), ("RO255", "8"), ("25", "25"), ("", None)],
)
def test_role_of_the_new_export_becomes_a_prescribing_setting(role: str, setting: str | None):
    first, second = _practices(practice_cells(), practice_cells(c0="ZZ9002", c25=role, c12="ACTIVE")).rows
    assert (first.prescribing_setting, second.prescribing_setting) == ("4", setting)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("C", PracticeStatus.CLOSED),
        ("D", PracticeStatus.DORMANT),
        ("P", PracticeStatus.PROPOSED),
        ("INACTIVE", "closed"),
    ],
)
def test_every_status_is_kept(status: str, expected: str):
    assert _practices(practice_cells(c12=status)).rows[0].status == expected


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"c0": "ZZ!001"}, "code", "imports.bad_code"),
        ({"c0": "ZZ"}, "code", "imports.bad_code"),
        ({"c0": ""}, "code", "imports.missing_value"),
        ({"c1": "-"}, "name", "imports.missing_value"),
        ({"c10": "20230230"}, "opened_on", "imports.bad_date"),
        ({"c10": "tomorrow"}, "opened_on", "imports.bad_date"),
        ({"c15": "99991231"}, "joined_on", "imports.bad_date"),
        ({"c11": "19730101"}, "closed_on", "imports.bad_period"),
        ({"c16": "20200331"}, "left_on", "imports.bad_period"),
        ({"c12": "X"}, "status", "imports.bad_status"),
        ({"c1": "A" * 501}, "name", "imports.too_long"),
    ],
)
def test_bad_row_is_named_and_the_good_ones_stay(changes: dict[str, str], column: str, code: str):
    parsed = _practices(practice_cells(), practice_cells(**{"c0": "ZZ9002", **changes}), practice_cells(c0="ZZ9003"))
    assert [row.code for row in parsed.rows] == ["ZZ9001", "ZZ9003"]
    assert [(error.row, error.column, error.code) for error in parsed.errors] == [(2, column, code)]
    assert parsed.total_rows == 3


def test_error_never_repeats_the_value():
    (error,) = _practices(practice_cells(), practice_cells(c10="SECRET")).errors
    assert "SECRET" not in repr(error)


def test_second_row_of_one_practice_is_refused():
    parsed = _practices(practice_cells(), practice_cells(c1="ANOTHER NAME"))
    assert [row.name for row in parsed.rows] == ["INVENTED SURGERY"]
    assert parsed.errors == [RowError(2, "code", "imports.duplicate", "An earlier row says this already.")]


def test_newest_date_of_the_file_is_its_date():
    parsed = _practices(practice_cells(c15="20210601"), practice_cells(c0="ZZ9002", c16="20221231"))
    assert parsed.as_at == date(2022, 12, 31)


def test_chosen_date_wins():
    assert _practices(practice_cells(), as_at="2023-01-31").as_at == date(2023, 1, 31)


@pytest.mark.parametrize("options", [{"as_at": "2023-02-30"}, {"as_at": ""}, {"financial_year": "2022/23"}])
def test_wrong_option_is_refused(options: dict[str, str]):
    with pytest.raises(OptionInvalid) as refused:
        _practices(practice_cells(), **options)
    assert refused.value.status == 422


def test_postcode_that_is_none_is_left_empty_with_a_warning():
    parsed = _practices(practice_cells(c9="NOWHERE"), practice_cells(c0="ZZ9002", c9="ELSEWHERE"))
    assert [row.postcode for row in parsed.rows] == [None, None]
    assert parsed.warnings == ["A postcode is not of the United Kingdom's form and was left empty (rows: 2)."]


def test_other_file_of_the_register_with_as_many_columns_is_refused():
    with pytest.raises(WrongKind, match="another file of the Organisation Data Service"):
        _practices(practice_cells(c25="", c12="A"), practice_cells(c0="ZZ9002", c25=""))


def test_file_of_commissioners_with_as_many_columns_is_refused():
    with pytest.raises(WrongKind):
        _practices(practice_cells(c25="", c12=""))


def test_health_geography_that_most_active_practices_name_is_the_board():
    rows = _practices(
        practice_cells(),
        practice_cells(c0="ZZ9002"),
        practice_cells(c0="ZZ9003", c3="ZZR"),
        practice_cells(c0="ZZ9004", c3="ZZS", c14="ZZ2", c12="C"),
    ).rows
    assert sub_icb_parents(rows) == {"ZZ1": "ZZQ"}


def _memberships(*spans: tuple[str, str, str, str]):
    rows = [(practice, parent, "W", begins, ends, "0") for practice, parent, begins, ends in spans]
    return read_file("ods-memberships", csv_bytes(*rows), options={})


def test_membership_ends_the_day_after_the_last_day():
    parsed = _memberships(("ZZ9001", "ZZP36", "19990401", "20010331"))
    assert parsed.rows == [MembershipRow("ZZ9001", "ZZP36", date(1999, 4, 1), date(2001, 4, 1))]


def test_membership_of_one_day_is_kept():
    (row,) = _memberships(("ZZ9001", "ZZ1", "20010331", "20010331")).rows
    assert (row.valid_from, row.valid_until) == (date(2001, 3, 31), date(2001, 4, 1))


def test_overlapping_membership_is_refused_and_the_earlier_row_stands():
    parsed = _memberships(
        ("ZZ9001", "ZZ1", "20130401", ""),
        ("ZZ9001", "ZZ2", "20150401", "20160331"),
        ("ZZ9001", "ZZ3", "20100401", "20130331"),
        ("ZZ9002", "ZZ2", "20150401", "20160331"),
    )
    assert [(row.practice, row.commissioner) for row in parsed.rows] == [
        ("ZZ9001", "ZZ1"),
        ("ZZ9001", "ZZ3"),
        ("ZZ9002", "ZZ2"),
    ]
    assert [(error.row, error.code) for error in parsed.errors] == [(2, "imports.overlapping_membership")]


def test_membership_that_ends_before_it_begins_is_refused():
    parsed = _memberships(("ZZ9001", "ZZ1", "20130401", ""), ("ZZ9002", "ZZ1", "20130401", "20120401"))
    assert [(error.row, error.column, error.code) for error in parsed.errors] == [(2, "last_day", "imports.bad_period")]


def test_file_of_doctors_is_refused_as_memberships():
    with pytest.raises(WrongKind):
        read_file("ods-memberships", csv_bytes(("ZZ900101", "ZZ9001", "P", "20130401", "", "0")), options={})


def test_memberships_with_headings_are_read_by_name():
    content = csv_bytes(
        ("Organisation Code", "Parent Organisation Code", "Join Parent Date", "Left Parent Date"),
        ("ZZ9001", "ZZ1", "01/04/2013", ""),
    )
    assert read_file("ods-memberships", content, options={}).rows == [
        MembershipRow("ZZ9001", "ZZ1", date(2013, 4, 1), None)
    ]


def _partner(practice: str, network: str, begins: str, ends: str = "") -> tuple[str, ...]:
    return (practice, "Invented", "ZZ1", "Invented ICB", network, "INVENTED PCN", "ZZ2", "Other ICB", begins, ends)


def test_partner_headings_with_newlines_are_read_and_counted_as_one_row():
    content = csv_text(PARTNER_HEADINGS, _partner("ZZ9001", "ZZ50001", "2019-10-01"), _partner("?", "ZZ50001", ""))
    parsed = read_file("networks", content.encode(), options={})
    (row,) = parsed.rows
    assert (row.practice, row.network, row.network_name) == ("ZZ9001", "ZZ50001", "INVENTED PCN")
    assert (row.practice_commissioner, row.network_commissioner) == ("ZZ1", "ZZ2")
    assert parsed.errors[0].row == 3


def test_practice_may_change_networks_on_one_day_but_not_be_twice_in_one():
    content = csv_text(
        PARTNER_HEADINGS,
        _partner("ZZ9001", "ZZ50001", "20191001", "20220701"),
        _partner("ZZ9001", "ZZ50002", "20220701"),
        _partner("ZZ9001", "ZZ50002", "20230101"),
    )
    parsed = read_file("networks", content.encode(), options={})
    assert [row.network for row in parsed.rows] == ["ZZ50001", "ZZ50002"]
    assert [(error.row, error.code) for error in parsed.errors] == [(4, "imports.overlapping_membership")]


def test_missing_columns_are_named():
    with pytest.raises(MissingColumns, match=r"Missing in the first row: network, valid_from, last_day\."):
        read_file("networks", csv_bytes(("Practice Code", "Partner Name"), ("ZZ9001", "Invented")), options={})
