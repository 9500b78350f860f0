"""Files for the ledger, each read back by a reader that knows nothing of how it was written: what a payment's lines add up
to, control totals, and names that look like formulas.
"""

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calculation.values import Booking, Payee
from app.payments.rules.claim_fill import claim_file
from app.payments.rules.files import json_file
from app.payments.rules.invoices import HEADERS, LINES, invoice_files, missing_from_account
from app.payments.rules.layouts import csv_file
from app.payments.rules.splitting import booked_lines, shares
from app.payments.values import (
    AmountForm,
    CsvLayout,
    DateForm,
    FileEntry,
    FileField,
    FileHead,
    FilePayment,
    FileRows,
    InvoiceLayout,
    LayoutColumn,
    LineKind,
    Separator,
    SupplierTerms,
)
from tests.factories.calculation import QUARTER

OWN = Booking("PC1", None)
C100 = Booking("PC1", "C100", "52121", "VAT0", True)
C200 = Booking("PC2", "C200")
HEAD = FileHead(
    run=UUID("0198c0de-0000-7000-8000-00000000a001"),
    commissioner="ZZ1",
    scheme="LEAD",
    period=QUARTER,
    released_on=date(2014, 7, 1),
    pay_by=date(2014, 7, 30),
    booking=OWN,
)
INVOICES = InvoiceLayout("ZZ1", "PLENARY")


def entry(amount: int, booking: Booking = OWN, kind: LineKind = LineKind.ENTITLEMENT) -> FileEntry:
    return FileEntry("sessions", kind, QUARTER, "6", amount, booking, 1)


def payment(
    amount: int,
    code: str = "Y00001",
    name: str | None = "Mill Lane Surgery",
    entries: tuple[FileEntry, ...] | None = None,
) -> FilePayment:
    return FilePayment(
        f"P{code}",
        Payee("practice", code),
        name,
        code,
        f"S{code}",
        amount,
        entries=(entry(amount),) if entries is None else entries,
        supplier=SupplierTerms(f"10{code}", "MAIN"),
    )


# 150.00 and 50.00 are earned and 120.00 are owed from before.
SPLIT = payment(8_000, entries=(entry(15_000, C100), entry(5_000, C200)))


def read(body: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline=""), delimiter=delimiter))


def rows(*payments: FilePayment) -> list[dict[str, str]]:
    return read(csv_file(HEAD, payments))


def invoices(*payments: FilePayment, layout: InvoiceLayout = INVOICES) -> tuple[list[dict[str, str]], ...]:
    """The pair of files, under the names of the interface's columns; and the comment of the archive."""
    with zipfile.ZipFile(io.BytesIO(invoice_files(HEAD, payments, layout))) as archive:
        assert archive.namelist() == ["ApInvoicesInterface.csv", "ApInvoiceLinesInterface.csv"]
        both = zip(archive.namelist(), (HEADERS, LINES), strict=True)
        return tuple(list(csv.DictReader(io.StringIO(archive.read(name).decode()), columns)) for name, columns in both)


def pounds(texts: list[str]) -> Decimal:
    return sum((Decimal(text) for text in texts), Decimal(0))


def test_lines_of_a_payment_add_up_to_what_is_paid_with_a_line_for_the_balance() -> None:
    lines = booked_lines(SPLIT, OWN)
    assert [(line.booking, line.amount, line.is_balance) for line in lines] == [
        (C100, 15_000, False),
        (C200, 5_000, False),
        (C100, -12_000, True),
    ]


def test_a_recovery_needs_nothing_of_an_account_that_the_lines_do_not_have() -> None:
    layout = InvoiceLayout("ZZ1", "PLENARY", "Q71.{cost_centre}.{subjective}")
    recovering = payment(3_000, entries=(entry(15_000, C100),))
    assert missing_from_account(HEAD, [recovering], layout) == {}


def test_lines_that_cancel_out_are_not_booked() -> None:
    lines = booked_lines(payment(500, entries=(entry(700, C100), entry(-700, C100), entry(500, C200))), OWN)
    assert [(line.booking, line.amount) for line in lines] == [(C200, 500)]


AMOUNTS = st.lists(st.integers(-10_000_000, 10_000_000), min_size=1, max_size=6)


@given(amounts=AMOUNTS, paid=st.integers(1, 10_000_000))
def test_whatever_is_paid_the_lines_and_the_shares_add_up_to_it(amounts: list[int], paid: int) -> None:
    entries = tuple(entry(amount, Booking(cost_centre=str(n % 3))) for n, amount in enumerate(amounts))
    assert sum(line.amount for line in booked_lines(payment(paid, entries=entries), OWN)) == paid
    assert sum(shares(paid, amounts)) == paid


@pytest.mark.parametrize(
    ("paid", "amounts", "expected"),
    [
        (8_000, [15_000, 5_000], [6_000, 2_000]),
        (1, [5, 5], [1, 0]),
        (100, [1, 1, 1], [34, 33, 33]),
        (7, [0, 7], [0, 7]),
    ],
)
def test_what_was_paid_is_shared_in_proportion_by_largest_remainder(
    paid: int, amounts: list[int], expected: list[int]
) -> None:
    assert shares(paid, amounts) == expected


