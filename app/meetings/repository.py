"""Every SELECT, lock and write of meetings."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func
from sqlmodel import col, select
from sqlmodel.sql.expression import Select as TypedSelect

from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, among
from app.meetings.errors import MeetingNotFound
from app.meetings.tables import Attendance, Meeting
from app.meetings.values import Level, Sight


class MeetingRepository(TenantRepository[Meeting]):
    table = Meeting
    missing = MeetingNotFound

    async def list_measures(self, scheme_id: UUID) -> Sequence[str]:
        """The names of facts that meetings of the scheme are held for."""
        statement = select(Meeting.measure).where(
            Meeting.commissioner_id == self.tenant, Meeting.scheme_id == scheme_id, col(Meeting.measure).is_not(None)
        )
        return [name for name in (await self.session.exec(statement.distinct())).all() if name]

    def _select_seen(self, sight: Sight) -> Select[Any]:
        statement = self.select()
        if sight.practices is not None:
            own = col(Meeting.practice).in_(sight.practices)
            statement = statement.where((col(Meeting.level) != Level.PRACTICE) | own)
        if sight.localities is not None:
            own = col(Meeting.locality_id).in_(sight.localities)
            statement = statement.where((col(Meeting.level) != Level.LOCALITY) | own)
        return statement

    async def get_seen(self, meeting_id: UUID, sight: Sight) -> Meeting:
        return await self.get_one(self._select_seen(sight).where(col(Meeting.id) == meeting_id))

    async def list_page(
        self,
        sight: Sight,
        *,
        since: datetime | None,
        level: str | None,
        forum_id: UUID | None,
        params: PageParams,
        cursors: Cursors,
    ) -> Page[Meeting]:
        statement = self._select_seen(sight)
        kind = f"meetings:{since}:{level}:{forum_id}"
        if since is not None:
            statement = statement.where(col(Meeting.ends_at) >= since)
        if level is not None:
            statement = statement.where(col(Meeting.level) == level)
        if forum_id is not None:
            statement = statement.where(col(Meeting.forum_id) == forum_id)
        keys = [Meeting.starts_at, Meeting.id]
        return await self.page(statement, keys=keys, params=params, cursors=cursors, kind=kind)

    async def list_next(
        self, sight: Sight, *, now: datetime, practice: str, locality_id: UUID | None, limit: int
    ) -> Sequence[Meeting]:
        """Meetings to come that concern a practice: its own, its locality's and the commissioner's."""
        concerns = (
            (col(Meeting.level) == "commissioner")
            | (col(Meeting.practice) == practice)
            | (col(Meeting.locality_id) == locality_id if locality_id else col(Meeting.id).is_(None))
        )
        statement = self._select_seen(sight).where(col(Meeting.ends_at) > now, concerns)
        return (await self.session.exec(statement.order_by(Meeting.starts_at).limit(limit))).all()  # pyright: ignore

    async def list_open(self, locality_id: UUID | None, *, since: datetime, limit: int) -> Sequence[Meeting]:
        """The commissioner's own and those of the locality that end at that instant or later, the last changed first."""
        ours = (col(Meeting.level) == Level.LOCALITY) & (col(Meeting.locality_id) == locality_id)
        changed = func.coalesce(col(Meeting.changed_at), col(Meeting.created_at))
        statement = (
            self.select()
            .where((col(Meeting.level) == Level.COMMISSIONER) | ours, col(Meeting.ends_at) >= since)
            .order_by(changed.desc(), col(Meeting.id).desc())
            .limit(limit)
        )
        return (await self.session.exec(statement)).all()  # pyright: ignore


