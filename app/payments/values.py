"""The words of payments: states, and what a run is worked out from and leads to, all frozen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from app.calculation.values import Booking, Explanation, Payee, PracticeInput
from app.core.clock import Period
from app.schemes.values import OverBudget


class RunState(StrEnum):
    CALCULATING = "calculating"
    CALCULATED = "calculated"
    APPROVED = "approved"
    RELEASED = "released"
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    FAILED = "failed"


OPEN: Final = (RunState.CALCULATING, RunState.CALCULATED, RunState.APPROVED)
POSTED: Final = (RunState.RELEASED, RunState.ACKNOWLEDGED)
VOID: Final = (RunState.REJECTED, RunState.FAILED)
# While a run is being worked out its rows are there and mean nothing yet; those of a failed one never will.
READABLE: Final = (*POSTED, RunState.CALCULATED, RunState.APPROVED, RunState.REJECTED)


class LineKind(StrEnum):
    ENTITLEMENT = "entitlement"
    ADJUSTMENT = "adjustment"


class Outcome(StrEnum):
    """What a ledger says about one payment."""

    ACCEPTED = "accepted"
    PAID = "paid"
    REJECTED = "rejected"


class Lateness(StrEnum):
    """Why a released run needs somebody: its day of payment is over, or nothing has come back of what was sent."""

    UNPAID = "unpaid"
    UNANSWERED = "unanswered"


class ArrangementKind(StrEnum):
    """What two people agree about money that a payee owes: to take it back in parts, or to waive it."""

    RECOVER = "recover"
    WAIVE = "waive"


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
class Answer:
    """What the ledger says about one payment, by the payment's reference. `amount` is None where it names none."""

    payment: str
    outcome: Outcome
    paid_on: date | None
    reason: str | None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """What released runs hold of one component for one practice, period and payee, and in which lines."""

    component: str
    payee: Payee
    amount: int
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """Pence that are due beside what the rules give for one component and payee, because a query was upheld."""

    component: str
    payee: Payee
    amount: int
    reason: str
    query: str


@dataclass(frozen=True, slots=True)
class LastPosted:
    """What a period was last worked out from by a released run, as a digest and as the mark of a first look."""

    digest: str
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """One period of a run: its own, or an earlier one whose inputs have changed since it was posted.

    `differences` is true where a released run has paid the period before; there alone something can have been corrected.
    """

    period: Period
    definition: Mapping[str, Any] = field(hash=False)
    practices: tuple[PracticeInput, ...]
    posted: Mapping[str, tuple[Posted, ...]] = field(hash=False)
    differences: bool
    corrections: Mapping[str, tuple[Correction, ...]] = field(default_factory=dict, hash=False)
    unknown_payees: frozenset[str] = frozenset()
    """Organisations that the definition pays and that neither the register nor a confirmed supplier knows."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a run may pay: the scheme's budget in pence, what of it is not posted yet, and the rule when that is too little."""

    rule: OverBudget
    budget: int
    available: int
    period: Period


@dataclass(frozen=True, slots=True)
class Balance:
    """What a payee still owes from negative payments of released runs: pence, never positive.

    `most` is what the next run takes back of it at most, where that was agreed; `waived` what no statement has said yet, with
    the day and the reason.
    """

    practice: str
    payee: Payee
    amount: int
    most: int | None = None
    waived: int = 0
    waived_on: date | None = None
    waived_because: str | None = None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One figure of a statement; what explains it is put together when it is asked for."""

    component: str
    kind: LineKind
    period: Period
    quantity: str | None
    rate: str | None
    amount: int
    payee: Payee
    blocked: bool
    explain: Callable[[], Explanation] = field(compare=False, repr=False)
    keeps_words: bool = False
    """Whether its words are stored, because they follow from more than its own practice's inputs."""

    @property
    def sentence(self) -> str:
        return self.explain().sentence

    @property
    def workings(self) -> dict[str, Any]:
        return self.explain().workings


@dataclass(frozen=True, slots=True)
class PayeePayment:
    """One payee's share of a statement. `total` is the sum of its lines; `payable` is what a file may carry."""

    payee: Payee
    total: int
    brought_forward: int
    payable: int
    carried_forward: int


