"""Files for finance: suppliers, bookings, layouts and journals."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from app.calculation.values import Booking, Payee
from app.core.clock import Period
from app.payments.values.working import LineKind


class SupplierState(StrEnum):
    """Of what the ledger calls a payee: `confirmed` is in force, `replaced` was, a later proposal makes one `withdrawn`."""

    PROPOSED = "proposed"
    WITHDRAWN = "withdrawn"
    CONFIRMED = "confirmed"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class SupplierTerms:
    """By which supplier and site a ledger knows a payee."""

    supplier_number: str
    site: str


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One line of a statement, for whoever is paid it, and how it is booked."""

    component: str
    kind: LineKind
    period: Period
    quantity: str | None
    amount: int
    booking: Booking
    no: int


@dataclass(frozen=True, slots=True)
class BookedLine:
    """What of one payment is booked in one way. `is_balance` is what was owed from before, or is still owed."""

    booking: Booking
    amount: int
    is_balance: bool = False

    @property
    def kind(self) -> str:
        return "balance" if self.is_balance else "booked"


@dataclass(frozen=True, slots=True)
class FilePayment:
    """One payment in a file to the ledger; its reference is the key by which a ledger refuses it a second time. Where a payee's
    lines cancel out there is no payment, and the reference is the statement's.
    """

    reference: str
    payee: Payee
    payee_name: str | None
    practice: str
    statement: str
    payable: int
    entries: tuple[FileEntry, ...] = ()
    supplier: SupplierTerms | None = None


class JournalRecord(StrEnum):
    """A line that no payment carries; what a payment's file has as its balance, booked back; what a payee owes."""

    LINE = "line"
    RECOVERY = "recovery"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class JournalRow:
    """Pence that are debited, or credited below zero. What a payee owes has no booking: the ledger has an account for it."""

    record: JournalRecord
    payment: FilePayment
    reference: str
    period: Period
    amount: int
    text: str
    booking: Booking


@dataclass(frozen=True, slots=True)
class FileHead:
    """What all payments of a file share. `booking` is the scheme's own."""

    run: UUID
    commissioner: str
    scheme: str
    period: Period
    released_on: date
    pay_by: date
    booking: Booking


class FileForm(StrEnum):
    """What a released run's payments can be had as; `journal` is what of the run no payment carries."""

    CSV = "csv"
    JSON = "json"
    ORACLE_AP = "oracle-ap"
    CQRS_LOCAL = "cqrs-local"
    JOURNAL = "journal"


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """A file's bytes, and its control totals: how many payments, and pence in all; of a journal its rows and their debits."""

    body: bytes
    count: int
    total: int


class FileField(StrEnum):
    """What a column of a tenant's own layout can hold."""

    RECORD = "record"
    PAYMENT_REFERENCE = "payment_reference"
    PAYEE_TYPE = "payee_type"
    PAYEE_CODE = "payee_code"
    PAYEE_NAME = "payee_name"
    SUPPLIER_NUMBER = "supplier_number"
    SITE = "site"
    AMOUNT = "amount"
    PAYMENT_AMOUNT = "payment_amount"
    PAY_BY = "pay_by"
    RELEASED_ON = "released_on"
    PRACTICE = "practice"
    STATEMENT_REFERENCE = "statement_reference"
    COMMISSIONER = "commissioner"
    SCHEME = "scheme"
    RUN = "run"
    PERIOD_FROM = "period_from"
    PERIOD_UNTIL = "period_until"
    PAY_CODE = "pay_code"
    COST_CENTRE = "cost_centre"
    SUBJECTIVE = "subjective"
    VAT_CODE = "vat_code"
    PENSIONABLE = "pensionable"
    LINE_NO = "line_no"
    LINE_KIND = "line_kind"
    COUNT = "count"


class FileRows(StrEnum):
    PAYMENT = "payment"
    LINE = "line"


class DateForm(StrEnum):
    ISO = "yyyy-mm-dd"
    SLASHES = "dd/mm/yyyy"
    MONTH = "dd-MON-yyyy"
    DIGITS = "yyyymmdd"


class AmountForm(StrEnum):
    POUNDS = "pounds"
    PENCE = "pence"


class Separator(StrEnum):
    COMMA = ","
    SEMICOLON = ";"
    PIPE = "|"
    TAB = "\t"


@dataclass(frozen=True, slots=True)
class LayoutColumn:
    field: FileField
    heading: str


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """How a ledger wants its CSV. With `rows` by line there is one for each way in which a payment is booked."""

    columns: tuple[LayoutColumn, ...]
    rows: FileRows = FileRows.PAYMENT
    date_form: DateForm = DateForm.ISO
    separator: Separator = Separator.COMMA
    amount_form: AmountForm = AmountForm.POUNDS

    @property
    def needs_supplier(self) -> bool:
        return any(column.field in (FileField.SUPPLIER_NUMBER, FileField.SITE) for column in self.columns)


@dataclass(frozen=True, slots=True)
class InvoiceLayout:
    """What an Oracle ledger calls the business unit and the source of our invoices, and how it writes an account.

    `distribution` is text with the places `{cost_centre}`, `{subjective}` and `{pay_code}`; without it the ledger fills up
    the account that it has for the supplier's site with the cost centre and the subjective.
    """

    business_unit: str
    source: str
    distribution: str | None = None
