"""Forums and their members."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select

from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository
from app.forums.errors import ForumNotFound, MemberNotFound
from app.forums.tables import ForumMember, PatientForum


class ForumRepository(TenantRepository[PatientForum]):
    table = PatientForum
    missing = ForumNotFound

    async def list_page(
        self,
        *,
        level: str | None,
        locality_id: UUID | None,
        practice: str | None,
        params: PageParams,
        cursors: Cursors,
    ) -> Page[PatientForum]:
        statement = self.select()
        if level is not None:
            statement = statement.where(col(PatientForum.level) == level)
        if locality_id is not None:
            statement = statement.where(col(PatientForum.locality_id) == locality_id)
        if practice is not None:
            statement = statement.where(col(PatientForum.practice) == practice)
        kind = f"forums:{level}:{locality_id}:{practice}"
        keys = [PatientForum.name, PatientForum.id]
        return await self.page(statement, keys=keys, params=params, cursors=cursors, kind=kind)

    async def list_above_practices(self, locality_id: UUID | None) -> Sequence[PatientForum]:
        """The commissioner's own forums and, of a locality, its own."""
        ours = and_(col(PatientForum.level) == "locality", col(PatientForum.locality_id) == locality_id)
        return await self.list(or_(col(PatientForum.level) == "commissioner", ours))

    async def list_around(self, practices: Collection[str], localities: Collection[UUID]) -> Sequence[PatientForum]:
        """The forums of these practices and of these localities themselves."""
        return await self.list(
            or_(col(PatientForum.practice).in_(practices), col(PatientForum.locality_id).in_(localities))
        )


class MemberRepository(TenantRepository[ForumMember]):
    table = ForumMember
    missing = MemberNotFound

    async def get_of(self, forum_id: UUID, member_id: UUID, *, for_update: bool = False) -> ForumMember:
        found = await self.find(
            col(ForumMember.id) == member_id,
            col(ForumMember.forum_id) == forum_id,
            col(ForumMember.left_on).is_(None),
            for_update=for_update,
        )
        if found is None:
            raise MemberNotFound
        return found

    async def list_page(self, forum_id: UUID, *, params: PageParams, cursors: Cursors) -> Page[ForumMember]:
        statement = self.select().where(col(ForumMember.forum_id) == forum_id, col(ForumMember.left_on).is_(None))
        return await self.page(
            statement, keys=[ForumMember.id], params=params, cursors=cursors, kind=f"forum_members:{forum_id}"
        )

    async def list_voiced(self, forum_id: UUID) -> frozenset[str]:
        """The practices that a member speaks for."""
        statement = (
            select(ForumMember.practice)
            .where(ForumMember.commissioner_id == self.tenant, ForumMember.forum_id == forum_id)
            .where(col(ForumMember.left_on).is_(None), col(ForumMember.practice).is_not(None))
            .distinct()
        )
        return frozenset(code for code in (await self.session.exec(statement)).all() if code)

    async def list_forums_of(self, person_id: UUID, email_key: str | None) -> Sequence[PatientForum]:
        """The forums in which the person is a member."""
        statement = (
            select(PatientForum)
            .join(
                ForumMember,
                and_(
                    col(ForumMember.commissioner_id) == PatientForum.commissioner_id,
                    col(ForumMember.forum_id) == PatientForum.id,
                ),
            )
            .where(col(PatientForum.commissioner_id) == self.tenant, col(ForumMember.left_on).is_(None))
            .where(self._is(person_id, email_key))
            .distinct()
        )
        return (await self.session.exec(statement)).all()

    async def list_people_of(self, forums: Collection[UUID]) -> frozenset[UUID]:
        statement = select(ForumMember.person_id).where(
            ForumMember.commissioner_id == self.tenant,
            col(ForumMember.forum_id).in_(forums),
            col(ForumMember.left_on).is_(None),
            col(ForumMember.person_id).is_not(None),
        )
        return frozenset(person for person in (await self.session.exec(statement)).all() if person)

    async def list_of_person(
        self, person_id: UUID, email_key: str | None, *, for_update: bool = False
    ) -> Sequence[ForumMember]:
        statement = self.select().where(self._is(person_id, email_key)).order_by(col(ForumMember.id))
        if for_update:
            statement = statement.with_for_update()
        return (await self.session.exec(statement)).all()  # pyright: ignore

    def _is(self, person_id: UUID, email_key: str | None) -> ColumnElement[bool]:
        """Known by id, or by the address that both records carry: a member may become a known person later."""
        is_person = col(ForumMember.person_id) == person_id
        return or_(is_person, col(ForumMember.email_key) == email_key) if email_key else is_person
