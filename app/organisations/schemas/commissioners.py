"""Commissioners over HTTP."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.pagination import PageParams

TenantKind = Literal["ccg", "icb", "sub_icb_location", "place"]
_IN: dict[str, Any] = {"code": "ZZ1", "name": "NHS Example", "kind": "sub_icb_location"}


class CommissionerIn(StrictModel):
    """A tenant to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [_IN]})

    code: str = Field(
        pattern=r"^[A-Z0-9-]{2,20}$",
        description="Its code in the register, which decides its practices; a place has one of its own making.",
    )
    name: str = Field(min_length=1, max_length=200)
    kind: TenantKind = Field(
        description="`ccg` and `sub_icb_location` have the practices whose membership names the code, an `icb` those of"
        " every sub-ICB location under it, a `place` those that it lists by CSV."
    )


class Commissioner(BaseModel):
    """A tenant."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [{"id": "01890a5d-ac96-774b-bcce-b302099a8057"} | _IN | {"created_at": "2026-11-22T10:00:00Z"}]
        },
    )

    id: UUID
    code: str
    name: str
    kind: TenantKind
    created_at: Instant


class CommissionerPage(PageModel):
    data: list[Commissioner]


class CommissionerParams(PageParams):
    kind: TenantKind | None = Field(default=None, description="Of this kind.")
