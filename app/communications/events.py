"""What communications announces."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.events import Event, Resource

ANNOUNCEMENT = Resource("announcement", href="/v1/announcements/{}", scope="announcements:read")


@dataclass(frozen=True, kw_only=True)
class AnnouncementPublished(Event):
    """Subject: the announcement. Its recipients are worked out afterwards, by a job."""

    name: ClassVar[str] = "communications.announcement_published"
    resource: ClassVar[Resource | None] = ANNOUNCEMENT


@dataclass(frozen=True, kw_only=True)
class AnnouncementWithdrawn(Event):
    """Subject: the announcement, which the intranet no longer shows. Mail that has gone out is not called back."""

    name: ClassVar[str] = "communications.announcement_withdrawn"
    resource: ClassVar[Resource | None] = ANNOUNCEMENT