class AttendanceRepository(TenantRepository[Attendance]):
    table = Attendance

    async def list_of(
        self, meeting_id: UUID, *, with_removed: bool = False, practice: str | None = None
    ) -> Sequence[Attendance]:
        """The list, or the part of it that is one practice's."""
        statement = self.select().where(col(Attendance.meeting_id) == meeting_id)
        if practice is not None:
            statement = statement.where(col(Attendance.practice) == practice)
        if not with_removed:
            statement = statement.where(col(Attendance.removed_at).is_(None))
        return (await self.session.exec(statement.order_by(Attendance.practice, Attendance.name_key))).all()  # pyright: ignore

    async def lock_unconfirmed(self, ids: Iterable[UUID]) -> Sequence[Attendance]:
        """Held against a list that is sent meanwhile."""
        statement = (
            self.select()
            .where(col(Attendance.id).in_(ids), col(Attendance.is_confirmed).is_(False))
            .where(col(Attendance.removed_at).is_(None))
            .order_by(col(Attendance.id))
            .with_for_update()
        )
        return (await self.session.exec(statement)).all()  # pyright: ignore

    async def list_of_person(
        self, person_id: UUID, *, name_keys: Collection[str], practices: Collection[str]
    ) -> Sequence[tuple[Attendance, Meeting]]:
        """The person's, and those that nobody was found for under this name at these practices; taken back ones too."""
        unfound = (
            col(Attendance.person_id).is_(None)
            & col(Attendance.name_key).in_(name_keys)
            & col(Attendance.practice).in_(practices)
        )
        statement = self._with_meeting().where((col(Attendance.person_id) == person_id) | unfound)
        return (await self.session.exec(statement.order_by(col(Attendance.id)))).all()

    async def list_of_scheme(self, scheme_id: UUID, practices: Collection[str]) -> Sequence[tuple[Attendance, Meeting]]:
        statement = self._with_meeting().where(
            Meeting.scheme_id == scheme_id,
            among(Attendance.practice, practices),
            col(Attendance.removed_at).is_(None),
        )
        return (await self.session.exec(statement.order_by(col(Attendance.id)))).all()

    async def list_page(
        self, meeting_id: UUID, *, practices: frozenset[str] | None, params: PageParams, cursors: Cursors
    ) -> Page[Attendance]:
        statement = self.select().where(col(Attendance.meeting_id) == meeting_id, col(Attendance.removed_at).is_(None))
        if practices is not None:
            statement = statement.where(col(Attendance.practice).in_(practices))
        keys = [Attendance.practice, Attendance.id]
        return await self.page(statement, keys=keys, params=params, cursors=cursors, kind=f"attendance:{meeting_id}")

    async def list_versions(self, meeting_id: UUID) -> Sequence[tuple[UUID, int]]:
        """Each line of the list with its version."""
        statement = select(Attendance.id, Attendance.version).where(
            Attendance.commissioner_id == self.tenant,
            Attendance.meeting_id == meeting_id,
            col(Attendance.removed_at).is_(None),
        )
        return (await self.session.exec(statement)).all()

    async def count_by_meeting(self, meeting_ids: Sequence[UUID]) -> dict[UUID, int]:
        statement = (
            select(Attendance.meeting_id, func.count())
            .where(Attendance.commissioner_id == self.tenant, col(Attendance.meeting_id).in_(meeting_ids))
            .where(col(Attendance.removed_at).is_(None))
            .group_by(col(Attendance.meeting_id))
        )
        return dict((await self.session.exec(statement)).all())

    def _with_meeting(self) -> TypedSelect[Attendance, Meeting]:
        of_meeting = (col(Meeting.commissioner_id) == Attendance.commissioner_id) & (
            col(Meeting.id) == Attendance.meeting_id
        )
        return select(Attendance, Meeting).join(Meeting, of_meeting).where(Attendance.commissioner_id == self.tenant)

    async def get_with_meeting(self, attendance_id: UUID) -> tuple[Attendance, Meeting]:
        statement = self._with_meeting().where(Attendance.id == attendance_id)
        found = (await self.session.exec(statement)).one_or_none()
        if found is None:
            raise MeetingNotFound
        return found
