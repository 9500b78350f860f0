"""What comes in and goes out alike on every route: strict bodies, pages, accepted work."""

from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from app.core.pagination import link_header, page_body
from app.core.repository import Page


class StrictModel(BaseModel):
    """Base of everything that comes in: unknown members are refused."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000)


def left_out() -> Any:
    """The default factory of a patch's member that may be absent and is never null. What it gives is not read; a default
    that is published would be taken for what happens to a member that is left out.
    """


class PageModel(BaseModel):
    """Base of list answers. `total` is there only when `count=exact` asked for it."""

    next_cursor: str | None
    total: int | None = None

    @model_serializer(mode="wrap")
    def _drop_total(self, handler: SerializerFunctionWrapHandler):  # noqa: ANN202 - a return type would replace the schema
        body = handler(self)
        if body.get("total") is None:
            body.pop("total", None)
        return body


# Codes are capitals; who types one in small letters means the same.
CodeInAddress = Annotated[str, AfterValidator(str.upper)]


def paged(request: Request, response: Response, page: Page[Any]) -> Any:
    """The members of a list answer; adds the Link header. `total` is there only when it was asked for."""
    if page.next_cursor:
        response.headers["Link"] = link_header(str(request.url), page.next_cursor)
    return page_body(page.rows, page.next_cursor, page.total)


def accepted(response: Response, operation_id: Any) -> None:
    """Mark an answer as 202 with the address of its operation."""
    response.status_code = 202
    response.headers["Location"] = f"/v1/operations/{operation_id}"
    response.headers["Retry-After"] = "1"
