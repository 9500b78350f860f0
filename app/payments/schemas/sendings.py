"""Files that left for the ledger."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.money import PoundsSum
from app.core.privacy import SafeText
from app.payments.schemas.examples import PERSON_ID, RUN_ID, example
from app.payments.schemas.files import LayoutName
from app.payments.values import FileForm

_SENDING = {
    "id": "0198c0de-0000-7000-8000-00000000f001",
    "run": RUN_ID,
    "format": "csv",
    "layout": None,
    "digest": "5f4dcc3b5aa765d61d8327deb882cf99b9a1d4c3a2f1e0d9c8b7a69584736251",
    "payments": 43,
    "total": "77400.00",
    "override_reason": None,
    "sent_by": PERSON_ID,
    "sent_at": "2026-11-23T09:00:00Z",
}


class SendingIn(StrictModel):
    """`override_reason` belongs to a file that was sent before, and says why it is sent again."""

    model_config = example({"format": "csv"})

    format: FileForm = FileForm.CSV
    layout: LayoutName | None = None
    override_reason: Annotated[SafeText, Field(min_length=1, max_length=500)] | None = None


class Sending(BaseModel):
    model_config = example(_SENDING)

    id: UUID
    run: UUID
    format: FileForm
    layout: str | None
    digest: str = Field(description="SHA-256 of the file's bytes, as `GET /v1/payment-runs/{run_id}/file` gives them.")
    payments: int = Field(description="As `Plenary-Control-Count` of the file: of a journal, its rows.")
    total: PoundsSum = Field(description="As `Plenary-Control-Total` of the file.")
    override_reason: str | None
    sent_by: UUID
    sent_at: Instant


class SendingPage(PageModel):
    model_config = example({"data": [_SENDING], "next_cursor": None})

    data: list[Sending]
