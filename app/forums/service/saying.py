"""What forums said and what was done about it, in words that are for everybody."""

from collections import defaultdict
from uuid import UUID

from app.core.db import Tx
from app.forums.repository import ForumRepository, IssueRepository, ResponseRepository
from app.forums.tables import IssueResponse
from app.forums.values import Decision, LadderLevel, PublicAnswer, SaidAndDone


async def list_said_and_done(session: Tx, locality_id: UUID | None, *, limit: int) -> list[SaidAndDone]:
    """Of the commissioner's own forums and, of a locality, of its own: the issues that were answered in public, the latest
    answer first. No practice is named.
    """
    forums = [row.id for row in await ForumRepository(session, session.tenant).list_above_practices(locality_id)]
    issues = await IssueRepository(session, session.tenant).list_last_answered(forums, limit=limit) if forums else []
    answers: defaultdict[UUID, list[IssueResponse]] = defaultdict(list)
    for row in await ResponseRepository(session, session.tenant).list_public([issue.id for issue in issues], None):
        answers[row.issue_id].append(row)
    return [
        SaidAndDone(
            issue.id,
            issue.title,
            issue.raised_at,
            tuple(_answer(row) for row in sorted(answers[issue.id], key=lambda row: (row.responded_at, row.id))),
        )
        for issue in issues
    ]


def _answer(row: IssueResponse) -> PublicAnswer:
    return PublicAnswer(LadderLevel(row.level), Decision(row.decision), row.text, row.due_on, row.responded_at)
