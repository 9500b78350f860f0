"""HTTP of versions: drafting, checking, wording, publishing, simulating."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from markdown_it import MarkdownIt

from app.calculation.errors import DefinitionInvalid
from app.core.auth import require
from app.core.db import Transaction, Tx
from app.core.errors import PreconditionFailed, PreconditionRequired
from app.core.etag import version_etag
from app.core.http import MustMatch, Serving, paged
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses
from app.organisations import service as organisations
from app.organisations.errors import PracticeNotFound
from app.schemes import service
from app.schemes.errors import (
    ConsultationRunning,
    SchemeClosed,
    SchemeNotFound,
    VersionClash,
    VersionNotDraft,
    VersionNotFound,
    VersionNotPayable,
)
from app.schemes.repository.schemes import VersionRepository
from app.schemes.router.answers import check_answer, version_answer
from app.schemes.router.root import CONSULTATIONS, Number, drafts_seen, router, visible_scheme, visible_version
from app.schemes.router.templates import written
from app.schemes.schemas.costing import CheckAnswer
from app.schemes.schemas.scheme import Version, VersionIn, VersionPage, WordsParams
from app.schemes.tables import VersionRow

_markdown = MarkdownIt("commonmark", {"html": False})


@router.post(
    "/v1/incentive-schemes/{scheme_id}/versions",
    status_code=201,
    responses=error_responses(SchemeNotFound, SchemeClosed, VersionClash, DefinitionInvalid),
)
async def create_scheme_version(
    scheme_id: UUID,
    body: VersionIn,
    caller: Annotated[Principal, require("schemes:write")],
    session: Transaction,
    serving: Serving,
    response: Response,
) -> Version:
    """Draft the rules for a time: written as a definition, or made from a template. What does not parse is refused with a
    pointer to each member or parameter that is wrong.
    """
    definition, made_from = written(body)
    row = await service.add_version(
        session,
        scheme_id,
        applies=body.applies.period(),
        definition=definition,
        made_from=made_from,
        reason=body.reason,
        now=serving.clock.now(),
    )
    response.headers["Location"] = f"/v1/incentive-schemes/{scheme_id}/versions/{row.n}"
    return _single(row, response)


@router.get(
    "/v1/incentive-schemes/{scheme_id}/versions",
    responses=error_responses(SchemeNotFound),
)
async def list_scheme_versions(
    scheme_id: UUID,
    params: Annotated[PageParams, Query()],
    caller: Annotated[Principal, require("schemes:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> VersionPage:
    """Versions of the scheme, the first one first. Drafts are shown to the office and the auditor, and those put to
    consultation to the LMC.
    """
    await visible_scheme(session, scheme_id, caller)
    page = await VersionRepository(session, session.tenant).list_visible(
        scheme_id, drafts=drafts_seen(caller), params=params, cursors=serving.cursors
    )
    return paged(request, response, page.map(version_answer))


@router.get(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}", responses=error_responses(SchemeNotFound, VersionNotFound)
)
async def get_scheme_version(
    scheme_id: UUID,
    n: Number,
    caller: Annotated[Principal, require("schemes:read")],
    session: Transaction,
    response: Response,
) -> Version:
    """One version with its definition as it was written."""
    return _single(await visible_version(session, scheme_id, n, caller), response)


@router.put(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}",
    responses=error_responses(
        VersionNotFound,
        VersionNotDraft,
        ConsultationRunning,
        DefinitionInvalid,
        PreconditionFailed,
        PreconditionRequired,
    ),
)
async def replace_scheme_version(
    scheme_id: UUID,
    n: Number,
    body: VersionIn,
    caller: Annotated[Principal, require("schemes:write")],
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> Version:
    """Write a draft anew. A published version never changes, nor does one under consultation; make a new one."""
    definition, made_from = written(body)
    row = await service.replace_version(
        session,
        scheme_id,
        n,
        applies=body.applies.period(),
        definition=definition,
        made_from=made_from,
        reason=body.reason,
        expected=expected,
        today=serving.today(),
    )
    return _single(row, response)


@router.post(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}/check", responses=error_responses(SchemeNotFound, VersionNotFound)
)
async def check_scheme_version(
    scheme_id: UUID,
    n: Number,
    caller: Annotated[Principal, require(CONSULTATIONS)],
    session: Transaction,
    serving: Serving,
) -> CheckAnswer:
    """What is wrong with the version, what it costs over all that it applies to, in total and for each practice, what that
    changes against the live version, and who would cost more than their share of the budget. Nothing is changed.
    """
    await visible_version(session, scheme_id, n, caller)
    today = serving.today()
    return check_answer(await service.check_version(session, scheme_id, n, today=today))


@router.get(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}/in-words",
    response_class=Response,
    responses={
        200: {
            "description": "The version in words; `Words-Digest` is of them without any practice's figures.",
            "content": {
                "text/markdown": {"schema": {"type": "string"}},
                "text/html": {"schema": {"type": "string"}},
            },
        }
    }
    | error_responses(SchemeNotFound, VersionNotFound, PracticeNotFound),
)
async def get_scheme_version_in_words(
    scheme_id: UUID,
    n: Number,
    params: Annotated[WordsParams, Query()],
    caller: Annotated[Principal, require("schemes:read")],
    session: Transaction,
    serving: Serving,
    request: Request,
) -> Response:
    """Each part of the definition as one sentence, as Markdown or, with `Accept: text/html`, as HTML.

    A practice sees its own least, expected and most beside them; the office names one with `?practice=`. Of what all share
    it is the practice's part among those who have agreed or may still, and before anybody was asked among the members. The
    digest of the words goes into the practice's acceptance.
    """
    await visible_version(session, scheme_id, n, caller)
    practice = await _asking_practice(session, caller, params.practice, serving)
    words = await service.describe_version(session, scheme_id, n, practice=practice, today=serving.today())
    html = "text/html" in request.headers.get("accept", "")
    body = (_markdown.render(words.markdown) if html else words.markdown).encode()
    headers = {"Words-Digest": words.digest, "Vary": "Accept"}
    return Response(body, media_type="text/html" if html else "text/markdown", headers=headers)


@router.post(
    "/v1/incentive-schemes/{scheme_id}/versions/{n}/publish",
    responses=error_responses(
        SchemeNotFound,
        VersionNotFound,
        VersionNotDraft,
        VersionNotPayable,
        ConsultationRunning,
        SchemeClosed,
        PreconditionFailed,
        PreconditionRequired,
    ),
)
async def publish_scheme_version(
    scheme_id: UUID,
    n: Number,
    caller: Annotated[Principal, require("schemes:write", money=True)],
    session: Transaction,
    serving: Serving,
    expected: MustMatch,
    response: Response,
) -> Version:
    """Make the version the rules for its time. It never changes afterwards.

    Publishing over a past period is allowed: the next run posts the difference as adjustments. While the version is under
    consultation it is not published; what was said of it stays with it.
    """
    row = await service.publish_version(
        session, scheme_id, n, expected=expected, person_id=caller.require_person(), now=serving.clock.now()
    )
    return _single(row, response)


async def _asking_practice(session: Tx, caller: Principal, named: str | None, serving: Serving) -> str | None:
    if named is not None:
        today = serving.today()
        return (await organisations.require_reach(session, caller, "facts:read", named, on=today)).code
    own = sorted(caller.practices("facts:read"))
    return own[0] if len(own) == 1 else None


def _single(row: VersionRow, response: Response) -> Version:
    response.headers["ETag"] = version_etag(row.version)
    return version_answer(row)
