"""HTTP of templates, and what a version's body comes to."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import ValidationError

from app.calculation.errors import DefinitionInvalid
from app.core.auth import require
from app.core.errors import FieldError, InvalidRequest
from app.core.input_problems import refused_input
from app.core.principal import Principal
from app.core.problems import error_responses
from app.schemes import service
from app.schemes.errors import TemplateNotFound
from app.schemes.router.root import router
from app.schemes.rules.templating import filled
from app.schemes.schemas.scheme import VersionIn
from app.schemes.schemas.templates import (
    FORMS,
    SchemeTemplate,
    SchemeTemplatePage,
    SchemeTemplateSummary,
    TemplateForm,
)
from app.schemes.values import MadeFrom

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
Reader = Annotated[Principal, require("schemes:read")]


@router.get("/v1/scheme-templates")
async def list_scheme_templates(caller: Reader) -> SchemeTemplatePage:
    """Schemes to start from; all of them."""
    found = [
        SchemeTemplateSummary(key=each.key, title=each.title, purpose=each.purpose)  # pyright: ignore - one of the keys
        for each in service.list_templates()
    ]
    return SchemeTemplatePage(data=found, next_cursor=None)


@router.get("/v1/scheme-templates/{key}", responses=error_responses(TemplateNotFound))
async def get_scheme_template(key: str, caller: Reader) -> SchemeTemplate:
    """One of them, with its form. `POST …/versions` takes the template's key with what was filled in."""
    found = service.get_template(key)
    return SchemeTemplate(
        key=found.key,  # pyright: ignore - one of the keys
        title=found.title,
        purpose=found.purpose,
        parameters={"$schema": _DIALECT, **FORMS[found.key].model_json_schema()},
        definition=dict(found.definition),
    )


def written(body: VersionIn) -> tuple[Mapping[str, Any], MadeFrom | None]:
    """The definition, as it was written or as its template gives it."""
    if body.template is None:
        return body.definition or {}, None
    form = _read_form(FORMS[body.template], body.parameters or {})
    definition = filled(service.get_template(body.template).definition, form.values())
    try:
        service.read_definition(definition)
    except DefinitionInvalid as invalid:
        raise InvalidRequest(errors=[_in_form(each, form.places()) for each in invalid.errors]) from None
    return definition, MadeFrom(body.template, form.model_dump(mode="json"))


def _read_form(form: type[TemplateForm], given: Mapping[str, Any]) -> TemplateForm:
    try:
        return form.model_validate(given)
    except ValidationError as error:
        errors = refused_input(error, given).errors
        at = [FieldError(f"/parameters{each.pointer}", each.code, each.detail) for each in errors]
        raise InvalidRequest(errors=at) from None


def _in_form(error: FieldError, places: Mapping[str, str]) -> FieldError:
    """What fits by itself and not with the others, such as a lower threshold above the upper, told of the parameter."""
    name = places.get(error.pointer.removeprefix("/definition"))
    return FieldError(f"/parameters/{name}" if name else "/parameters", error.code, error.detail)
