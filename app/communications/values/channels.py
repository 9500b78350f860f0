"""How messages leave: providers, and what is not sent to any more."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID


class ProviderKind(StrEnum):
    """`mail`: the installation's mail server. `notify`: the commissioner's own service of GOV.UK Notify."""

    MAIL = "mail"
    NOTIFY = "notify"


class BrokenWay(StrEnum):
    """What no longer takes our messages."""

    NOTIFY = "notify"
    MAIL = "mail"
    TEAMS = "teams"


class SuppressionReason(StrEnum):
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    MANUAL = "manual"


NOTHING_IS_SENT: Final = "nothing is sent to this address"
"""The detail of a delivery whose address is on that list."""


class SuppressionSource(StrEnum):
    """Who said so: the mail server at once, a report by mail, a mail service by hook, Notify, a person."""

    SMTP = "smtp"
    REPORT = "report"
    HOOK = "hook"
    NOTIFY = "notify"
    PERSON = "person"


# What GOV.UK Notify gives a live service, unless it agreed on something else with it.
NOTIFY_PER_MINUTE: Final = 3000
NOTIFY_PER_DAY: Final = 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedProvider:
    """A way out as it is to be. `api_key` None keeps the one that is there."""

    api_key: str | None = None
    email_template: UUID | None = None
    text_template: UUID | None = None
    rate_per_minute: int | None = None
    daily_limit: int | None = None
    is_active: bool = True
    rotate_callback: bool = False


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of one message by which a way out was tried. `state` is the provider's word, or `not_tried`."""

    state: str
    detail: str | None
    milliseconds: int | None = None
    reference: str | None = None
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider says of a message that it took; `to` is whom it says it was for."""

    delivery_id: UUID
    status: str
    to: str | None


class BounceKind(StrEnum):
    """`hard`: the mailbox is not there. `soft`: given up for another reason: full, too large, taken for spam."""

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Bounce:
    """One recipient's. `keys` are the addresses that the report names, in the form in which they are compared;
    `is_certain`: it came to an address that only the receiver of this mail was told.
    """

    delivery_id: UUID
    keys: frozenset[str]
    kind: BounceKind
    detail: str
    is_certain: bool = False
