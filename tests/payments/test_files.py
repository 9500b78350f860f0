"""Files for the ledger: one row for each payment, and totals by which the ledger can tell that nothing is missing."""

import csv
import io
from uuid import UUID

import msgspec

from app.calculation.values import Payee
from app.payments.rules.files import csv_file, json_file
from app.payments.values import FileHead, FilePayment
from tests.factories.calculation import QUARTER

HEAD = FileHead(
    run=UUID("0198c0de-0000-7000-8000-00000000a001"),
    commissioner="ZZ1",
    scheme="LEAD",
    period=QUARTER,
    pay_by="2014-07-30",
    pay_code="PC1",
    cost_centre=None,
)


def payment(amount: int, code: str = "Y00001", name: str | None = "Mill Lane Surgery") -> FilePayment:
    return FilePayment(f"P{code}", Payee("practice", code), name, code, f"S{code}", amount)


def rows(*payments: FilePayment) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_file(HEAD, payments).decode(), newline="")))


def test_last_row_of_the_csv_holds_the_count_and_the_sum_of_the_others() -> None:
    *paid, control = rows(payment(12_345), payment(5, "Y00002"))
    assert [row["amount"] for row in paid] == ["123.45", "0.05"]
    assert (control["record"], control["count"], control["amount"]) == ("control", "2", "123.50")


def test_run_without_a_payment_has_a_file_that_says_so() -> None:
    (control,) = rows()
    assert (control["count"], control["amount"]) == ("0", "0.00")


def test_name_that_looks_like_a_formula_is_not_run_by_a_spreadsheet() -> None:
    assert rows(payment(100, name='=HYPERLINK("http://x")'))[0]["payee_name"].startswith("'=")


def test_name_with_commas_and_quotes_comes_back_whole() -> None:
    assert rows(payment(100, name='Dr "A", B & partners'))[0]["payee_name"] == 'Dr "A", B & partners'


def test_json_holds_the_same_payments_and_totals() -> None:
    file = msgspec.json.decode(json_file(HEAD, [payment(12_345), payment(5, "Y00002")]))
    assert file["control"] == {"count": 2, "total": "123.50"}
    assert [each["amount"] for each in file["payments"]] == ["123.45", "0.05"]
    assert file["period"] == {"from": "2014-04-01", "until": "2014-07-01"}
