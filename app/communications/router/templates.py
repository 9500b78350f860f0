"""HTTP of the wording of messages."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.communications import errors, service
from app.communications.repository.templates import TemplateRepository
from app.communications.router.root import router
from app.communications.rules.templating import example_words
from app.communications.schemas import templates as schemas
from app.communications.tables import MessageTemplate
from app.communications.values import Template, TemplateField
from app.core.auth import require
from app.core.db import Transaction
from app.core.errors import Forbidden, PreconditionFailed
from app.core.etag import version_etag
from app.core.http import MayMatch, Serving, paged
from app.core.pagination import PageParams
from app.core.principal import Principal
from app.core.problems import error_responses

Reader = Annotated[Principal, require("templates:read")]
Writer = Annotated[Principal, require("templates:write")]
Number = Annotated[int, Path(ge=1, le=1_000_000)]


@router.get("/v1/message-templates")
async def list_message_templates(caller: Reader, session: Transaction) -> schemas.MessageTemplatePage:
    """Every kind of message that is written by itself; all of them."""
    found = [_template(each) for each in await service.list_wordings(session)]
    return schemas.MessageTemplatePage(data=found, next_cursor=None)


@router.get("/v1/message-templates/{kind}", responses=error_responses(errors.TemplateKindNotFound))
async def get_message_template(
    kind: str, caller: Reader, session: Transaction, response: Response
) -> schemas.MessageTemplate:
    """One kind: the fields it is made from, our wording, and your own where one is published."""
    return _shown(response, await service.get_wording(session, kind))


@router.get("/v1/message-templates/{kind}/versions", responses=error_responses(errors.TemplateKindNotFound))
async def list_template_versions(
    kind: str,
    params: Annotated[PageParams, Query()],
    caller: Reader,
    session: Transaction,
    serving: Serving,
    request: Request,
    response: Response,
) -> schemas.TemplateVersionPage:
    """Your own versions of a kind, newest first."""
    service.get_kind(kind)
    page = await TemplateRepository(session, session.tenant).list_versions(kind, params=params, cursors=serving.cursors)
    return paged(request, response, page.map(schemas.TemplateVersion.model_validate))


@router.get(
    "/v1/message-templates/{kind}/versions/{n}",
    responses=error_responses(errors.TemplateKindNotFound, errors.TemplateVersionNotFound),
)
async def get_template_version(
    kind: str, n: Number, caller: Reader, session: Transaction, response: Response
) -> schemas.TemplateVersion:
    """One of your own versions."""
    service.get_kind(kind)
    return _version(response, await TemplateRepository(session, session.tenant).get_number(kind, n))


@router.post(
    "/v1/message-templates/{kind}/versions",
    status_code=201,
    responses=error_responses(errors.TemplateKindNotFound, errors.TemplateInvalid, errors.TemplateMeanwhile, Forbidden),
)
async def create_template_version(
    kind: str,
    body: schemas.TemplateVersionIn,
    caller: Writer,
    session: Transaction,
    serving: Serving,
    response: Response,
) -> schemas.TemplateVersion:
    """Word a kind of message otherwise. It is checked at once, and used once it is published.

    The body is Markdown. `{{ field }}` prints a field, `{% if field %} … {% else %} … {% endif %}` chooses,
    `{% for each in list %} … {% endfor %}` repeats. Nothing can be called or computed. What is wrong is told by line, and
    so is a required field that the body does not say in every case.
    """
    template = Template(body.subject, body.body)
    row = await service.write_version(session, caller, kind, template, reason=body.reason, now=serving.clock.now())
    response.headers["Location"] = f"/v1/message-templates/{kind}/versions/{row.n}"
    return _version(response, row)


@router.post(
    "/v1/message-templates/{kind}/versions/{n}/publish",
    responses=error_responses(
        errors.TemplateKindNotFound,
        errors.TemplateVersionNotFound,
        errors.TemplateInvalid,
        errors.TemplateNotDraft,
        errors.TemplateMeanwhile,
        Forbidden,
        PreconditionFailed,
    ),
)
async def publish_template_version(
    kind: str,
    n: Number,
    caller: Writer,
    session: Transaction,
    serving: Serving,
    expected: MayMatch,
    response: Response,
) -> schemas.TemplateVersion:
    """Use this version from now on. The one that was used before is withdrawn; what was sent stays as it was."""
    row = await service.publish_version(session, caller, kind, n, expected=expected, now=serving.clock.now())
    return _version(response, row)


@router.post(
    "/v1/message-templates/{kind}/withdraw",
    responses=error_responses(errors.TemplateKindNotFound, Forbidden, PreconditionFailed),
)
async def withdraw_message_template(
    kind: str, caller: Writer, session: Transaction, serving: Serving, expected: MayMatch, response: Response
) -> schemas.MessageTemplate:
    """Go back to our wording. A second time changes nothing."""
    wording = await service.withdraw_wording(session, caller, kind, expected=expected, now=serving.clock.now())
    return _shown(response, wording)


@router.post(
    "/v1/message-templates/{kind}/preview",
    responses=error_responses(
        errors.TemplateKindNotFound, errors.TemplateVersionNotFound, errors.TemplateInvalid, Forbidden
    ),
)
async def preview_message_template(
    kind: str, body: schemas.TemplatePreviewIn, caller: Writer, session: Transaction, serving: Serving
) -> schemas.TemplatePreview:
    """See a message before anybody gets it: of something real, for a practice or a person, or with examples.

    To see something real in it needs the right to read that; a statement needs `statements:read`. Nothing is sent.
    """
    wanted = service.WantedPreview(**body.model_dump())
    found = await service.preview_template(session, caller, kind, wanted, now=serving.clock.now())
    return schemas.TemplatePreview(
        subject=found.subject,
        text=found.text,
        html=found.html,
        version=found.version,
        to=schemas.PreviewRecipient(name=found.to[0], is_mailbox=found.to[1]) if found.to else None,
        warnings=list(found.warnings),
    )


def _shown(response: Response, wording: service.Wording) -> schemas.MessageTemplate:
    response.headers["ETag"] = service.wording_tag(wording)
    return _template(wording)


def _template(wording: service.Wording) -> schemas.MessageTemplate:
    kind = wording.kind
    return schemas.MessageTemplate(
        kind=kind.key,
        purpose=kind.purpose,
        fields=[_field(each) for each in kind.fields],
        subject=wording.ours.subject,
        body=wording.ours.body,
        published=schemas.TemplateVersion.model_validate(wording.own) if wording.own else None,
        preview_of=kind.subject,
        preview_scope=kind.scope,
    )


def _field(field: TemplateField) -> schemas.TemplateField:
    return schemas.TemplateField(**_part(field).model_dump(), parts=[_part(each) for each in field.of])


def _part(field: TemplateField) -> schemas.TemplatePart:
    return schemas.TemplatePart(
        name=field.name,
        type=field.type,
        meaning=field.meaning,
        sample=example_words(field),
        is_required=field.is_required,
        is_optional=field.is_optional,
        is_list=field.is_list,
        choices=list(field.choices),
    )


def _version(response: Response, row: MessageTemplate) -> schemas.TemplateVersion:
    response.headers["ETag"] = version_etag(row.version)
    return schemas.TemplateVersion.model_validate(row)
