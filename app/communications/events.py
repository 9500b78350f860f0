"""What communications announces."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.changes import Marks
from app.core.events import Event, Resource

ANNOUNCEMENT = Resource("announcement", href="/v1/announcements/{}", scope="announcements:read", is_bounded=True)

TEMPLATE = Resource("message_template", href="/v1/message-templates/{}", scope="templates:read")


@dataclass(frozen=True, kw_only=True)
class _AnnouncementEvent(Event):
    """Subject: the announcement. `places` are those it was addressed to (`locality:<id>`, `practice:<code>`); None: all."""

    resource: ClassVar[Resource | None] = ANNOUNCEMENT

    unsaid: ClassVar[frozenset[str]] = frozenset({"places", "on_intranet"})

    places: tuple[str, ...] | None
    on_intranet: bool

    def _shown(self) -> Marks:
        """Where the intranet shows it."""
        if not self.on_intranet:
            return frozenset()
        return frozenset({"intranet", "everybody"} if self.places is None else {"intranet", *self.places})

    def _held(self) -> Marks:
        """Those to whom it may have been sent, whoever they are, and the offices of these places."""
        if self.places is None:
            return frozenset({"sent", "sent:anywhere"})
        return frozenset({"sent:anywhere", *(f"{way}:{place}" for way in ("sent", "office") for place in self.places)})


@dataclass(frozen=True, kw_only=True)
class AnnouncementPublished(_AnnouncementEvent):
    """Its recipients are worked out afterwards, by a job."""

    name: ClassVar[str] = "communications.announcement_published"

    @property
    def concerns(self) -> Marks:
        return self._shown() | {f"office:{place}" for place in self.places or ()}


@dataclass(frozen=True, kw_only=True)
class AnnouncementScheduled(Event):
    """Subject: the announcement, which waits for its moment, or for another one now."""

    name: ClassVar[str] = "communications.announcement_scheduled"


@dataclass(frozen=True, kw_only=True)
class DeliveriesRedriven(Event):
    """Subject: the first of the batches in which deliveries that had ended wait again."""

    name: ClassVar[str] = "communications.deliveries_redriven"

    batches: list[str]


@dataclass(frozen=True, kw_only=True)
class AnnouncementSent(_AnnouncementEvent):
    """Its recipients are worked out, and may read it from now on."""

    name: ClassVar[str] = "communications.announcement_sent"

    @property
    def concerns(self) -> Marks:
        return self._held()


@dataclass(frozen=True, kw_only=True)
class AnnouncementWithdrawn(_AnnouncementEvent):
    """The intranet no longer shows it. Mail that has gone out is not called back."""

    name: ClassVar[str] = "communications.announcement_withdrawn"

    @property
    def concerns(self) -> Marks:
        return self._shown()


@dataclass(frozen=True, kw_only=True)
class AnnouncementKept(_AnnouncementEvent):
    """Withdrawn, and still there for those who were sent it: it follows the event that takes it away from all others."""

    name: ClassVar[str] = "communications.announcement_kept"

    @property
    def concerns(self) -> Marks:
        return self._held()


@dataclass(frozen=True, kw_only=True)
class TemplateChanged(Event):
    """Subject: the kind of message, which is worded otherwise from now on."""

    name: ClassVar[str] = "communications.template_changed"
    resource: ClassVar[Resource | None] = TEMPLATE


@dataclass(frozen=True, kw_only=True)
class TemplateFailed(Event):
    """Subject: the kind. The commissioner's own wording could not be used for so many letters, which went out in ours."""

    name: ClassVar[str] = "communications.template_failed"

    template_version: int
    letters: int


@dataclass(frozen=True, kw_only=True)
class ActionLinkLocked(Event):
    """Subject: the delivery. Too many names were tried with the link in its mail, and it answers nobody any more."""

    name: ClassVar[str] = "communications.action_link_locked"


@dataclass(frozen=True, kw_only=True)
class WebhookDue(Event):
    """Subject: the endpoint, to which something is to be sent now: a test, or what waited while it was disabled."""

    name: ClassVar[str] = "communications.webhook_due"


@dataclass(frozen=True, kw_only=True)
class WebhookReplayRequested(Event):
    """Subject: the endpoint. Changes after the first position up to and with the second, or the deliveries named."""

    name: ClassVar[str] = "communications.webhook_replay_requested"
    operation: str
    after: tuple[int, int]
    upto: tuple[int, int]
    ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ProviderTestRequested(Event):
    """Subject: the provider. `to` is sealed, and opened by whoever knows the operation."""

    name: ClassVar[str] = "communications.provider_test_requested"
    operation: str
    to: str


@dataclass(frozen=True, kw_only=True)
class MobileCodeRequested(Event):
    """Subject: the person, to whose mobile number a code is to be texted."""

    name: ClassVar[str] = "communications.mobile_code_requested"
    operation: str


@dataclass(frozen=True, kw_only=True)
class TeamsTestRequested(Event):
    """Subject: the channel in Teams."""

    name: ClassVar[str] = "communications.teams_test_requested"
    operation: str


NEWSLETTER = Resource("newsletter", href="/v1/newsletters/{}", scope="announcements:read", is_bounded=True)


@dataclass(frozen=True, kw_only=True)
class NewsletterScheduled(Event):
    """Subject: the newsletter, which goes out at its time unless it has another version by then than `n`."""

    name: ClassVar[str] = "communications.newsletter_scheduled"

    n: int


@dataclass(frozen=True, kw_only=True)
class NewsletterSent(_AnnouncementEvent):
    """Subject: the newsletter. `places` None: it has an edition for everybody."""

    name: ClassVar[str] = "communications.newsletter_sent"
    resource: ClassVar[Resource | None] = NEWSLETTER

    @property
    def concerns(self) -> Marks:
        return self._shown() | {f"office:{place}" for place in self.places or ()}
