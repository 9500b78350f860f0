"""Commissioners, the national register, localities, imports, practice changes, and the published practice."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class Commissioner(SQLModel, table=True):
    """A tenant. Its own row is all that a tenant's login sees of this table."""

    __tablename__ = "commissioner"  # pyright: ignore

    id: UUID = Field(primary_key=True, default_factory=new_id)
    code: str
    name: str
    kind: str
    created_at: datetime
    version: int = 1


class RegisterOrganisation(SQLModel, table=True):
    """What is not a practice: commissioners, ICBs and networks. `parent_code` is a sub-ICB location's ICB.

    Name and parent come from different files, so each has the day of its own source.
    """

    __tablename__ = "register_organisation"  # pyright: ignore

    code: str = Field(primary_key=True)
    name: str | None
    kind: str
    parent_code: str | None
    name_as_at: date | None
    parent_as_at: date | None
    updated_at: datetime


class RegisterPractice(SQLModel, table=True):
    """Every row of the register of practices. `is_practice`: setting 4, or named by a payments or list file.

    `as_at` is the day of the newest register file that describes it; None where only a publication names it.
    `profile_as_at` has the day of each profile member's newest source.
    """

    __tablename__ = "register_practice"  # pyright: ignore

    code: str = Field(primary_key=True)
    name: str
    status: str
    prescribing_setting: str | None
    is_practice: bool
    address_lines: list[Any] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    postcode: str | None
    telephone: str | None
    opened_on: date | None
    closed_on: date | None
    successor_code: str | None
    contract: str | None
    dispensing: bool | None
    rural: bool | None
    single_handed: bool | None
    training: bool | None
    imd_score: Decimal | None
    imd_decile: int | None
    profile_as_at: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    as_at: date | None
    updated_at: datetime


class RegisterMembershipSource(SQLModel, table=True):
    """What each source has said of memberships; the sequence in `register_membership` is worked out from it."""

    __tablename__ = "register_membership_source"  # pyright: ignore

    practice: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    commissioner: str = Field(primary_key=True)
    valid_from: date = Field(primary_key=True)
    valid_until: date | None
    as_at: date


class RegisterMembership(SQLModel, table=True):
    __tablename__ = "register_membership"  # pyright: ignore

    id: UUID = Field(primary_key=True, default_factory=new_id)
    practice: str
    commissioner: str
    valid_from: date
    valid_until: date | None
    source: str
    recorded_at: datetime
    superseded_at: datetime | None = None


class RegisterNetworkMembership(SQLModel, table=True):
    __tablename__ = "register_network_membership"  # pyright: ignore

    id: UUID = Field(primary_key=True, default_factory=new_id)
    practice: str
    network: str
    valid_from: date
    valid_until: date | None
    as_at: date
    recorded_at: datetime
    superseded_at: datetime | None = None


class RegisterListSize(SQLModel, table=True):
    __tablename__ = "register_list_size"  # pyright: ignore

    id: UUID = Field(primary_key=True, default_factory=new_id)
    practice: str
    as_at: date
    source: str
    published_period: str | None
    registered: Decimal | None
    weighted: Decimal | None
    adjusted: Decimal | None = None
    recorded_at: datetime
    superseded_at: datetime | None = None


class Locality(SQLModel, table=True):
    __tablename__ = "locality"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    code: str
    name: str
    description: str | None
    version: int = 1


class LocalityMembership(SQLModel, table=True):
    __tablename__ = "locality_membership"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    locality_id: UUID
    practice: str
    valid_from: date
    valid_until: date | None
    recorded_at: datetime
    version: int = 1


class PlaceMembership(SQLModel, table=True):
    """The practices listed for a `place`, which has no code in the register."""

    __tablename__ = "place_membership"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    practice: str
    valid_from: date
    valid_until: date | None
    recorded_at: datetime
    version: int = 1


class ImportRun(SQLModel, table=True):
    """One file that was handed in. `content` is kept until the import has ended."""

    __tablename__ = "import_run"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    kind: str
    file_name: str
    file_digest: bytes
    content: bytes | None
    options: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    dry_run: bool
    state: str
    operation_id: UUID
    result: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    created_at: datetime
    finished_at: datetime | None = None
    version: int = 1


class ImportFault(SQLModel, table=True):
    """A row of a file that was left out."""

    __tablename__ = "import_error"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    import_id: UUID = Field(primary_key=True)
    no: int = Field(primary_key=True)
    row: int
    column: str
    code: str
    detail: str


class PracticeChange(SQLModel, table=True):
    __tablename__ = "practice_change"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    kind: str
    practice: str | None
    successor: str | None
    detail: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    effective_on: date
    applied_at: datetime | None = None
    refused_at: datetime | None = None
    problem: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    created_at: datetime
    version: int = 1


class PublishedPractice(SQLModel, table=True):
    """One row per tenant and practice that is or was its member. `search` begins every word with a space."""

    __tablename__ = "practice"  # pyright: ignore
    __table_args__ = {"schema": "published"}

    commissioner_id: UUID = Field(primary_key=True)
    code: str = Field(primary_key=True)
    name: str
    search: str
    status: str
    address: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    postcode: str | None
    postcode_key: str | None
    telephone: str | None
    opened_on: date | None
    closed_on: date | None
    commissioner_code: str | None
    commissioner_name: str | None
    member_from: date | None
    member_until: date | None
    locality_id: UUID | None
    locality_name: str | None
    network_code: str | None
    network_name: str | None
    registered: Decimal | None
    weighted: Decimal | None
    list_as_at: date | None
    profile: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    lead_name: str | None
    lead_post: str | None
    successor: str | None
    changed_at: datetime
