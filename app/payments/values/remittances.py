"""A remittance, ready to be written."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RemittedPayment:
    """In words and pounds, as a person reads them."""

    reference: str
    payee: str
    total: str
    brought_forward: str
    payable: str
    state: str


@dataclass(frozen=True, slots=True)
class RemittedLine:
    reference: str
    what: str
    sentence: str
    amount: str


@dataclass(frozen=True, slots=True)
class Remittance:
    """A released statement in words. `about` are names and what they say."""

    title: str
    commissioner: str
    reference: str
    released_at: datetime
    about: tuple[tuple[str, str], ...]
    payments: tuple[RemittedPayment, ...]
    lines: tuple[RemittedLine, ...]
    notes: tuple[str, ...]
