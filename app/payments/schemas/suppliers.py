"""By which supplier and site a ledger knows who is paid."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.pagination import PageParams
from app.core.privacy import NoBankDetails, OneLine, SafeCode, SafeText
from app.payments.schemas.examples import PERSON_ID, example
from app.payments.values import SupplierState

LedgerNumber = Annotated[
    SafeCode, NoBankDetails, Field(min_length=1, max_length=30, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./&_-]*$")
]
_PAYEE = {"type": "practice", "code": "ZZ0001"}


class SupplierPayee(StrictModel):
    """A practice of the commissioner, or another organisation that a definition names as payee."""

    model_config = example(_PAYEE)

    type: Literal["practice", "organisation"]
    code: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,12}$")]


class SupplierIn(StrictModel):
    """Numbers of the ledger's own. Bank details stay in the ledger: what looks like them is refused."""

    model_config = example(
        {"payee": _PAYEE, "supplier_number": "1004711", "site": "MAIN", "reason": "Set up by accounts payable."}
    )

    payee: SupplierPayee
    supplier_number: LedgerNumber
    site: LedgerNumber
    name: Annotated[OneLine, NoBankDetails, Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="What the ledger calls the payee: of use where the register does not have it."
    )
    reason: Annotated[SafeText, NoBankDetails, Field(min_length=1, max_length=500)]


_SUPPLIER = {
    "id": "0198c0de-0000-7000-8000-00000000f001",
    "payee": _PAYEE,
    "supplier_number": "1004711",
    "site": "MAIN",
    "name": None,
    "reason": "Set up by accounts payable.",
    "state": "confirmed",
    "proposed_by": PERSON_ID,
    "proposed_at": "2026-11-22T10:00:00Z",
    "confirmed_by": "0198c0de-0000-7000-8000-00000000c002",
    "confirmed_at": "2026-11-22T11:00:00Z",
}


class Supplier(BaseModel):
    model_config = example(_SUPPLIER)

    id: UUID
    payee: SupplierPayee
    supplier_number: str
    site: str
    name: str | None
    reason: str
    state: SupplierState = Field(
        description="`confirmed` is in force and `replaced` was; a later proposal makes an open one `withdrawn`."
    )
    proposed_by: UUID
    proposed_at: Instant
    confirmed_by: UUID | None
    confirmed_at: Instant | None = Field(description="From when on it is in force.")


class SupplierPage(PageModel):
    model_config = example({"data": [_SUPPLIER], "next_cursor": None})

    data: list[Supplier]


class SupplierParams(PageParams):
    payee: str | None = Field(default=None, description="The code of a practice or another organisation.")
    state: SupplierState | None = None
