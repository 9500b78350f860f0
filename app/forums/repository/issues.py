"""Issues, who supports them, what happened to them, and the answers."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from app.core.ids import new_id
from app.core.pagination import Cursors, PageParams
from app.core.repository import Page, TenantRepository, keyset_page
from app.forums.errors import IssueNotFound, ResponseNotFound
from app.forums.tables import Issue, IssueResponse, IssueStep, IssueSupporter, PatientForum
from app.forums.values import Sight, Voice

_LOCK_VOICE = text("SELECT pg_advisory_xact_lock(hashtextextended(:voice, 8))")


def public_answers(home: str | None) -> list[ColumnElement[bool]]:
    """Answers that a forum may show to everybody: of offices, of its own practice, and of practices that do something.

    Another practice's refusal is nobody's business in public.
    """
    return [
        col(IssueResponse.superseded_at).is_(None),
        or_(
            col(IssueResponse.practice).is_(None),
            col(IssueResponse.practice) == home,
            col(IssueResponse.decision) != "declined",
        ),
    ]


class IssueRepository(TenantRepository[Issue]):
    table = Issue
    missing = IssueNotFound

    async def get_seen(self, issue_id: UUID, sight: Sight, *, for_update: bool = False) -> Issue:
        """The issue, when the caller may see it; otherwise it is not there."""
        row = await self.find(col(Issue.id) == issue_id, *self._seen(sight), for_update=for_update)
        if row is None:
            raise IssueNotFound
        return row

    async def lock_both(self, one: UUID, other: UUID, sight: Sight) -> dict[UUID, Issue]:
        """Both issues, locked by id, so that two merges the other way round wait instead of deadlocking."""
        statement = (
            self.select()
            .where(col(Issue.id).in_([one, other]), *self._seen(sight))
            .order_by(Issue.id)  # pyright: ignore
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return {row.id: row for row in (await self.session.exec(statement)).all()}  # pyright: ignore

    async def lock_voice(self, voice: object) -> None:
        """Against another issue of the same voice that is raised meanwhile."""
        await (await self.session.connection()).execute(_LOCK_VOICE, {"voice": str(voice)})

    async def count_raised(self, voice: Voice, person: UUID | None, *, since: datetime) -> int:
        """How many issues the person has raised for forums since then; or, of nobody known, that voice."""
        if person is not None:
            theirs = and_(col(Issue.raised_by) == person, col(Issue.forum_id).is_not(None))
        elif voice.forum_id is not None:
            theirs = col(Issue.forum_id) == voice.forum_id
        else:
            theirs = and_(col(Issue.practice) == voice.practice, col(Issue.forum_id).is_(None))
        raised = self.select().where(theirs, col(Issue.raised_at) >= since)
        return (await self.session.exec(select(func.count()).select_from(raised.subquery()))).one()

    async def list_page(
        self,
        sight: Sight,
        *,
        state: str | None,
        level: str | None,
        forum_id: UUID | None,
        practice: str | None,
        params: PageParams,
        cursors: Cursors,
    ) -> Page[Issue]:
        """Newest first."""
        statement = self.select().where(*self._seen(sight))
        for column, value in ((Issue.state, state), (Issue.level, level), (Issue.forum_id, forum_id)):
            if value is not None:
                statement = statement.where(col(column) == value)
        if practice is not None:
            asked = and_(col(Issue.practices).is_not(None), col(Issue.practices).contains([practice]))  # pyright: ignore
            statement = statement.where(or_(col(Issue.practice) == practice, asked))
        return await keyset_page(
            self.session,
            statement,
            keys=[Issue.raised_at, Issue.id],
            params=params,
            cursors=cursors,
            kind=f"issues:{state}:{level}:{forum_id}:{practice}",
            descending=True,
        )

    async def list_open_for(self, practice: str, locality_id: UUID | None, *, limit: int) -> Sequence[Any]:
        """(issue, whether the practice is asked and silent) for the open issues that a practice has to do with."""
        asks = or_(
            col(Issue.practices).contains([practice]),  # pyright: ignore
            and_(col(Issue.practices).is_(None), self._concerns([practice], [locality_id] if locality_id else [])),
        )
        answered = (
            select(IssueResponse.id)
            .where(col(IssueResponse.commissioner_id) == self.tenant, col(IssueResponse.issue_id) == Issue.id)
            .where(col(IssueResponse.practice) == practice, col(IssueResponse.superseded_at).is_(None))
            .exists()
        )
        needs = and_(func.coalesce(asks, False), ~answered)
        statement = (
            select(Issue, needs.label("needs_answer"))
            .where(col(Issue.commissioner_id) == self.tenant, col(Issue.state) == "open")
            .where(or_(asks, col(Issue.practice) == practice))
            .order_by(needs.desc(), col(Issue.raised_at).desc(), col(Issue.id).desc())
            .limit(limit)
        )
        return (await self.session.exec(statement)).all()

    async def list_said(self, forum: PatientForum, *, params: PageParams, cursors: Cursors) -> Page[Issue]:
        """What the forum raised or supports and somebody answered in public, newest first."""
        supported = select(IssueSupporter.issue_id).where(
            col(IssueSupporter.commissioner_id) == self.tenant, col(IssueSupporter.forum_id) == forum.id
        )
        answered = (
            select(IssueResponse.id)
            .where(col(IssueResponse.commissioner_id) == self.tenant, col(IssueResponse.issue_id) == Issue.id)
            .where(*public_answers(forum.practice))
            .exists()
        )
        statement = self.select().where(
            or_(col(Issue.forum_id) == forum.id, col(Issue.id).in_(supported)), col(Issue.state) != "merged", answered
        )
        keys = [Issue.raised_at, Issue.id]
        return await keyset_page(
            self.session, statement, keys=keys, params=params, cursors=cursors, kind=f"said:{forum.id}", descending=True
        )

    async def list_last_answered(self, forums: Collection[UUID], *, limit: int) -> Sequence[Issue]:
        """What forums above practices raised or support and somebody answered in public, the latest answer first."""
        supported = select(IssueSupporter.issue_id).where(
            col(IssueSupporter.commissioner_id) == self.tenant, col(IssueSupporter.forum_id).in_(forums)
        )
        answered = (
            select(func.max(IssueResponse.responded_at))
            .where(col(IssueResponse.commissioner_id) == self.tenant, col(IssueResponse.issue_id) == Issue.id)
            .where(*public_answers(None))
            .scalar_subquery()
        )
        statement = (
            self.select()
            .where(or_(col(Issue.forum_id).in_(forums), col(Issue.id).in_(supported)), col(Issue.state) != "merged")
            .where(answered.is_not(None))
            .order_by(answered.desc(), col(Issue.id).desc())
            .limit(limit)
        )
        return (await self.session.exec(statement)).all()  # pyright: ignore

    def _seen(self, sight: Sight) -> list[ColumnElement[bool]]:
        if sight.practices is None:
            return []
        supporter = and_(
            col(IssueSupporter.commissioner_id) == self.tenant,
            col(IssueSupporter.issue_id) == Issue.id,
            or_(
                col(IssueSupporter.practice).in_(sight.practices),
                col(IssueSupporter.forum_id).in_(sight.forums),
            ),
        )
        concerns = and_(col(Issue.practices).is_(None), self._concerns(sight.practices, sight.localities))
        if sight.as_patient:
            concerns = and_(concerns, col(Issue.forum_id).is_not(None))
        return [
            or_(
                col(Issue.forum_id).in_(sight.forums),
                col(Issue.practices).overlap(sorted(sight.practices)),  # pyright: ignore
                col(Issue.practice).in_(sight.practices),
                concerns,
                select(IssueSupporter.id).where(supporter).exists(),
            )
        ]

    def _concerns(self, practices: Collection[str], localities: Collection[UUID]) -> ColumnElement[bool]:
        """Of an issue that names no practices: those at its level are meant."""
        return or_(
            col(Issue.level) == "commissioner",
            and_(col(Issue.level) == "locality", col(Issue.locality_id).in_(localities)),
            and_(col(Issue.level) == "practice", col(Issue.practice).in_(practices)),
        )


class SupporterRepository(TenantRepository[IssueSupporter]):
    table = IssueSupporter

    async def add(self, issue_id: UUID, voices: Collection[Voice], *, now: datetime) -> int:
        """Add those who do not support it yet; says how many were new."""
        if not voices:
            return 0
        rows = [
            {
                "commissioner_id": self.tenant,
                "id": new_id(),
                "issue_id": issue_id,
                "forum_id": voice.forum_id,
                "practice": voice.practice,
                "supported_at": now,
            }
            for voice in voices
        ]
        statement = insert(IssueSupporter).values(rows).on_conflict_do_nothing(constraint="uq_issue_supporter")
        result = await (await self.session.connection()).execute(statement.returning(col(IssueSupporter.id)))
        return len(result.all())

    async def list_voices(self, issue_id: UUID) -> list[Voice]:
        rows = await self.list(col(IssueSupporter.issue_id) == issue_id)
        return [Voice(row.forum_id, row.practice) for row in rows]

    async def count_by_issue(self, issues: Collection[UUID]) -> dict[UUID, int]:
        statement = (
            select(IssueSupporter.issue_id, func.count())
            .where(IssueSupporter.commissioner_id == self.tenant, col(IssueSupporter.issue_id).in_(issues))
            .group_by(col(IssueSupporter.issue_id))
        )
        return dict((await self.session.exec(statement)).all())


class StepRepository(TenantRepository[IssueStep]):
    table = IssueStep

    async def list_of(self, issue_id: UUID) -> Sequence[IssueStep]:
        return await self.list(col(IssueStep.issue_id) == issue_id)


class ResponseRepository(TenantRepository[IssueResponse]):
    table = IssueResponse
    missing = ResponseNotFound

    async def list_current(self, issues: Collection[UUID]) -> Sequence[IssueResponse]:
        return await self.list(col(IssueResponse.issue_id).in_(issues), col(IssueResponse.superseded_at).is_(None))

    async def list_public(self, issues: Collection[UUID], home: str | None) -> Sequence[IssueResponse]:
        return await self.list(col(IssueResponse.issue_id).in_(issues), *public_answers(home))

    async def find_current(self, issue_id: UUID, *, practice: str | None, locality_id: UUID | None) -> Any:
        return await self.find(
            col(IssueResponse.issue_id) == issue_id,
            col(IssueResponse.superseded_at).is_(None),
            col(IssueResponse.practice).is_not_distinct_from(practice),
            col(IssueResponse.locality_id).is_not_distinct_from(locality_id),
        )

    async def list_page(
        self, issue_id: UUID, practices: frozenset[str] | None, *, params: PageParams, cursors: Cursors
    ) -> Page[IssueResponse]:
        statement = self.select().where(
            col(IssueResponse.issue_id) == issue_id,
            col(IssueResponse.superseded_at).is_(None),
            *self._seen_by(practices),
        )
        return await self.page(
            statement, keys=[IssueResponse.id], params=params, cursors=cursors, kind=f"issue_responses:{issue_id}"
        )

    async def get_of(self, issue_id: UUID, response_id: UUID, practices: frozenset[str] | None) -> IssueResponse:
        found = await self.find(
            col(IssueResponse.issue_id) == issue_id, col(IssueResponse.id) == response_id, *self._seen_by(practices)
        )
        if found is None:
            raise ResponseNotFound
        return found

    def _seen_by(self, practices: frozenset[str] | None) -> list[ColumnElement[bool]]:
        """The offices' answers, those of these practices (None: of all), and of practices already doing it that agreed to
        be named.
        """
        if practices is None:
            return []
        named = and_(col(IssueResponse.may_be_named), col(IssueResponse.decision) == "already_done")
        return [or_(col(IssueResponse.practice).is_(None), col(IssueResponse.practice).in_(practices), named)]