def test_plain_csv_is_as_it_always_was() -> None:
    assert csv_file(HEAD, [payment(12_345)]).decode() == (
        "record,payment_reference,payee_type,payee_code,payee_name,amount,pay_by,practice,statement_reference,"
        "commissioner,scheme,period_from,period_until,pay_code,cost_centre,count\r\n"
        "payment,PY00001,practice,Y00001,Mill Lane Surgery,123.45,2014-07-30,Y00001,SY00001,"
        "ZZ1,LEAD,2014-04-01,2014-07-01,PC1,,1\r\n"
        "control,,,,,123.45,,,,,,,,,,1\r\n"
    )


def test_last_row_of_the_csv_holds_the_count_and_the_sum_of_the_others() -> None:
    *paid, control = rows(payment(12_345), payment(5, "Y00002"))
    assert [row["amount"] for row in paid] == ["123.45", "0.05"]
    assert (control["record"], control["count"], control["amount"]) == ("control", "2", "123.50")


def test_run_without_a_payment_has_a_file_that_says_so() -> None:
    (control,) = rows()
    assert (control["count"], control["amount"]) == ("0", "0.00")


def test_a_row_for_a_whole_payment_shows_the_codes_on_which_its_lines_agree() -> None:
    both = payment(200, entries=(entry(100, C100), entry(100, Booking("PC2", "C100"))))
    assert (rows(both)[0]["cost_centre"], rows(both)[0]["pay_code"]) == ("C100", "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_name_that_looks_like_a_formula_is_not_run_by_a_spreadsheet(start: str) -> None:
    name = f'{start}HYPERLINK("http://x")'
    assert rows(payment(100, name=name))[0]["payee_name"] == f"'{name}"
    assert read(claim_file(HEAD, [payment(100, name=name)]))[0]["Provider Name"] == f"'{name}"


def test_nothing_in_the_pair_looks_like_a_formula_but_numbers() -> None:
    booked = payment(8_000, entries=(entry(20_000, Booking("=A", "-C", "@S", "+V")),))
    layouts = (InvoiceLayout("=B", "@S"), InvoiceLayout("=B", "@S", "{cost_centre}"))
    for pair in (invoices(booked, layout=layout) for layout in layouts):
        cells = {cell for rows in pair for row in rows for cell in row.values()}
        assert {cell for cell in cells if cell.startswith(("=", "+", "-", "@"))} <= {"-120.00"}
        assert {"'=B", "'-C", "-120.00"} <= cells


def test_name_with_commas_and_quotes_comes_back_whole() -> None:
    assert rows(payment(100, name='Dr "A", B & partners'))[0]["payee_name"] == 'Dr "A", B & partners'


def test_layout_says_columns_days_amounts_and_a_row_for_each_line() -> None:
    fields = (
        (FileField.RECORD, "=Type"),
        (FileField.PAYMENT_REFERENCE, "Invoice"),
        (FileField.SUPPLIER_NUMBER, "Supplier"),
        (FileField.SITE, "Site"),
        (FileField.PAY_BY, "Due"),
        (FileField.COST_CENTRE, "Centre"),
        (FileField.PENSIONABLE, "Pensionable"),
        (FileField.LINE_KIND, "Kind"),
        (FileField.AMOUNT, "Net"),
        (FileField.COUNT, "Payments"),
    )
    layout = CsvLayout(
        tuple(LayoutColumn(*each) for each in fields),
        FileRows.LINE,
        DateForm.MONTH,
        Separator.SEMICOLON,
        AmountForm.PENCE,
    )
    *lines, control = read(csv_file(HEAD, [SPLIT, payment(100, "Y00002")], layout), ";")
    assert list(lines[0]) == ["'=Type", *(heading for _, heading in fields[1:])]
    assert [(row["Invoice"], row["Centre"], row["Kind"], row["Net"]) for row in lines] == [
        ("PY00001", "C100", "booked", "15000"),
        ("PY00001", "C200", "booked", "5000"),
        ("PY00001", "C100", "balance", "-12000"),
        ("PY00002", "", "booked", "100"),
    ]
    assert (lines[0]["Supplier"], lines[0]["Site"], lines[0]["Due"]) == ("10Y00001", "MAIN", "30-JUL-2014")
    assert [row["Pensionable"] for row in lines] == ["Y", "", "Y", ""]
    assert sum(int(row["Net"]) for row in lines) == int(control["Net"]) == 8_100
    assert sum(int(row["Payments"]) for row in lines) == int(control["Payments"]) == 2


@pytest.mark.parametrize(
    ("form", "written"),
    [(DateForm.ISO, "2014-07-30"), (DateForm.SLASHES, "30/07/2014"), (DateForm.DIGITS, "20140730")],
)
def test_days_are_written_as_the_ledger_reads_them(form: DateForm, written: str) -> None:
    layout = CsvLayout((LayoutColumn(FileField.PAY_BY, "Due"),), date_form=form, separator=Separator.TAB)
    # Without `record` there is no row of control totals, which nobody could tell from a payment.
    assert csv_file(HEAD, [payment(1)], layout).decode().splitlines() == ["Due", written]


def test_json_holds_the_same_payments_their_lines_and_totals() -> None:
    file = msgspec.json.decode(json_file(HEAD, [SPLIT, payment(5, "Y00002")]))
    assert file["control"] == {"count": 2, "total": "80.05"}
    assert file["period"] == {"from": "2014-04-01", "until": "2014-07-01"}
    for each in file["payments"]:
        assert pounds([line["amount"] for line in each["lines"]]) == Decimal(each["amount"])
    first = file["payments"][0]["lines"][0]
    assert first == {
        "kind": "booked",
        "amount": "150.00",
        "pay_code": "PC1",
        "cost_centre": "C100",
        "subjective": "52121",
        "vat_code": "VAT0",
        "pensionable": True,
    }


def test_invoices_and_their_lines_are_the_same_sums() -> None:
    headers, lines = invoices(SPLIT, payment(12_345, "Y00002"))
    assert pounds([row["INVOICE_AMOUNT"] for row in headers]) == pounds([row["AMOUNT"] for row in lines])
    for invoice in headers:
        own = [row for row in lines if row["INVOICE_ID"] == invoice["INVOICE_ID"]]
        assert pounds([row["AMOUNT"] for row in own]) == Decimal(invoice["INVOICE_AMOUNT"])
        assert [row["LINE_NUMBER"] for row in own] == [str(n) for n in range(1, len(own) + 1)]
    assert (headers[0]["INVOICE_NUM"], headers[0]["VENDOR_NUM"]) == ("PY00001", "10Y00001")
    assert (headers[0]["VENDOR_SITE_CODE"], headers[0]["INVOICE_DATE"]) == ("MAIN", "2014/07/01")
    assert (lines[0]["COST_CENTER_SEGMENT"], lines[0]["ACCOUNT_SEGMENT"]) == ("C100", "52121")
    assert [row["TAX_CLASSIFICATION_CODE"] for row in lines] == ["VAT0", "", "VAT0", ""]


def test_columns_of_the_pair_stand_where_the_loader_looks_for_them() -> None:
    """By their letters in the sheets of the import workbook."""
    assert [HEADERS[place] for place in (0, 3, 4, 7, 8, 12)] == [
        "INVOICE_ID",
        "INVOICE_NUM",
        "INVOICE_AMOUNT",
        "VENDOR_NUM",
        "VENDOR_SITE_CODE",
        "GROUP_ID",
    ]
    places = {"D": "AMOUNT", "H": "DESCRIPTION", "M": "ITEM_DESCRIPTION", "V": "DIST_CODE_CONCATENATED"}
    places |= {"X": "ACCOUNTING_DATE", "Y": "ACCOUNT_SEGMENT"}
    assert {letter: LINES[ord(letter) - ord("A")] for letter in places} == places
    assert (LINES[26], LINES[27]) == ("COST_CENTER_SEGMENT", "TAX_CLASSIFICATION_CODE")


def test_account_is_written_as_the_layout_says_and_what_it_lacks_is_named() -> None:
    layout = InvoiceLayout("NHS ZZ1", "SCHEMES", "Q71.{cost_centre}.{subjective}")
    headers, lines = invoices(payment(100, entries=(entry(100, C100),)), layout=layout)
    assert (headers[0]["OPERATING_UNIT"], headers[0]["SOURCE"]) == ("NHS ZZ1", "SCHEMES")
    assert (lines[0]["DIST_CODE_CONCATENATED"], lines[0]["COST_CENTER_SEGMENT"]) == ("Q71.C100.52121", "")
    missing = missing_from_account(HEAD, [SPLIT, payment(100, "Y00002", entries=(entry(100, C100),))], layout)
    assert missing == {"subjective": ["PY00001"]}


def test_archive_is_the_same_bytes_each_time_and_says_its_totals() -> None:
    first = invoice_files(HEAD, [SPLIT], INVOICES)
    assert invoice_files(HEAD, [SPLIT], INVOICES) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.comment == b"count=1 total=80.00"
        assert archive.testzip() is None


def test_claim_fill_has_a_row_for_each_component_and_adds_up() -> None:
    corrected = payment(900, "Y00002", entries=(entry(1_000), entry(-100, kind=LineKind.ADJUSTMENT)))
    *claimed, control = read(claim_file(HEAD, [SPLIT, corrected]))
    assert [(row["Entry"], row["Achievement"], row["Amount"]) for row in claimed] == [
        ("entitlement", "6", "150.00"),
        ("entitlement", "6", "50.00"),
        ("balance", "", "-120.00"),
        ("entitlement", "6", "10.00"),
        ("adjustment", "", "-1.00"),
    ]
    assert (claimed[0]["Period Start"], claimed[0]["Period End"]) == ("2014-04-01", "2014-06-30")
    assert (control["Provider Code"], control["Achievement"]) == ("CONTROL", "2")
    assert pounds([row["Amount"] for row in claimed]) == Decimal(control["Amount"]) == Decimal("89.00")
