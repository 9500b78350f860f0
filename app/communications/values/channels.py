"""How messages leave: providers, and what is not sent to any more."""

from enum import StrEnum
from typing import Final


class ProviderKind(StrEnum):
    """`mail`: the installation's mail server. `notify`: the commissioner's own service of GOV.UK Notify."""

    MAIL = "mail"
    NOTIFY = "notify"


class SuppressionReason(StrEnum):
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    MANUAL = "manual"


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