@dataclass(frozen=True, slots=True)
class WorkedStatement:
    practice: str
    lines: tuple[StatementLine, ...]
    total: int
    payments: tuple[PayeePayment, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkedRun:
    statements: tuple[WorkedStatement, ...]
    total: int
    lines: int
    outputs_digest: str
    excess: int = 0
    """By how much the run is over a budget that stops it."""
    held_back: int = 0

    @property
    def moved(self) -> int:
        """What the payments give and what they take back, added up: neither hides the other from whoever approves."""
        return sum(abs(payment.total) for statement in self.statements for payment in statement.payments)

    @property
    def file_count(self) -> int:
        """How many payments leave in the run's file."""
        return sum(payment.payable > 0 for statement in self.statements for payment in statement.payments)


@dataclass(frozen=True, slots=True)
class RunTerms:
    """What of its scheme a run takes along: how its file is booked, and in how many days after release it is paid."""

    scheme_code: str
    pay_code: str | None
    cost_centre: str | None
    payment_terms_days: int


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


@dataclass(frozen=True, slots=True)
class PartPaid:
    """A payment of which more or less was paid than its lines come to, and how much."""

    payment: UUID
    amount: int


@dataclass(frozen=True, slots=True)
class Moved:
    """Lines of released runs that are booked in one way: pence posted, and pence paid where they were paid in full.

    Lines of a payment that was paid otherwise stand apart: what was paid of each is a share of it.
    """

    booking: Booking
    posted: int
    paid: int
    part_of: PartPaid | None = None


@dataclass(frozen=True, slots=True)
class AccountStand:
    """Pence of one pay code, cost centre and subjective."""

    account: Booking
    entitled: int = 0
    posted: int = 0
    paid: int = 0
    forecast_outturn: int = 0
    unclaimed: int = 0
    waived: int = 0

    @property
    def accrual(self) -> int:
        return self.entitled - self.unclaimed - self.posted

    def figures(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ACCOUNT_FIGURES}


ACCOUNT_FIGURES: Final = ("entitled", "unclaimed", "posted", "paid", "accrual", "waived", "forecast_outturn")


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


@dataclass(frozen=True, slots=True)
class RunBrief:
    """A run as other slices see it: for notices and for what a practice is about to be paid."""

    id: UUID
    scheme_id: UUID
    state: RunState
    period: Period
    pay_by: str | None


@dataclass(frozen=True, slots=True)
class LateRun:
    """A run's payments that the ledger has not said to be paid in full: how many, and the pence still missing."""

    run: RunBrief
    payments: int
    total: int


@dataclass(frozen=True, slots=True)
class PaymentBrief:
    """What a payee finds on the bank's line: pence and the payment's own reference. `payee` is a name, or else a code.

    What it owed from before is `brought_forward`, what it owes from now on `carried_forward`; neither is positive.
    """

    reference: str
    payee: str
    payable: int
    brought_forward: int
    carried_forward: int


@dataclass(frozen=True, slots=True)
class StatementBrief:
    """A released statement as other slices see it: pence, what each line says, and each payee's payment."""

    reference: str
    practice: str
    total: int
    sentences: tuple[str, ...]
    payments: tuple[PaymentBrief, ...]


class QueryState(StrEnum):
    """`approving`: upheld with a correction that a second person has yet to approve."""

    OPEN = "open"
    APPROVING = "approving"
    ANSWERED = "answered"


class QueryOutcome(StrEnum):
    UPHELD = "upheld"
    EXPLAINED = "explained"
    WITHDRAWN = "withdrawn"


class QuerySide(StrEnum):
    """Who speaks in a query: the practice that asks, or the commissioner's office."""

    PRACTICE = "practice"
    OFFICE = "office"


class CorrectionState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class QuerySight:
    """Whose queries a caller sees: those of `practices`, and of `shared` what their practice lets the LMC see. None: all."""

    practices: frozenset[str] | None
    shared: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class WantedCorrection:
    """Pence that a line should have had more or, below zero, less, and why."""

    amount: int
    reason: str


@dataclass(frozen=True, slots=True)
class QueryBrief:
    """A query as notices need it: ids, codes and days, nothing that anybody wrote."""

    practice: str
    line: str
    scheme_id: UUID
    due_on: date
    owner: UUID | None
    outcome: QueryOutcome | None
    is_answered: bool


@dataclass(frozen=True, slots=True)
class RemittedPayment:
    """In words and pounds, as a person reads them."""

    reference: str
    payee: str
    total: str
    brought_forward: str
    payable: str
    state: str


@dataclass(frozen=True, slots=True)
class RemittedLine:
    reference: str
    what: str
    sentence: str
    amount: str


@dataclass(frozen=True, slots=True)
class Remittance:
    """A released statement in words. `about` are names and what they say."""

    title: str
    commissioner: str
    reference: str
    released_at: datetime
    about: tuple[tuple[str, str], ...]
    payments: tuple[RemittedPayment, ...]
    lines: tuple[RemittedLine, ...]
    notes: tuple[str, ...]
