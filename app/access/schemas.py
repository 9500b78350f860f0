"""What comes in and goes out over HTTP."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.access.values import Role
from app.core.addresses import EmailAddress
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.pagination import PageParams
from app.core.principal import BoundaryType
from app.core.privacy import OneLine

Name = Annotated[OneLine, Field(min_length=1, max_length=200, pattern=r"\S")]
Code = Annotated[str, Field(min_length=1, max_length=40)]

_BOUNDARY: dict[str, Any] = {"type": "practice", "id": "ZZ0001"}
_PERSON: dict[str, Any] = {"name": "Amira Khan", "email": "amira.khan@example.org"}
_IDS: dict[str, Any] = {
    "id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "person_id": "01890a5d-ac96-774b-bcce-b302099a8058",
}
_KEY: dict[str, Any] = {
    "id": _IDS["id"],
    "name": "Practice system",
    "role": "practice_manager",
    "boundary": _BOUNDARY,
    "commissioner": "ZZ1",
    "person_id": _IDS["person_id"],
    "prefix": "ply_live_5f2c91ab",
    "origins": [],
    "created_at": "2026-11-22T10:00:00Z",
    "expires_at": None,
    "previous_until": None,
    "revoked_at": None,
}


class BoundaryIn(StrictModel):
    """Where the role holds. Without an `id`, a boundary of type `commissioner` is the caller's own."""

    type: BoundaryType
    id: str | None = Field(
        default=None, max_length=40, description="The commissioner's code, the locality's id or the practice's code."
    )


class PersonIn(StrictModel):
    """Somebody by e-mail address: whoever has it already, else a new person."""

    name: Name
    email: EmailAddress


class RoleIn(StrictModel):
    """A role, where it holds and who has it."""

    role: Role
    boundary: BoundaryIn | None = Field(default=None, description="Default: the widest the role can have.")
    person_id: UUID | None = None
    person: PersonIn | None = None
    commissioner: Code | None = Field(default=None, description="For platform_admin: whose key or role this will be.")


class ApiKeyIn(RoleIn):
    """A key to be made. Every role but `platform_admin`, `intranet` and `auditor` needs a person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Practice system", "role": "practice_manager", "boundary": _BOUNDARY, "person": _PERSON},
                {"name": "Intranet", "role": "intranet", "origins": ["https://intranet.example.org"]},
            ]
        }
    )
    name: Name
    origins: list[Annotated[str, Field(max_length=300)]] = Field(
        default=[], description="Web pages that may use the key from a browser; for the role `intranet` only."
    )
    expires_at: Instant | None = Field(default=None, description="Default: it does not expire.")


class RoleGrantIn(RoleIn):
    """A role for a person who signs in with a token."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"role": "practice_manager", "boundary": _BOUNDARY, "person": _PERSON}]}
    )
    valid_from: Instant | None = Field(default=None, description="Default: now.")
    valid_until: Instant | None = None


class RotationIn(StrictModel):
    """How long the secret before stays good beside the new one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})
    overlap_hours: int = Field(default=24, ge=0, le=168, strict=True, description="0: dead at once.")


class Boundary(BaseModel):
    """Where a role holds."""

    type: BoundaryType
    id: str | None


class ApiKey(BaseModel):
    """A key, without its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY]})
    id: UUID
    name: str
    role: Role
    boundary: Boundary
    commissioner: str
    person_id: UUID | None
    prefix: str = Field(description="How the key begins, so that it can be told from others.")
    origins: list[str]
    created_at: Instant
    expires_at: Instant | None
    previous_until: Instant | None = Field(description="Until when the secret before the last rotation is good.")
    revoked_at: Instant | None


class ApiKeyWithSecret(ApiKey):
    """A key with its secret, which is shown in this answer only."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY | {"key": "ply_live_5f2c91ab_…"}]})
    key: str | None = Field(description="Store it now. Null when the answer is repeated for an Idempotency-Key.")


class RoleGrant(BaseModel):
    """A role of a person who signs in with a token."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _IDS
                | {
                    "role": "practice_manager",
                    "boundary": _BOUNDARY,
                    "commissioner": "ZZ1",
                    "created_at": "2026-11-22T10:00:00Z",
                    "valid_from": "2026-11-22T10:00:00Z",
                    "valid_until": None,
                }
            ]
        }
    )
    id: UUID
    person_id: UUID
    role: Role
    boundary: Boundary
    commissioner: str
    created_at: Instant
    valid_from: Instant
    valid_until: Instant | None


class CredentialParams(PageParams):
    commissioner: str | None = Field(
        default=None, max_length=40, description="For platform_admin: whose; default the platform's own."
    )
    role: Role | None = None
    person_id: UUID | None = None
    state: Literal["live", "all"] = Field(default="live", description="`all` shows ended ones too.")


class ApiKeyPage(PageModel):
    """Keys, oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"data": [_KEY], "next_cursor": None}]})
    data: list[ApiKey]


class RoleGrantPage(PageModel):
    """Roles of persons, oldest first."""

    data: list[RoleGrant]


class Credential(BaseModel):
    """What the caller showed: a key or a token."""

    id: UUID
    kind: Literal["key", "token"]
    name: str


class Person(BaseModel):
    """The person on whose behalf the caller acts."""

    id: UUID
    name: str
    email: str | None


class HeldRole(BaseModel):
    """One role and where it holds."""

    role: Role
    boundary: Boundary


class CommissionerName(BaseModel):
    """The commissioner whose records the caller works with."""

    code: str
    name: str
    kind: str


class Me(BaseModel):
    """Who is calling, and what they may do."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "principal": {"id": _IDS["id"], "kind": "key", "name": "Practice system"},
                    "person": {"id": _IDS["person_id"], **_PERSON},
                    "role": "practice_manager",
                    "boundary": _BOUNDARY,
                    "roles": [{"role": "practice_manager", "boundary": _BOUNDARY}],
                    "scopes": ["practices:read", "self:read"],
                    "commissioner": {"code": "ZZ1", "name": "NHS Example", "kind": "sub_icb_location"},
                }
            ]
        }
    )
    principal: Credential
    person: Person | None
    role: Role | None = Field(description="The only role; null where the person has several.")
    boundary: Boundary | None = Field(description="Where the only role holds; null where the person has several.")
    roles: list[HeldRole]
    scopes: list[str]
    commissioner: CommissionerName
