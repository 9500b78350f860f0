"""API keys, and roles granted to persons who sign in with a token."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlmodel import Field, SQLModel

from app.core.ids import new_id


class ApiKey(SQLModel, table=True):
    __tablename__ = "api_key"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str
    role: str
    boundary: str
    boundary_id: str | None
    person_id: UUID | None
    prefix: str
    secret_hash: bytes
    previous_hash: bytes | None = None
    previous_until: datetime | None = None
    origins: list[Any] = Field(sa_column=Column(ARRAY(TEXT), nullable=False))
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
    version: int = 1


class RoleGrant(SQLModel, table=True):
    """A role given to a person who signs in with a token."""

    __tablename__ = "role_grant"  # pyright: ignore

    commissioner_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID
    role: str
    boundary: str
    boundary_id: str | None
    bound_email: str | None
    created_at: datetime
    valid_from: datetime
    valid_until: datetime | None
    version: int = 1
