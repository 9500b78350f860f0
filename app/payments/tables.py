"""Tables of payments. Everything below a run is written once by the worker and never changed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, DateTime, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class PaymentRun(SQLModel, table=True):
    __tablename__ = "payment_run"  # pyright: ignore - SQLModel declares it otherwise

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    scheme_id: UUID
    period_from: date
    period_until: date
    # Of the scheme as it was when the run was asked for: what is approved is what leaves.
    scheme_code: str | None = None
    pay_code: str | None = None
    cost_centre: str | None = None
    payment_terms_days: int | None = None
    state: str
    note: str | None
    operation_id: UUID
    version_no: int | None = None
    practices: int | None = None
    lines: int | None = None
    total: int | None = Field(default=None, sa_type=BigInteger)
    file_count: int | None = None
    inputs_digest: str | None = None
    outputs_digest: str | None = None
    over_budget: str | None = None
    budget: int | None = Field(default=None, sa_type=BigInteger)
    available: int | None = Field(default=None, sa_type=BigInteger)
    held_back: int | None = Field(default=None, sa_type=BigInteger)
    balances: list[list[Any]] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    calculated_by: UUID
    approved_by: UUID | None = None
    approvers_required: int = 1
    approvers: list[UUID] = Field(default_factory=list, sa_column=Column(ARRAY(Uuid), nullable=False))
    approvals_at: list[datetime] = Field(
        default_factory=list, sa_column=Column(ARRAY(DateTime(timezone=True)), nullable=False)
    )
    released_by: UUID | None = None
    rejected_by: UUID | None = None
    reason: str | None = None
    pay_by: date | None = None
    problem: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    created_at: datetime
    calculated_at: datetime | None = None
    approved_at: datetime | None = None
    released_at: datetime | None = None
    rejected_at: datetime | None = None
    version: int = 1


class PaymentSettings(SQLModel, table=True):
    """One row for a commissioner, or none while nothing was settled."""

    __tablename__ = "payment_settings"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    approval_bands: list[dict[str, int]] = Field(sa_column=Column(JSONB, nullable=False))
    changed_by: UUID
    changed_at: datetime
    version: int = 1


class PaymentRunAlert(SQLModel, table=True):
    __tablename__ = "payment_run_alert"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    because: str = Field(primary_key=True)
    raised_at: datetime


class PaymentRunPart(SQLModel, table=True):
    __tablename__ = "payment_run_part"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    no: int = Field(primary_key=True)
    period_from: date
    period_until: date
    version_no: int
    definition: dict[str, Any] | None = Field(sa_column=Column(JSON(none_as_null=True)))
    inputs_digest: str
    fingerprint: str | None = None
    differences: bool
    changed: bool
    unknown_payees: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False))


class PaymentRunInput(SQLModel, table=True):
    __tablename__ = "payment_run_input"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    part_no: int = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    frozen: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    posted: list[Any] = Field(sa_column=Column(JSONB, nullable=False))
    corrections: list[Any] = Field(sa_column=Column(JSONB, nullable=False))


class PaymentStatement(SQLModel, table=True):
    __tablename__ = "payment_statement"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    run_id: UUID
    practice: str
    reference: str
    total: int = Field(sa_type=BigInteger)
    notes: list[str] = Field(sa_column=Column(JSONB, nullable=False))


class PaymentLine(SQLModel, table=True):
    __tablename__ = "payment_line"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    statement_id: UUID = Field(primary_key=True)
    no: int = Field(primary_key=True)
    component: str
    kind: str
    period_from: date
    period_until: date
    quantity: str | None
    rate: str | None
    amount: int = Field(sa_type=BigInteger)
    payee_type: str
    payee_code: str
    blocked: bool
    # Of runs of the first releases, and of what a budget holds back; the rest is put together from what the run froze.
    sentence: str | None = None
    workings: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))


class Payment(SQLModel, table=True):
    __tablename__ = "payment"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    statement_id: UUID
    reference: str
    payee_type: str
    payee_code: str
    payee_name: str | None
    total: int = Field(sa_type=BigInteger)
    brought_forward: int = Field(sa_type=BigInteger)
    payable: int = Field(sa_type=BigInteger)
    carried_forward: int = Field(sa_type=BigInteger)


class PaymentSending(SQLModel, table=True):
    __tablename__ = "payment_sending"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    run_id: UUID
    format: str
    layout: str | None
    # The layout as it was then; None without one.
    layout_terms: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    digest: str
    payments: int
    total: int = Field(sa_type=BigInteger)
    override_reason: str | None
    sent_by: UUID
    sent_at: datetime


class PaymentArrangement(SQLModel, table=True):
    """How what a payee owes is taken back, or that it is waived; of the latter `waived` is how much, once it is agreed."""

    __tablename__ = "payment_arrangement"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    scheme_id: UUID
    practice: str
    payee_type: str
    payee_code: str
    kind: str
    most_per_run: int | None = Field(default=None, sa_type=BigInteger)
    waived: int | None = Field(default=None, sa_type=BigInteger)
    reason: str
    proposed_by: UUID
    proposed_at: datetime
    agreed_by: UUID | None = None
    agreed_at: datetime | None = None
    version: int = 1


class PaymentAcknowledgement(SQLModel, table=True):
    __tablename__ = "payment_acknowledgement"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    run_id: UUID
    payment_id: UUID
    outcome: str
    amount: int | None = Field(default=None, sa_type=BigInteger)
    paid_on: date | None
    reason: str | None
    recorded_by: UUID
    recorded_at: datetime


class PaymentBooking(SQLModel, table=True):
    """Of the lines of one component and period in one run."""

    __tablename__ = "payment_booking"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    period_from: date = Field(primary_key=True)
    component: str = Field(primary_key=True)
    pay_code: str | None
    cost_centre: str | None
    subjective: str | None
    vat_code: str | None
    pensionable: bool | None


class FileLayout(SQLModel, table=True):
    __tablename__ = "file_layout"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    name: str = Field(primary_key=True)
    format: str
    layout: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    changed_by: UUID
    changed_at: datetime
    version: int = 1


class Supplier(SQLModel, table=True):
    __tablename__ = "supplier"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    payee_type: str
    payee_code: str
    supplier_number: str
    site: str
    name: str | None = None
    reason: str
    state: str
    proposed_by: UUID
    proposed_at: datetime
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = None
    version: int = 1


class PaymentQuery(SQLModel, table=True):
    """`practice` is the one that asks: the statement's own, one that the line pays, or who took it over. `line` is the line's
    reference.
    """

    __tablename__ = "payment_query"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    scheme_id: UUID
    statement_id: UUID
    line_no: int
    line: str
    practice: str
    text: str
    state: str
    outcome: str | None = None
    answer: str | None = None
    due_on: date
    owner_id: UUID | None = None
    shared_at: datetime | None = None
    escalated_at: datetime | None = None
    opened_by: UUID
    opened_at: datetime
    answered_by: UUID | None = None
    answered_at: datetime | None = None
    messages: int = 0
    version: int = 1


class PaymentQueryMessage(SQLModel, table=True):
    __tablename__ = "payment_query_message"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    query_id: UUID
    side: str
    text: str
    written_by: UUID
    written_at: datetime


class PaymentCorrection(SQLModel, table=True):
    """Pence that a released line should have had more or less: due like what the rules give, once it is approved."""

    __tablename__ = "payment_correction"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    query_id: UUID
    scheme_id: UUID
    practice: str
    component: str
    period_from: date
    period_until: date
    payee_type: str
    payee_code: str
    amount: int = Field(sa_type=BigInteger)
    reason: str
    state: str
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    refusal: str | None = None
