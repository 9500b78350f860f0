"""Schemes, versions, participation with improvement areas, facts, and claims with their steps."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, JSON, BigInteger, Column, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.ids import new_id
from app.schemes.values import QUERY_DAYS


class SchemeRow(SQLModel, table=True):
    __tablename__ = "scheme"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    code: str
    title: str
    purpose: str
    financial_year: str
    starts_on: date
    budget_amount: int | None = Field(default=None, sa_type=BigInteger)
    budget_per_head: Decimal | None = None
    budget_basis: str | None = None
    payment_terms_days: int
    pay_code: str | None = None
    cost_centre: str | None = None
    query_days: int = QUERY_DAYS
    over_budget: str | None = None
    waive_below: int | None = Field(default=None, sa_type=BigInteger)
    state: str
    live_version: int | None = None
    created_at: datetime
    version: int = 1


class VersionRow(SQLModel, table=True):
    __tablename__ = "scheme_version"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    scheme_id: UUID
    n: int
    state: str
    applies_from: date
    applies_until: date
    definition: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    template: str | None = None
    parameters: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    reason: str
    words: str | None = None
    words_digest: str | None = None
    created_at: datetime
    published_at: datetime | None = None
    published_by: UUID | None = None
    consulted_at: datetime | None = None
    consult_until: date | None = None
    version: int = 1


class ParticipationRow(SQLModel, table=True):
    """A practice's place in a scheme: offered, accepted or declined, or signed up by the office."""

    __tablename__ = "participation"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    scheme_id: UUID
    practice: str
    state: str
    source: str
    offered_at: datetime | None = None
    respond_by: date | None = None
    version_n: int | None = None
    words_digest: str | None = None
    valid_from: date | None = None
    """The first day of the agreement; None: as long as the scheme itself."""
    valid_until: date | None = None
    signed_on: date | None = None
    signatory_name: str | None = None
    signatory_capacity: str | None = None
    evidence: str | None = None
    historical: bool = False
    named_lead_id: UUID | None = None
    decline_reason: str | None = None
    reminded_for: date | None = None
    answered_at: datetime | None = None
    answered_by: UUID | None = None
    recorded_at: datetime
    version: int = 1


class ImprovementAreaRow(SQLModel, table=True):
    __tablename__ = "improvement_area"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    participation_id: UUID = Field(primary_key=True)
    no: int = Field(primary_key=True)
    title: str
    baseline: str | None = None
    target: str | None = None
    measure: str | None = None
    review_on: date | None = None


class FactRow(SQLModel, table=True):
    """Evidence. A correction supersedes the row, so that what was known at any instant can be told again."""

    __tablename__ = "scheme_fact"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    scheme_id: UUID
    external_id: str
    practice: str
    measure: str
    happened_on: date
    value: Decimal
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    subject: str | None = None
    note: str | None = None
    state: str
    source: str
    recorded_at: datetime
    recorded_by: UUID | None = None
    confirmed_at: datetime | None = None
    confirmed_by: UUID | None = None
    superseded_at: datetime | None = None
    version: int = 1


class SimulationRow(SQLModel, table=True):
    """What a version would pay, as it was worked out once. Its id is that of the operation."""

    __tablename__ = "scheme_simulation"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    scheme_id: UUID
    n: int
    words_digest: str
    counted_over: str
    budget: int | None = Field(default=None, sa_type=BigInteger)
    against_scheme_id: UUID | None = None
    against_n: int | None = None
    over_from: date | None = None
    over_until: date | None = None
    practices: int
    without_list: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    not_worked_out: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    created_at: datetime


