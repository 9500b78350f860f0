"""HTTP of consultations: opened by the office, commented on by the LMC, answered by the office."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import PreconditionFailed
from app.core.etag import version_etag
from app.core.http import MayMatch, Serving, paged
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.schemes import service
from app.schemes.errors import (
    CommentAnswered,
    CommentNotFound,
    ConsultationClosed,
    SchemeClosed,
    SchemeNotFound,
    VersionNotDraft,
    VersionNotFound,
    VersionNotPayable,
)
from app.schemes.repository.comments import CommentRepository
from app.schemes.router.answers import version_answer
from app.schemes.router.root import CONSULTATIONS, Number, router, visible_version
from app.schemes.schemas.consulting import AnswerIn, Comment, CommentIn, CommentPage, ConsultIn
from app.schemes.schemas.scheme import Version
from app.schemes.tables import CommentRow

Reader = Annotated[Principal, require(CONSULTATIONS)]


@router.post(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}/consult",
    responses=error_responses(
        SchemeNotFound, VersionNotFound, VersionNotDraft, VersionNotPayable, SchemeClosed, PreconditionFailed
    ),
)
async def consult_on_scheme_version(
    scheme_id: UUID,
    n: Number,
    body: ConsultIn,
    caller: Annotated[Principal, require("schemes:write")],
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> Version:
    """Put a draft to consultation: from now on the LMC sees it, its words, what it costs and its simulations, and may
    comment until the day named. Meanwhile it neither changes nor is published. Asked again, it changes that day; the LMC is
    told each time.
    """
    row = await service.open_consultation(
        session, scheme_id, n, until=body.until, expected=expected, now=serving.clock.now()
    )
    response.headers["ETag"] = version_etag(row.version)
    return version_answer(row)


@router.post(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}/comments",
    status_code=201,
    responses=error_responses(SchemeNotFound, VersionNotFound, ConsultationClosed, SchemeClosed),
)
async def comment_on_scheme_version(
    scheme_id: UUID,
    n: Number,
    body: CommentIn,
    caller: Annotated[Principal, require("schemes:comment")],
    session: Transaction,
    serving: Serving,
    response: Response,
) -> Comment:
    """Say something about a version while its consultation runs. It stays with the version, and the office is told."""
    await visible_version(session, scheme_id, n, caller)
    row = await service.add_comment(
        session, scheme_id, n, text=body.text, person_id=caller.require_person(), now=serving.clock.now()
    )
    response.headers["Location"] = f"/v1/incentive-schemes/{scheme_id}/versions/{n}/comments/{row.id}"
    return _single(row, response)


@router.get(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}/comments",
    responses=error_responses(SchemeNotFound, VersionNotFound),
)
async def list_scheme_version_comments(
    scheme_id: UUID,
    n: Number,
    params: Annotated[PageParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> CommentPage:
    """What was said of the version and answered, in the order in which it was said."""
    await visible_version(session, scheme_id, n, caller)
    repository = CommentRepository(session, session.tenant)
    page = await repository.list_of(scheme_id, n, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(_comment))


@router.get(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}/comments/{comment_id}",
    responses=error_responses(SchemeNotFound, VersionNotFound, CommentNotFound),
)
async def get_scheme_version_comment(
    scheme_id: UUID, n: Number, comment_id: UUID, caller: Reader, session: Transaction, response: Response
) -> Comment:
    """One comment with its answer."""
    await visible_version(session, scheme_id, n, caller)
    row = await CommentRepository(session, session.tenant).get_of(scheme_id, n, comment_id)
    return _single(row, response)


@router.post(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}/comments/{comment_id}/answer",
    responses=error_responses(
        SchemeNotFound, VersionNotFound, CommentNotFound, CommentAnswered, ConsultationClosed, PreconditionFailed
    ),
)
async def answer_scheme_version_comment(
    scheme_id: UUID,
    n: Number,
    comment_id: UUID,
    body: AnswerIn,
    caller: Annotated[Principal, require("schemes:write")],
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> Comment:
    """Answer what was said, also when the consultation has ended, and once; not after the version is published. Whoever
    said it is told.
    """
    row = await service.answer_comment(
        session,
        scheme_id,
        n,
        comment_id,
        text=body.text,
        person_id=caller.require_person(),
        expected=expected,
        now=serving.clock.now(),
    )
    return _single(row, response)


def _single(row: CommentRow, response: Response) -> Comment:
    response.headers["ETag"] = version_etag(row.version)
    return _comment(row)


def _comment(row: CommentRow) -> Comment:
    return Comment(
        id=row.id,
        scheme=row.scheme_id,
        version=row.n,
        words_digest=row.words_digest,
        text=row.text,
        author=row.author_id,
        created_at=row.created_at,
        answer=row.answer,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
    )
