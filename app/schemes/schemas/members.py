"""Members that several of the schemas share."""

from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from app.core.http import StrictModel
from app.core.money import DECIMAL_PATTERN, DecimalText
from app.core.privacy import SafeCode, is_from_nhs_number, is_nhs_number
from app.schemes.values import ratio_value

# As the amounts of the language: more is a slip of the pen, and would only be found out when it is to be paid.
MOST_QUANTITY: Final = 1_000_000_000


def _whole_as_text(value: Any) -> Any:
    # A count may be a JSON integer, which is exact; a JSON fraction has passed through a float.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _trimmed(value: Any) -> Any:
    # Sheets leave blanks around, and one thing under two spellings of its id would be paid twice.
    return value.strip() if isinstance(value, str) else value


def _opaque(subject: str) -> str:
    if is_nhs_number(subject) or is_from_nhs_number(subject):
        raise PydanticCustomError("nhs_number", "An NHS number may not be used; give an opaque reference of your own.")
    return subject


FactValue = Annotated[
    DecimalText,
    BeforeValidator(_whole_as_text),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "format": "decimal", "pattern": DECIMAL_PATTERN}, {"type": "integer"}],
            "examples": ["1"],
        }
    ),
]
ExternalId = Annotated[
    SafeCode, BeforeValidator(_trimmed), Field(min_length=1, max_length=200, examples=["rota-2026-05-06"])
]
Subject = Annotated[str, BeforeValidator(_trimmed), Field(min_length=1, max_length=64), AfterValidator(_opaque)]
FactName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$", examples=["lead_session"])]
PracticeCode = Annotated[str, Field(min_length=1, max_length=12, examples=["ZZ0001"])]


class Quantified(StrictModel):
    """Either `value`, or `numerator` and `denominator`, whose quotient counts to six places: 1,000,000,000 at most."""

    value: FactValue | None = None
    numerator: FactValue | None = None
    denominator: FactValue | None = None

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if (self.numerator is None) != (self.denominator is None):
            raise PydanticCustomError("not_valid", "`numerator` and `denominator` belong together.")
        if (self.value is None) == (self.numerator is None):
            raise PydanticCustomError("not_valid", "Give either `value`, or `numerator` and `denominator`.")
        if self.denominator is not None and Decimal(self.denominator) == 0:
            raise PydanticCustomError("not_valid", "`denominator` may not be zero.")
        if abs(self.quantity()) > MOST_QUANTITY:
            raise PydanticCustomError("too_large", "`value`, or the quotient, is 1,000,000,000 at most.")
        return self

    def quantity(self) -> Decimal:
        if self.numerator is not None and self.denominator is not None:
            return ratio_value(Decimal(self.numerator), Decimal(self.denominator))
        return Decimal(self.value or "0")
