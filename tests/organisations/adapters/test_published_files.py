"""The real files, with the counts that were checked by hand when they were collected."""

import time
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from app.organisations.adapters.register_files import read_file
from app.organisations.errors import MissingColumns, WrongKind
from app.organisations.ports import Options, Parsed, PracticeRow
from app.organisations.rules import sub_icb_parents
from app.organisations.values import FileKind, PracticeStatus
from tests.shared_data import shared

OWN_KIND = {
    "epraccur_2023_12.csv": FileKind.ODS_PRACTICES,
    "epraccur_2019_10.csv": FileKind.ODS_PRACTICES,
    "epcmem_2019_10.csv": FileKind.ODS_MEMBERSHIPS,
    "epcn_core_partners_2024_10.csv": FileKind.NETWORKS,
    "gp_reg_pat_prac_all_2021_01.csv": FileKind.LIST_SIZES,
    "nhs_payments_gp_2014_15.csv": FileKind.GP_PAYMENTS,
    "nhs_payments_gp_2022_23.csv": FileKind.GP_PAYMENTS,
    "practice_imd2019_2023_01.csv": FileKind.PRACTICE_PROFILE,
    "gp_reg_pat_prac_map_2022_01.csv": None,
    "epcn_details_2024_10.csv": None,
    "practice_structure_2023_24.csv": None,
    "qof_prevalence_2020_21.csv": None,
    "qof_indicator_points_2023_24.csv": None,
    "ccg_icb_code.csv": None,
}


def _options(kind: FileKind) -> Options:
    return {"financial_year": "2014/15"} if kind is FileKind.GP_PAYMENTS else {}


def _gp_practices(parsed: Parsed[PracticeRow]) -> list[PracticeRow]:
    return [row for row in parsed.rows if row.status is PracticeStatus.ACTIVE and row.prescribing_setting == "4"]


def test_register_of_2023_has_every_row_and_both_countries():
    parsed = read_file("ods-practices", shared("epraccur_2023_12.csv"), options={})
    practices = _gp_practices(parsed)
    assert (parsed.total_rows, len(parsed.rows), parsed.errors, parsed.warnings) == (15_971, 15_971, [], [])
    assert parsed.as_at == date(2023, 12, 4)
    assert len(practices) == 6_750
    assert sum(row.national_grouping == "W00" for row in practices) == 402
    assert sum((row.national_grouping or "").startswith("Y") for row in practices) == 6_348
    assert len({row.commissioner for row in practices}) == 113


def test_register_row_has_its_parts_normalised():
    rows = {row.code: row for row in read_file("ods-practices", shared("epraccur_2023_12.csv"), options={}).rows}
    closed = rows["A81003"]
    assert closed.status is PracticeStatus.CLOSED
    assert closed.closed_on == date(2017, 10, 31)
    assert closed.left_on == date(2017, 11, 1)
    assert rows["A81001"].address_lines == ("THE HEALTH CENTRE", "LAWSON STREET", "STOCKTON ON TEES", "CLEVELAND")
    assert (rows["A81001"].postcode, rows["A81001"].commissioner, rows["A81001"].health_geography) == (
        "TS18 1HU",
        "16C",
        "QHM",
    )
    assert rows["ALD200"].commissioner is None


def test_each_sub_icb_location_of_2023_has_one_of_42_boards():
    parsed = read_file("ods-practices", shared("epraccur_2023_12.csv"), options={})
    parents = sub_icb_parents(row for row in parsed.rows if row.national_grouping != "W00")
    assert len(parents) == 106
    assert len(set(parents.values())) == 42
    assert parents["16C"] == "QHM"


def test_register_of_2019_is_before_the_mergers():
    parsed = read_file("ods-practices", shared("epraccur_2019_10.csv"), options={})
    assert (len(parsed.rows), parsed.errors, parsed.as_at) == (14_303, [], date(2019, 10, 1))
    assert len({row.commissioner for row in _gp_practices(parsed)}) == 191


def test_memberships_keep_health_authorities_and_end_after_the_last_day():
    parsed = read_file("ods-memberships", shared("epcmem_2019_10.csv"), options={})
    assert (parsed.total_rows, len(parsed.rows), parsed.errors) == (47_822, 47_822, [])
    first = [row for row in parsed.rows if row.practice == "A81001" and row.commissioner == "4QP36"]
    assert [(row.valid_from, row.valid_until) for row in first] == [(date(1999, 4, 1), date(2001, 4, 1))]
    assert sum(row.valid_until is None for row in parsed.rows) == 11_812


