"""What can go wrong before a penny is worked out."""

from collections.abc import Sequence

from app.core.errors import DomainError


class DefinitionInvalid(DomainError):
    """The definition does not parse; `errors` lists every problem with a JSON pointer into the definition."""

    status = 422
    code = "calculation.definition_invalid"
    title = "The definition is not valid."


class BrokenMonth(DomainError):
    """A rate for a year was asked about a period that is not whole months, outside a pro_rata by days."""

    status = 422
    code = "calculation.broken_month"
    title = "A rate for a year is paid for whole months only, unless it stands inside a pro_rata by days."
    hint = "`until` is the day after the last: a period that ends with 30 September is written until 1 October."


class AmountTooLarge(DomainError):
    """Recorded figures and rates multiply to more than a ledger of whole pence can hold."""

    status = 422
    code = "calculation.amount_too_large"
    title = "An amount comes to more than ten million million pounds; a rate or a recorded figure is wrong."

    def __init__(self, practices: Sequence[str]) -> None:
        super().__init__()
        self.practices = frozenset(practices)


class PracticeRepeated(DomainError):
    status = 422
    code = "calculation.practice_repeated"
    title = "A practice may be named only once in a calculation."


class BrokenPart(DomainError):
    """Instalments or an advance were asked about a period that is not whole parts of one financial year."""

    status = 422
    code = "calculation.broken_part"
    title = "What is paid in parts of a financial year is paid for whole parts of it."
    hint = "With 4 parts a period is April to June, July to September, and so on, or several of them."
