"""The words of communications: what is sent, to whom, by which way, and what became of it."""

from app.communications.values.announcements import Area, Draft, Reach, RoleReach, Sight, WantedAudience
from app.communications.values.channels import (
    NOTIFY_PER_DAY,
    NOTIFY_PER_MINUTE,
    ProviderKind,
    SuppressionReason,
    SuppressionSource,
)
from app.communications.values.messages import (
    NO_COUNTS,
    OPEN,
    Audience,
    Channel,
    Counts,
    DeliveryState,
    InboxItem,
    Letter,
    Rendered,
    Settled,
    Source,
    Topic,
    Urgency,
)
from app.communications.values.today import DatedMeeting, ExpectedMoney, News, Task, Today

__all__ = [
    "NOTIFY_PER_DAY",
    "NOTIFY_PER_MINUTE",
    "NO_COUNTS",
    "OPEN",
    "Area",
    "Audience",
    "Channel",
    "Counts",
    "DatedMeeting",
    "DeliveryState",
    "Draft",
    "ExpectedMoney",
    "InboxItem",
    "Letter",
    "News",
    "ProviderKind",
    "Reach",
    "Rendered",
    "RoleReach",
    "Settled",
    "Sight",
    "Source",
    "SuppressionReason",
    "SuppressionSource",
    "Task",
    "Today",
    "Topic",
    "Urgency",
    "WantedAudience",
]
