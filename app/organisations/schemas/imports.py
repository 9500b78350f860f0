"""Imports over HTTP."""

from typing import Any, Literal
from uuid import UUID

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from app.core.clock import Instant
from app.core.http import PageModel
from app.core.pagination import PageParams

ImportKind = Literal[
    "ods-practices",
    "ods-memberships",
    "networks",
    "list-sizes",
    "gp-payments",
    "adjusted-lists",
    "practice-profile",
    "localities",
    "members",
    "people",
]
ImportRunState = Literal["queued", "succeeded", "failed"]
_SUMMARY: dict[str, Any] = {
    "rows": 15971,
    "created": 15971,
    "updated": 0,
    "unchanged": 0,
    "rejected": 0,
    "warnings": [],
}


class ImportForm(BaseModel):
    """A file, and what has to be said beside it."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(
        max_length=40,
        description="By the platform: `ods-practices`, `ods-memberships`, `networks`, `list-sizes`, `gp-payments`,"
        " `adjusted-lists`, `practice-profile`. By a commissioner: `localities`, `members`, `people`.",
        examples=["ods-practices"],
    )
    file: UploadFile = Field(description="The CSV, or the published ZIP with that CSV in it.")
    dry_run: bool = Field(default=False, description="Try everything and keep nothing but the outcome.")
    as_at: str | None = Field(
        default=None,
        max_length=20,
        description="The day of the file's knowledge, for the register's kinds; default: the newest date in the file.",
        examples=["2023-12-04"],
    )
    financial_year: str | None = Field(
        default=None,
        max_length=20,
        description="The year of a `gp-payments` file, which does not say it itself.",
        examples=["2014/15"],
    )

    def options(self) -> dict[str, str]:
        said = {"as_at": self.as_at, "financial_year": self.financial_year}
        return {name: value for name, value in said.items() if value is not None}


class ImportSummary(BaseModel):
    """What became of the rows. `rejected` rows are listed under `/errors`; they never stop the good ones."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SUMMARY]})

    rows: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    warnings: list[str]


class Import(BaseModel):
    """One file that was handed in."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "01890a5d-ac96-774b-bcce-b302099a8057",
                    "kind": "ods-practices",
                    "file_name": "epraccur.zip",
                    "options": {},
                    "dry_run": False,
                    "state": "succeeded",
                    "operation_id": "01890a5d-ac96-774b-bcce-b302099a8058",
                    "result": _SUMMARY,
                    "problem": None,
                    "created_at": "2026-11-22T10:00:00Z",
                    "finished_at": "2026-11-22T10:00:07Z",
                }
            ]
        },
    )

    id: UUID
    kind: ImportKind
    file_name: str
    options: dict[str, str]
    dry_run: bool
    state: ImportRunState
    operation_id: UUID
    result: ImportSummary | None
    problem: dict[str, Any] | None = Field(
        description="Why the whole file came to nothing, as a problem document; rows that were left out are under `/errors`."
    )
    created_at: Instant
    finished_at: Instant | None


class ImportPage(PageModel):
    data: list[Import]


class ImportParams(PageParams):
    kind: ImportKind | None = Field(default=None, description="Of this kind.")
    state: ImportRunState | None = Field(default=None, description="In this state.")


class ImportRowError(BaseModel):
    """A row that was left out. `row` counts from 1 and counts the headings; the value itself is not repeated."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "row": 17,
                    "column": "registered",
                    "code": "imports.negative_list",
                    "detail": "A list cannot be smaller than nobody.",
                }
            ]
        },
    )

    row: int
    column: str
    code: str
    detail: str


class ImportErrorPage(PageModel):
    data: list[ImportRowError]


class ImportErrorParams(PageParams):
    format: Literal["json", "csv"] | None = Field(
        default=None, description="`csv` gives all of them at once, as does `Accept: text/csv`."
    )