def test_network_partners_keep_practices_across_borders():
    parsed = read_file("networks", shared("epcn_core_partners_2024_10.csv"), options={})
    open_links = [row for row in parsed.rows if row.valid_until is None]
    assert (len(parsed.rows), parsed.errors, parsed.as_at) == (7_705, [], date(2024, 10, 1))
    assert len(open_links) == 6_224
    assert len({row.network for row in open_links}) == 1_283
    assert sum(row.practice_commissioner != row.network_commissioner for row in open_links) == 16


def test_list_sizes_of_january_2021():
    parsed = read_file("list-sizes", shared("gp_reg_pat_prac_all_2021_01.csv"), options={})
    assert (len(parsed.rows), parsed.errors, parsed.as_at) == (6_658, [], date(2021, 1, 1))
    assert sum(row.registered for row in parsed.rows) == 60_606_345


def test_payments_of_2014_15_are_lists_of_a_quarter():
    parsed = read_file("gp-payments", shared("nhs_payments_gp_2014_15.csv"), options={"financial_year": "2014/15"})
    assert (len(parsed.rows), parsed.errors, parsed.warnings) == (7_959, [], [])
    assert parsed.as_at == date(2014, 4, 1)
    assert sum(row.registered or 0 for row in parsed.rows) == 56_633_982
    assert sum(row.published_period == "quarter 2" for row in parsed.rows) == 7_917
    assert {row.network for row in parsed.rows} == {None}
    assert sum(row.opened_on is None for row in parsed.rows) == 7_950
    wandsworth = [row for row in parsed.rows if row.commissioner_name == "Wandsworth"]
    assert (len(wandsworth), sum(row.registered or 0 for row in wandsworth)) == (43, 368_920)


def test_payments_of_2022_23_find_networks_under_the_wrong_headings():
    parsed = read_file("gp-payments", shared("nhs_payments_gp_2022_23.csv"), options={"financial_year": "2022/23"})
    rows = {row.practice: row for row in parsed.rows}
    assert (len(rows), parsed.errors, parsed.warnings) == (6_669, [], [])
    assert sum(row.registered or 0 for row in parsed.rows) == Decimal("62134644.75")
    assert (rows["A81001"].network, rows["A81001"].network_name) == ("U89141", "STOCKTON PCN")
    assert rows["A81001"].commissioner_name == "NHS NORTH EAST AND NORTH CUMBRIA ICB - 16C"
    assert rows["A81001"].registered == Decimal("4029.25")
    assert rows["A81001"].published_period == "average of the year"
    assert sum(row.network is None and row.network_name is None for row in parsed.rows) == 178
    assert sum(row.registered == 0 for row in parsed.rows) == 206
    assert sum(row.dispensing is None for row in parsed.rows) == 188
    assert sum(bool(row.rural) for row in parsed.rows) == 1_093
    assert sum("No registered patients" in row.atypical for row in parsed.rows) == 163 + 43


def test_payments_named_as_another_year_are_read_with_a_warning():
    parsed = read_file("gp-payments", shared("nhs_payments_gp_2014_15.csv"), options={"financial_year": "2022/23"})
    assert parsed.warnings == ["The newest date in the file is 31/03/2015, outside the financial year that was named."]


def test_deprivation_of_practices():
    parsed = read_file("practice-profile", shared("practice_imd2019_2023_01.csv"), options={})
    rows = {row.practice: row for row in parsed.rows}
    assert (len(rows), parsed.errors) == (6_437, [])
    assert (rows["A81001"].imd_score, rows["A81001"].imd_decile) == (Decimal("34.5687225678029"), 2)
    assert rows["A81001"].dispensing is None


@pytest.mark.parametrize("name", OWN_KIND)
def test_every_published_file_is_read_as_its_own_kind_and_refused_as_any_other(name: str):
    path = shared(name)
    for kind in FileKind:
        if kind is OWN_KIND[name]:
            assert read_file(kind, path, options=_options(kind)).rows
        else:
            with pytest.raises((WrongKind, MissingColumns)):
                read_file(kind, path, options=_options(kind))


def test_mapping_file_is_refused_in_words():
    with pytest.raises(WrongKind, match="the mapping file of Patients Registered at a GP Practice"):
        read_file("list-sizes", shared("gp_reg_pat_prac_map_2022_01.csv"), options={})


def test_published_archive_gives_the_same_rows(tmp_path: Path):
    plain = shared("epraccur_2023_12.csv")
    archive = tmp_path / "epraccur.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.write(plain, "epraccur.csv")
        made.writestr("epraccur.pdf", b"%PDF-1.4")
    assert read_file("ods-practices", archive, options={}) == read_file("ods-practices", plain, options={})


def test_register_is_read_in_about_a_second():
    path = shared("epraccur_2023_12.csv")
    began = time.process_time()
    read_file("ods-practices", path, options={})
    # Half a second on one ordinary core; the bound leaves room for a slow one.
    assert time.process_time() - began < 2
