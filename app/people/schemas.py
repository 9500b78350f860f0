"""What comes in and goes out over HTTP."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.addresses import EmailAddress
from app.core.clock import Instant
from app.core.http import PageModel, StrictModel
from app.core.pagination import PageParams
from app.core.privacy import OneLine
from app.people.values import PostLevel, PostRole, StaleReason

Name = Annotated[OneLine, Field(min_length=1, max_length=200, pattern=r"\S")]
Telephone = Annotated[str, Field(min_length=3, max_length=40, pattern=r"^\+?[0-9 ()./-]*(?: ?(?:x|ext\.?) ?[0-9]+)?$")]
Code = Annotated[str, Field(min_length=1, max_length=20)]

_PERSON_ID = "01890a5d-ac96-774b-bcce-b302099a8058"
_PERSON: dict[str, Any] = {
    "id": _PERSON_ID,
    "name": "Amira Khan",
    "email": "amira.khan@example.org",
    "telephone": "01632 960123",
    "objects_to_listing": False,
    "unreachable_since": None,
    "created_at": "2026-04-01T09:00:00Z",
}
_HOLDER: dict[str, Any] = {"id": _PERSON_ID, "name": "Amira Khan", "email": "amira.khan@example.org"}
_POST: dict[str, Any] = {
    "id": "01890a5d-ac96-774b-bcce-b302099a8059",
    "role": "practice_manager",
    "title": "Practice manager",
    "level": "practice",
    "practice": "ZZ0001",
    "locality_id": None,
    "person": _HOLDER,
    "from": "2026-04-01",
    "until": None,
    "listed": True,
    "confirmed_on": "2026-10-01",
    "stale": False,
    "stale_reason": None,
}


def _example(*values: dict[str, Any]) -> dict[str, Any]:
    return {"examples": list(values)}


class NewPerson(StrictModel):
    """Somebody to be known. An e-mail address belongs to one person."""

    model_config = ConfigDict(json_schema_extra=_example({"name": "Amira Khan", "email": "amira.khan@example.org"}))
    name: Name
    email: EmailAddress | None = None
    telephone: Telephone | None = None
    objects_to_listing: bool = Field(default=False, strict=True, description="Intranets never show this person.")


class PersonPatch(StrictModel):
    """What is to be corrected; absent stays as it is, null takes it away."""

    model_config = ConfigDict(json_schema_extra=_example({"email": "amira.khan@example.org"}))
    # A factory, because a published default would be read as what happens to a member that is left out.
    name: Name = Field(default_factory=str)
    email: EmailAddress | None = None
    telephone: Telephone | None = None
    objects_to_listing: bool = Field(default_factory=bool, strict=True)


class PersonEntry(BaseModel):
    """A person. `unreachable_since` is when mail to the address came back."""

    model_config = ConfigDict(json_schema_extra=_example(_PERSON))
    id: UUID
    name: str
    email: str | None
    telephone: str | None
    objects_to_listing: bool
    unreachable_since: Instant | None
    created_at: Instant


class PersonCopy(BaseModel):
    """Everything that is held on a person, by the part of Plenary that holds it."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "person": _PERSON_ID,
                "held": {"people": {"name": "Amira Khan", "posts": []}, "meetings": {"attendances": []}},
            }
        )
    )
    person: UUID
    held: dict[str, dict[str, Any]]


class ErasureIn(StrictModel):
    """Why the person is to be forgotten. A code, because a text could hold the very name."""

    model_config = ConfigDict(json_schema_extra=_example({"reason": "own_request", "dry_run": True}))
    reason: Literal["own_request", "no_longer_needed", "entered_by_mistake"]
    dry_run: bool = Field(default=False, strict=True, description="Only tell what would go; nothing is changed.")


class ErasedPart(BaseModel):
    """What one part of Plenary held when it was asked, how many of each, and what an erasure does with it."""

    part: str
    held: dict[str, int]
    sentence: str


class Erasure(BaseModel):
    """`erased_at` is null in a dry run."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "person": _PERSON_ID,
                "reason": "own_request",
                "dry_run": True,
                "erased_at": None,
                "parts": [
                    {
                        "part": "people",
                        "held": {"posts": 2},
                        "sentence": "Name, address and telephone go; the posts end and stay without a name.",
                    }
                ],
            }
        )
    )
    person: UUID
    reason: str
    dry_run: bool
    erased_at: Instant | None
    parts: list[ErasedPart]


class PersonEntryPage(PageModel):
    data: list[PersonEntry]


class PersonParams(PageParams):
    """Filters of the list of persons."""

    q: str | None = Field(default=None, max_length=200, description="Part of the name, or the whole e-mail address.")
    practice: Code | None = Field(default=None, description="Only people with a post there today.")


class PostHolderIn(StrictModel):
    """Who is to hold the post: whoever has the e-mail address already, else a new person."""

    name: Name
    email: EmailAddress | None = None


class PostIn(StrictModel):
    """A post for a person who is known (`person_id`) or named (`person`)."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "role": "named_lead",
                "practice": "ZZ0001",
                "person": {"name": "Amira Khan", "email": "amira.khan@example.org"},
                "from": "2026-12-01",
            }
        ),
    )
    role: PostRole
    person_id: UUID | None = None
    person: PostHolderIn | None = None
    practice: Code | None = None
    locality_id: UUID | None = None
    level: PostLevel | None = Field(default=None, description="Default: what the place or the role says.")
    from_: date | None = Field(default=None, alias="from", description="The first day. Default: today.")
    until: date | None = Field(default=None, description="The day after the last day; null: none is known.")
    listed: bool | None = Field(
        default=None, strict=True, description="Shown on intranets. Default: named leads and practice managers are."
    )

    @model_validator(mode="after")
    def _one_person(self) -> "PostIn":
        if (self.person_id is None) == (self.person is None):
            raise PydanticCustomError("not_valid", "Give either `person_id` or `person`.")
        return self


