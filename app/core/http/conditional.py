"""ETags on answers, 304 to whoever has the answer already, and If-Match on changes."""

from typing import Annotated

from fastapi import Depends, Header, Request, Response

from app.core.etag import bytes_etag, matches_none
from app.core.repository import Expected


def conditional(request: Request, response: Response) -> Response:
    """Give every answer to a GET an ETag (a digest of its bytes where the handler set none) and honour If-None-Match."""
    if request.method != "GET" or response.status_code != 200:
        return response
    etag = response.headers.get("etag")
    if etag is None:
        # A stream has no body that could be looked at, and no end to wait for.
        body = getattr(response, "body", None)
        if body is None:
            return response
        etag = response.headers["etag"] = bytes_etag(bytes(body))
    if matches_none(request.headers.get("if-none-match"), etag):
        kept = {k: v for k, v in response.headers.items() if k in ("etag", "link", "cache-control", "vary")}
        return Response(status_code=304, headers=kept)
    return response


async def _expected_required(
    if_match: Annotated[str | None, Header(alias="If-Match", description="The ETag you mean to change, or *.")] = None,
) -> Expected:
    return Expected(if_match, required=True)


async def _expected_optional(
    if_match: Annotated[str | None, Header(alias="If-Match", description="The ETag you mean to change, or *.")] = None,
) -> Expected:
    return Expected(if_match, required=False)


MustMatch = Annotated[Expected, Depends(_expected_required)]
"""If-Match is required (428): PATCH, DELETE, PUT of what exists, decisions about money."""
MayMatch = Annotated[Expected, Depends(_expected_optional)]
"""If-Match is honoured when given."""
