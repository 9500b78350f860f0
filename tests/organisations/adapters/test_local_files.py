from datetime import date

import pytest

from app.organisations.adapters.register_files import read_file
from app.organisations.errors import EmptyFile, MissingColumns, UnknownColumns, WrongKind
from app.organisations.ports import Parsed
from app.organisations.values import LocalityRow, MemberRow, PersonRow


def _read(kind: str, text: str) -> Parsed:
    return read_file(kind, text.encode(), options={})


def test_localities_take_both_spellings_of_a_date():
    parsed = _read(
        "localities",
        "locality,practice_code,from,until\nNorth,zz9001,2024-04-01,\nSouth, ZZ9002,01/04/2024,2025-04-01\n",
    )
    assert parsed.rows == [
        LocalityRow("North", "ZZ9001", date(2024, 4, 1), None),
        LocalityRow("South", "ZZ9002", date(2024, 4, 1), date(2025, 4, 1)),
    ]


def test_end_date_is_the_last_day_and_until_is_not():
    by_last_day = _read("members", "Practice Code,Start Date,End Date\nZZ9001,2024-04-01,2025-03-31\n")
    by_until = _read("members", "practice_code,from,until\nZZ9001,2024-04-01,2025-04-01\n")
    assert by_last_day.rows == by_until.rows == [MemberRow("ZZ9001", date(2024, 4, 1), date(2025, 4, 1))]


def test_practice_in_two_localities_at_once_is_refused():
    parsed = _read(
        "localities",
        "locality,practice_code,from,until\n"
        "North,ZZ9001,2024-04-01,2024-10-01\n"
        "South,ZZ9001,2024-09-01,\n"
        "South,ZZ9001,2024-10-01,\n",
    )
    assert [row.valid_from for row in parsed.rows] == [date(2024, 4, 1), date(2024, 10, 1)]
    assert [(error.row, error.column, error.code) for error in parsed.errors] == [
        (3, "from", "imports.overlapping_membership")
    ]


def test_same_row_twice_is_a_duplicate():
    parsed = _read("members", "practice_code,from\nZZ9001,2024-04-01\nZZ9001,2024-04-01\n")
    assert ([row.practice for row in parsed.rows], parsed.errors[0].code) == (["ZZ9001"], "imports.duplicate")


def test_blank_lines_are_passed_over_but_counted_in_row_numbers():
    parsed = _read("members", "practice_code,from\n\nZZ9001,2024-04-01\n , \nbad code,2024-04-01\n")
    assert (parsed.total_rows, [error.row for error in parsed.errors]) == (2, [5])


def test_semicolons_and_tabs_are_understood():
    by_semicolon = _read("members", "practice_code;from\nZZ9001;2024-04-01\n")
    by_tab = _read("members", "practice_code\tfrom\nZZ9001\t2024-04-01\n")
    assert by_semicolon.rows == by_tab.rows == [MemberRow("ZZ9001", date(2024, 4, 1), None)]


def test_members_do_not_take_a_list_of_localities():
    with pytest.raises(WrongKind, match="This is a list of localities"):
        _read("members", "locality,practice_code,from\nNorth,ZZ9001,2024-04-01\n")


def test_unknown_column_is_refused_so_that_a_typing_error_is_seen():
    with pytest.raises(UnknownColumns, match="Columns D:"):
        _read("localities", "locality,practice_code,from,untill\nNorth,ZZ9001,2024-04-01,2025-04-01\n")


def test_headings_alone_are_an_empty_file():
    with pytest.raises(EmptyFile):
        _read("members", "practice_code,from\n")


def test_missing_columns_are_named():
    with pytest.raises(MissingColumns, match=r"role, name, email\."):
        _read("people", "practice_code\nZZ9001\n")


def test_person_has_a_post_and_a_practice_has_a_mailbox():
    parsed = _read(
        "people",
        "practice_code,role,name,email,from,until,listed\n"
        "ZZ9001,Practice Manager,Ann  Invented,ann@zz9001.example,2024-04-01,,yes\n"
        "ZZ9001,practice_manager,,mailbox@zz9001.example,,,\n",
    )
    assert parsed.rows == [
        PersonRow(
            practice="ZZ9001",
            role="practice_manager",
            name="Ann Invented",
            email="ann@zz9001.example",
            valid_from=date(2024, 4, 1),
            valid_until=None,
            listed=True,
        ),
        PersonRow("ZZ9001", None, None, "mailbox@zz9001.example", None, None, None),
    ]


def test_a_row_with_neither_name_nor_role_is_the_mailbox():
    parsed = _read("people", "practice_code,role,name,email\nZZ9001,,,reception@zz9001.example\n")
    assert (parsed.errors, parsed.rows) == (
        [],
        [PersonRow("ZZ9001", None, None, "reception@zz9001.example", None, None, None)],
    )


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("ZZ9001,lead,,,,,", "email", "imports.missing_value"),
        ("ZZ9001,,Ann,a@b.example,,,", "role", "imports.missing_value"),
        ("ZZ9001,lead,Ann,not an address,,,", "email", "imports.bad_email"),
        ("ZZ9001,lead,Ann,a@b.example; c@d.example,,,", "email", "imports.bad_email"),
        ("ZZ9001,lead,Ann,a@b.example,31/02/2024,,", "from", "imports.bad_date"),
        ("ZZ9001,lead,Ann,a@b.example,2024-04-01,2024-04-01,", "until", "imports.bad_period"),
        ("ZZ9001,lead,Ann,a@b.example,,,perhaps", "listed", "imports.bad_flag"),
        ("ZZ-001,lead,Ann,a@b.example,,,", "practice_code", "imports.bad_code"),
        ("ZZ9001,lead,Ann", "", "imports.wrong_width"),
        ("ZZ9001,lead,Invented, Ann,a@b.example,,,", "", "imports.wrong_width"),
        (f"ZZ9001,{'l' * 121},Ann,a@b.example,,,", "role", "imports.too_long"),
    ],
)
def test_bad_person_is_a_row_error(row: str, column: str, code: str):
    parsed = _read("people", f"practice_code,role,name,email,from,until,listed\n{row}\n")
    assert (parsed.rows, [(error.row, error.column, error.code) for error in parsed.errors]) == (
        [],
        [(2, column, code)],
    )


def test_same_post_twice_is_a_duplicate():
    parsed = _read("people", "practice_code,role,name,email\n" + "ZZ9001,lead,Ann,a@b.example\n" * 2)
    assert (len(parsed.rows), parsed.errors[0].code) == (1, "imports.duplicate")
