"""What organisations announces."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.events import Event, Resource

PRACTICE = Resource("practice", href="/v1/practices/{}", scope="practices:read")
LOCALITY = Resource("locality", href="/v1/localities/{}", scope="practices:read")


@dataclass(frozen=True, kw_only=True)
class PracticeChanged(Event):
    """Subject: the practice's code. Anything that its published entry shows has changed."""

    name: ClassVar[str] = "organisations.practice_changed"
    resource: ClassVar[Resource | None] = PRACTICE


@dataclass(frozen=True, kw_only=True)
class ImportRequested(Event):
    """Subject: the import's id. A file was found readable and waits to be imported."""

    name: ClassVar[str] = "organisations.import_requested"


@dataclass(frozen=True, kw_only=True)
class LocalityChanged(Event):
    """Subject: the locality's id. Its name, its description or its practices have changed."""

    name: ClassVar[str] = "organisations.locality_changed"
    resource: ClassVar[Resource | None] = LOCALITY