class SimulatedRow(SQLModel, table=True):
    """One practice of a simulation, with what was known of it then."""

    __tablename__ = "scheme_simulation_practice"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    simulation_id: UUID = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    least: int = Field(sa_type=BigInteger)
    expected: int = Field(sa_type=BigInteger)
    most: int | None = Field(default=None, sa_type=BigInteger)
    budget: int | None = Field(default=None, sa_type=BigInteger)
    before_least: int | None = Field(default=None, sa_type=BigInteger)
    before_expected: int | None = Field(default=None, sa_type=BigInteger)
    before_most: int | None = Field(default=None, sa_type=BigInteger)
    registered: Decimal | None = None
    rural: bool | None = None
    dispensing: bool | None = None
    imd_decile: int | None = None


class ClaimRow(SQLModel, table=True):
    """What a practice claims for a period. Each change of the row is a step, and its number is the row's version."""

    __tablename__ = "claim"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    scheme_id: UUID
    practice: str
    period_from: date
    period_until: date
    state: str
    note: str | None = None
    on_behalf: bool
    opened_by: UUID
    opened_at: datetime
    first_declared_at: datetime | None = None
    """Whoever has declared in time may declare again later, after a change or a rejection that is not theirs."""
    declared_by: UUID | None = None
    declared_at: datetime | None = None
    values_digest: str | None = None
    amount: int | None = Field(default=None, sa_type=BigInteger)
    version_n: int | None = None
    evidence: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """The facts that were declared; once the claim is paid they bound what is paid for its period."""
    approvals_needed: int | None = None
    vetted_by: UUID | None = None
    vetted_at: datetime | None = None
    is_sampled: bool = False
    checked_by: UUID | None = None
    checked_at: datetime | None = None
    approvers: list[UUID] = Field(default_factory=list, sa_column=Column(ARRAY(Uuid()), nullable=False))
    approved_at: datetime | None = None
    hold_reason: str | None = None
    held_by: UUID | None = None
    held_at: datetime | None = None
    rejected_by: UUID | None = None
    rejected_at: datetime | None = None
    reject_reason: str | None = None
    run_id: UUID | None = None
    version: int = 1


class ClaimStepRow(SQLModel, table=True):
    """One step of a claim, written once. `amount` is what was declared; of a voided one what it comes to now."""

    __tablename__ = "claim_step"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    claim_id: UUID = Field(primary_key=True)
    no: int = Field(primary_key=True)
    kind: str
    at: datetime
    person_id: UUID | None = None
    reason: str | None = None
    values_digest: str | None = None
    amount_before: int | None = Field(default=None, sa_type=BigInteger)
    amount: int | None = Field(default=None, sa_type=BigInteger)
    run_id: UUID | None = None


class ClaimRulesRow(SQLModel, table=True):
    """A scheme's own rules for claims; a scheme without a row has those of `ClaimRules`."""

    __tablename__ = "claim_rules"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    scheme_id: UUID = Field(primary_key=True)
    every: str | None = None
    window_days: int
    bands: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    sample_percent: int
    sample_seed: str
    reject_reasons: list[dict[str, str]] = Field(sa_column=Column(JSONB, nullable=False))
    version: int = 1


class ClaimReminderRow(SQLModel, table=True):
    """That a practice was reminded of a period which it has not declared."""

    __tablename__ = "claim_reminder"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    scheme_id: UUID = Field(primary_key=True)
    period_from: date = Field(primary_key=True)
    period_until: date = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    sent_on: date


class SessionRequestRow(SQLModel, table=True):
    """That a practice was asked which sessions it held in that month."""

    __tablename__ = "session_request"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    scheme_id: UUID
    practice: str
    measure: str
    period_from: date
    period_until: date
    asked_on: date


class CommentRow(SQLModel, table=True):
    """What was said of a version in its consultation, and what the office answered."""

    __tablename__ = "scheme_comment"  # pyright: ignore[reportAssignmentType]

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    scheme_id: UUID
    n: int
    words_digest: str
    text: str
    author_id: UUID
    created_at: datetime
    answer: str | None = None
    answered_by: UUID | None = None
    answered_at: datetime | None = None
    version: int = 1