class PostPatch(StrictModel):
    """What is to be corrected; absent stays as it is. To end a post today, delete it."""

    model_config = ConfigDict(json_schema_extra=_example({"until": "2027-01-01"}, {"listed": False}))
    # A factory, because a published default would be read as what happens to a member that is left out.
    from_: date = Field(default_factory=date.today, alias="from", description="The first day.")
    until: date | None = Field(default=None, description="The day after the last day; null: none is known.")
    listed: bool = Field(default_factory=bool, strict=True)


class PostHolder(BaseModel):
    """Who holds a post."""

    id: UUID
    name: str
    email: str | None


class Post(BaseModel):
    """A post for a period, `until` exclusive. `stale`: not confirmed for 180 days, or mail to the holder came back."""

    model_config = ConfigDict(json_schema_extra=_example(_POST))
    id: UUID
    role: PostRole
    title: str
    level: PostLevel
    practice: str | None
    locality_id: UUID | None
    person: PostHolder
    from_: date = Field(alias="from")
    until: date | None
    listed: bool
    confirmed_on: date
    stale: bool
    stale_reason: StaleReason | None


class PostPage(PageModel):
    data: list[Post]


class PostParams(PageParams):
    """Filters of the list of posts. Without `on` and `ended`: those that are held or will be."""

    practice: Code | None = None
    locality_id: UUID | None = None
    person_id: UUID | None = None
    role: PostRole | None = None
    level: PostLevel | None = None
    on: date | None = Field(default=None, description="Held on that day.")
    ended: bool = Field(default=False, description="Ended ones too.")
    stale: bool | None = Field(default=None, description="Only stale ones, or only others.")


class TeamMember(BaseModel):
    """One of a practice's team today. `person_id` and unlisted posts are shown to those who may read people there."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "post_id": _POST["id"],
                "role": "practice_manager",
                "title": "Practice manager",
                "name": "Amira Khan",
                "email": "amira.khan@example.org",
                "telephone": "01632 960123",
                "from": "2026-04-01",
                "listed": True,
                "person_id": None,
            }
        ),
    )
    post_id: UUID
    role: PostRole
    title: str
    name: str
    email: str | None
    telephone: str | None
    from_: date = Field(alias="from")
    listed: bool
    person_id: UUID | None


class TeamPage(PageModel):
    data: list[TeamMember]


class TeamParams(PageParams):
    """A page of the team."""


class VacancyPractice(BaseModel):
    """The practice without a lead."""

    code: str
    name: str


class Vacancy(BaseModel):
    """A practice that has no named lead, or one who has not been confirmed for long or cannot be reached."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "practice": {"code": "ZZ0001", "name": "Demo Surgery"},
                "locality_id": None,
                "reason": "none",
                "vacant_since": "2026-09-01",
                "confirmed_on": None,
            }
        )
    )
    practice: VacancyPractice
    locality_id: UUID | None
    reason: Literal["none", "not_confirmed", "bounced"]
    vacant_since: date | None = Field(description="When the last lead's post ended; null where there never was one.")
    confirmed_on: date | None = Field(description="When the present lead was last confirmed; null where there is none.")


class VacancyPage(PageModel):
    data: list[Vacancy]


class VacancyParams(PageParams):
    """Filters of the list of vacancies."""

    locality_id: UUID | None = None
    stale: bool = Field(default=False, description="Also practices whose lead's post is stale.")


class Listing(BaseModel):
    """Whether intranets may show me, and the posts that they show now."""

    model_config = ConfigDict(json_schema_extra=_example({"objects": False, "posts": [_POST["id"]]}))
    objects: bool
    posts: list[UUID]


class ListingIn(StrictModel):
    """My word on being shown on intranets; it outdoes what my practice has marked."""

    model_config = ConfigDict(json_schema_extra=_example({"objects": True}))
    objects: bool = Field(strict=True)


class MailboxEntry(BaseModel):
    """A practice's shared mailbox: where messages go when nobody holds the post they are meant for."""

    model_config = ConfigDict(
        json_schema_extra=_example({"practice": "ZZ0001", "email": "team@zz0001.example", "unreachable_since": None})
    )
    practice: str
    email: str
    unreachable_since: Instant | None


class MailboxIn(StrictModel):
    """A practice's shared mailbox."""

    model_config = ConfigDict(json_schema_extra=_example({"email": "team@zz0001.example"}))
    email: EmailAddress
