"""How a tenant's ledger wants its files."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.privacy import OneLine
from app.payments.schemas.examples import example
from app.payments.values import (
    AmountForm,
    CsvLayout,
    DateForm,
    FileField,
    FileForm,
    FileRows,
    InvoiceLayout,
    LayoutColumn,
    Separator,
)

LayoutName = Annotated[str, Field(max_length=40, description="The name of a layout of the commissioner's own.")]
_NEEDED = (FileField.PAYMENT_REFERENCE, FileField.AMOUNT)
_COLUMNS = [
    {"field": "payment_reference", "heading": "Invoice number"},
    {"field": "supplier_number", "heading": "Supplier"},
    {"field": "cost_centre", "heading": "Cost centre"},
    {"field": "amount", "heading": "Net"},
]
_LAYOUT = {
    "format": "csv",
    "columns": _COLUMNS,
    "rows": "line",
    "date_form": "dd/mm/yyyy",
    "separator": ",",
    "amount_form": "pounds",
    "invoice": None,
}


class Column(StrictModel):
    field: FileField
    heading: Annotated[OneLine, Field(min_length=1, max_length=100)]


class InvoiceTerms(StrictModel):
    """What an Oracle ledger calls the business unit, and the source under which it imports our invoices."""

    business_unit: Annotated[OneLine, Field(min_length=1, max_length=240)]
    source: Annotated[OneLine, Field(min_length=1, max_length=80)]
    distribution: Annotated[
        str | None,
        Field(
            max_length=250,
            pattern=r"^([A-Za-z0-9._/-]|\{(cost_centre|subjective|pay_code)\})+$",
            description=(
                "The account of a line, with the places `{cost_centre}`, `{subjective}` and `{pay_code}`. Without it the "
                "ledger puts cost centre and subjective into the account that it has for the supplier's site."
            ),
            examples=["Q71.{cost_centre}.{subjective}.0000"],
        ),
    ] = None


class FileLayoutIn(StrictModel):
    """Either the `columns` of a CSV, or the `invoice` of an Oracle import."""

    model_config = example({name: value for name, value in _LAYOUT.items() if name != "invoice"})

    format: Literal["csv", "oracle-ap"] = "csv"
    columns: Annotated[list[Column], Field(min_length=1, max_length=60)] | None = None
    rows: FileRows = Field(default=FileRows.PAYMENT, description="By `line`: one for each way a payment is booked.")
    date_form: DateForm = DateForm.ISO
    separator: Separator = Separator.COMMA
    amount_form: AmountForm = AmountForm.POUNDS
    invoice: InvoiceTerms | None = None

    @model_validator(mode="after")
    def _of_one_format(self) -> Self:
        if (self.format == "csv") != (self.columns is not None) or (self.format == "oracle-ap") != bool(self.invoice):
            raise PydanticCustomError("not_valid", "`csv` takes `columns`, `oracle-ap` takes `invoice`, each alone.")
        fields = {column.field for column in self.columns or ()}
        missing = [field.value for field in _NEEDED if field not in fields]
        if self.columns and missing:
            raise PydanticCustomError(
                "missing",
                "A ledger needs the columns {missing}: without them it could pay twice.",
                {"missing": " and ".join(missing)},
            )
        return self

    def layout(self) -> CsvLayout | InvoiceLayout:
        if self.invoice is not None:
            return InvoiceLayout(self.invoice.business_unit, self.invoice.source, self.invoice.distribution)
        columns = tuple(LayoutColumn(column.field, column.heading) for column in self.columns or ())
        return CsvLayout(columns, self.rows, self.date_form, self.separator, self.amount_form)


class FileLayout(BaseModel):
    model_config = example({"name": "isfe", **_LAYOUT, "changed_at": "2026-11-22T10:00:00Z"})

    name: str
    format: Literal["csv", "oracle-ap"]
    columns: list[Column] | None
    rows: FileRows | None
    date_form: DateForm | None
    separator: Separator | None
    amount_form: AmountForm | None
    invoice: InvoiceTerms | None
    changed_at: Instant


class FileLayoutPage(PageModel):
    data: list[FileLayout]


class FileParams(BaseModel):
    model_config = {"extra": "forbid"}

    format: FileForm = FileForm.CSV
    layout: LayoutName | None = None
