import json
import socket
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

import pytest
from asyncpg import exceptions as pg
from fastapi import FastAPI, File, HTTPException, Query, UploadFile
from httpx import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, EmailStr, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import exc as sqlalchemy_exc
from structlog.testing import capture_logs

from app.core.clock import Instant
from app.core.errors import (
    Conflict,
    DomainError,
    FieldError,
    NotFound,
    TooManyRequests,
    UnsupportedMedia,
    _descendants,
)
from app.core.money import Pounds
from app.core.pagination import PageParams
from app.core.patterns import pattern_words
from app.core.problems import Problem, error_responses, install_problem_handlers, problem_kind, problem_schemas

SECRET = "swordfish-9434765919"


class PracticeClosed(DomainError):
    code = "tests.practice_closed"
    title = "The practice is closed."
    constraints = ("ck_tests_practice_open",)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PerHead(Strict):
    type: Literal["per_head"]
    rate: Pounds


class Fixed(Strict):
    type: Literal["fixed"]
    amount: Pounds


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"
    HUGE = "huge"


class Order(Strict):
    title: str = Field(min_length=3)
    lines: list[Annotated[PerHead | Fixed, Field(discriminator="type")]] = []
    budget: PerHead | Fixed | None = None
    size: Literal[Size.SMALL, Size.LARGE] | None = None

    @model_validator(mode="after")
    def _large_has_lines(self) -> Self:
        if self.size is Size.LARGE and not self.lines:
            raise PydanticCustomError("missing", "A large order needs `lines`.")
        return self


def wrapped(cause: Exception) -> sqlalchemy_exc.DBAPIError:
    """As SQLAlchemy hands on an error of asyncpg: inside its adapter's error, inside its own."""
    adapted = Exception("adapted")
    adapted.__cause__ = cause
    return sqlalchemy_exc.DBAPIError(f"INSERT {SECRET}", {}, adapted)


def violation(kind: type[pg.PostgresError], constraint: str | None = None) -> Exception:
    cause = kind(SECRET)
    cause.constraint_name = constraint
    return wrapped(cause)


@pytest.fixture
def failures() -> dict[str, Exception]:
    return {}


@pytest.fixture
def app(failures):
    return make_app(failures)


def make_app(failures):
    app = FastAPI()
    install_problem_handlers(app)

    @app.post("/orders")
    async def add_order(order: Order) -> Order:
        return order

    @app.get("/orders")
    async def list_orders(params: Annotated[PageParams, Query()]) -> PageParams:
        return params

    @app.get("/orders/{order_id}")
    async def get_order(order_id: UUID, depth: int = 1) -> UUID:
        return order_id

    @app.post("/files")
    async def add_file(file: Annotated[UploadFile, File()]) -> str | None:
        return file.filename

    @app.get("/fail")
    async def fail() -> None:
        raise failures["next"]

    return app


@pytest.fixture
def client(app):
    return AsyncClient(transport=ASGITransport(app), base_url="http://plenary")


def assert_problem(response, status: int, code: str) -> dict:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    body = response.json()
    Problem.model_validate(body)
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/problems/{code}")
    assert SECRET not in response.text
    assert ("errors" in body) == (status == 422)
    return body


def pointers(body: dict) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in body["errors"]]


async def test_a_domain_error_becomes_a_problem_with_its_headers(client, failures):
    failures["next"] = TooManyRequests("Slow down.", headers={"Retry-After": "7"})
    response = await client.get("/fail")
    body = assert_problem(response, 429, "request.too_many")
    assert response.headers["retry-after"] == "7"
    assert (body["detail"], body["instance"]) == ("Slow down.", "/fail")


async def test_field_errors_of_a_rule_are_listed(client, failures):
    class Bad(DomainError):
        status = 422
        code = "tests.bad"

    failures["next"] = Bad(errors=[FieldError("/pay/rate", "not_a_decimal_string", "Write it as text.")])
    assert pointers(assert_problem(await client.get("/fail"), 422, "tests.bad")) == [
        ("/pay/rate", "not_a_decimal_string")
    ]


async def test_each_wrong_member_has_a_pointer_and_a_code(client):
    order = {
        "title": SECRET[:2],
        "colour": SECRET,
        "lines": [{"type": "per_head", "rate": 2.5, "a/b": 1}, {"type": SECRET}],
    }
    body = assert_problem(await client.post("/orders", json=order), 422, "request.invalid")
    assert sorted(pointers(body)) == [
        ("/colour", "unknown_member"),
        ("/lines/0/a~1b", "unknown_member"),
        ("/lines/0/rate", "not_a_decimal_string"),
        ("/lines/1", "not_a_choice"),
        ("/title", "too_short"),
    ]


async def test_the_choices_are_named_as_they_are_sent(client):
    order = {"title": "abc", "size": Size.HUGE}
    body = assert_problem(await client.post("/orders", json=order), 422, "request.invalid")
    assert body["errors"][0]["detail"] == "This is not one of the choices. One of 'small' or 'large'."


async def test_what_is_missing_by_a_check_of_ours_is_said_in_its_words(client):
    body = assert_problem(await client.post("/orders", json={"title": "abc", "size": "large"}), 422, "request.invalid")
    assert body["errors"] == [{"pointer": "", "code": "missing", "detail": "A large order needs `lines`."}]


async def test_a_missing_member_is_pointed_at_where_it_belongs(client):
    body = assert_problem(await client.post("/orders", json={"lines": [{"type": "fixed"}]}), 422, "request.invalid")
    assert pointers(body) == [("/title", "missing"), ("/lines/0/amount", "missing")]


async def test_names_of_union_branches_are_left_out_of_pointers(client):
    order = {"title": "abc", "budget": {"type": "fixed", "amount": SECRET}}
    body = assert_problem(await client.post("/orders", json=order), 422, "request.invalid")
    assert ("/budget/amount", "not_a_decimal_string") in pointers(body)
    assert all(pointer.startswith("/budget/") and "PerHead" not in pointer for pointer, _ in pointers(body))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=0", ("?limit", "too_small")),
        ("limit=201", ("?limit", "too_large")),
        (f"limit={SECRET}", ("?limit", "wrong_format")),
        ("colour=red", ("?colour", "unknown_parameter")),
        (f"count={SECRET}", ("?count", "not_a_choice")),
    ],
)
async def test_a_wrong_query_parameter_is_named(client, query, expected):
    assert pointers(assert_problem(await client.get(f"/orders?{query}"), 422, "request.invalid")) == [expected]


async def test_a_huge_member_name_is_not_sent_back_whole(client):
    body = assert_problem(await client.post("/orders", json={"title": "abc", "x" * 5000: 1}), 422, "request.invalid")
    assert len(body["errors"][0]["pointer"]) < 120


async def test_a_member_name_that_is_no_text_is_refused_like_any_other(client):
    body = b'{"title": "abc", "\\ud800": 1}'
    response = await client.post("/orders", content=body, headers={"content-type": "application/json"})
    assert pointers(assert_problem(response, 422, "request.invalid")) == [("", "wrong_format")]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["title", "lines", "budget", "type", "rate", "amount", "~/"])
                | st.text(st.characters()),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
async def test_no_json_is_a_server_error(body):
    client = AsyncClient(transport=ASGITransport(make_app({})), base_url="http://plenary")
    response = await client.post("/orders", content=json.dumps(body), headers={"content-type": "application/json"})
    assert response.status_code in {200, 422}
    if response.status_code == 422:
        assert_problem(response, 422, "request.invalid")


async def test_an_id_that_cannot_exist_is_not_found_even_when_the_query_is_wrong_too(client):
    assert_problem(await client.get("/orders/not-an-id?depth=x"), 404, "not_found")


@pytest.mark.parametrize(
    "body", [b"{", b'{"title": }', b"\xff\xfe\x00", b'{"title": ' + b"1" * 5000 + b"}", b"\x80abc"]
)
async def test_a_body_that_is_no_json_is_said_so(client, body):
    response = await client.post("/orders", content=body, headers={"content-type": "application/json"})
    assert_problem(response, 422, "request.malformed_json")


async def test_a_body_that_is_no_json_says_where(client):
    body = b'{"title": "a",\n "depth" 1}'
    response = await client.post("/orders", content=body, headers={"content-type": "application/json"})
    problem = assert_problem(response, 422, "request.malformed_json")
    assert problem["detail"] == "Line 2, column 10: Expecting ':' delimiter."


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"^[a-z][a-z0-9_]{0,39}$", "small letters, digits and _, at most 40, beginning with small letters"),
        (
            r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$",
            "letters, digits, blanks, ., _ and -, beginning with letters and digits",
        ),
        (r"^[0-9a-f]{64}$", "digits and letters from a to f, 64 of them"),
        (r"^[A-Z0-9-]{2,20}$", "capital letters, digits and -, 2 to 20 of them"),
        (r"^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$", "a decimal number, such as 12.50"),
        (
            r"^([A-Za-z0-9._/-]|\{(cost_centre|subjective|pay_code)\})+$",
            "letters, digits, ., _, / and -, with the places {cost_centre}, {subjective} and {pay_code}",
        ),
        (r"^(a|b)$", "it in the form ^(a|b)$"),
    ],
)
def test_a_pattern_is_put_into_words(pattern, words):
    assert pattern_words(pattern) == words


async def test_a_body_nested_without_end_is_refused(client):
    body = b'{"title": ' + b"[" * 100_000
    assert_problem(
        await client.post("/orders", content=body, headers={"content-type": "application/json"}),
        422,
        "request.too_deep",
    )


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", None, "multipart/form-data; boundary=x"])
async def test_a_json_body_of_another_type_is_refused(client, content_type):
    headers = {"content-type": content_type} if content_type else {}
    assert_problem(
        await client.post("/orders", content=b'{"title": "abc"}', headers=headers),
        415,
        "request.unsupported_media_type",
    )


async def test_json_with_a_suffix_or_a_charset_is_json(client):
    for content_type in ("application/json; charset=utf-8", "application/merge-patch+json"):
        response = await client.post("/orders", content=b'{"title": "abc"}', headers={"content-type": content_type})
        assert response.status_code == 200


async def test_no_body_at_all_is_missing(client):
    assert pointers(assert_problem(await client.post("/orders"), 422, "request.invalid")) == [("", "missing")]


async def test_a_list_where_an_object_belongs_is_of_the_wrong_type(client):
    assert pointers(assert_problem(await client.post("/orders", json=[1]), 422, "request.invalid")) == [
        ("", "wrong_type")
    ]


async def test_an_upload_sent_as_json_is_of_another_type(client):
    assert_problem(await client.post("/files", json={"file": "x"}), 415, "request.unsupported_media_type")


async def test_an_upload_without_its_file_names_the_member(client):
    body = assert_problem(await client.post("/files", files={"other": b"x"}), 422, "request.invalid")
    assert pointers(body) == [("/file", "missing")]


async def test_a_broken_form_is_said_so(client):
    response = await client.post(
        "/files", content=b"broken", headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert response.status_code == 422
    assert response.json()["code"] in {"request.malformed_form", "request.invalid"}
    response = await client.post("/files", content=b"broken", headers={"content-type": "multipart/form-data"})
    assert_problem(response, 422, "request.malformed_form")


async def test_an_unknown_address_and_a_wrong_method_are_problems(client):
    assert assert_problem(await client.get("/nothing here"), 404, "not_found")["instance"] == "/nothing%20here"
    response = await client.delete("/orders")
    assert_problem(response, 405, "request.method_not_allowed")
    assert "GET" in response.headers["allow"] or "POST" in response.headers["allow"]


@pytest.mark.parametrize(
    ("status", "code"), [(413, "request.too_large"), (415, "request.unsupported_media_type"), (418, "request.http_418")]
)
async def test_refusals_of_the_framework_are_put_in_our_words(client, failures, status, code):
    failures["next"] = HTTPException(status, SECRET)
    assert_problem(await client.get("/fail"), status, code)


@pytest.mark.parametrize(
    "kind", [pg.UniqueViolationError, pg.ExclusionViolationError, pg.ForeignKeyViolationError, pg.CheckViolationError]
)
async def test_a_constraint_is_looked_up_by_its_name(client, failures, kind):
    failures["next"] = violation(kind, "ck_tests_practice_open")
    assert_problem(await client.get("/fail"), 409, "tests.practice_closed")
    failures["next"] = violation(kind, "unheard_of")
    assert_problem(await client.get("/fail"), 409, "conflict")


@pytest.mark.parametrize(
    "error",
    [
        wrapped(pg.QueryCanceledError("x")),
        wrapped(pg.LockNotAvailableError("x")),
        wrapped(pg.DeadlockDetectedError("x")),
        wrapped(pg.ConnectionDoesNotExistError("x")),
        wrapped(pg.InterfaceError("connection is closed")),
        wrapped(pg.AdminShutdownError("x")),
        pg.CannotConnectNowError("x"),
        pg.InterfaceError("pool is closing"),
        sqlalchemy_exc.TimeoutError(),
        ConnectionRefusedError(),
        FileNotFoundError(2, "No such file or directory"),
        OSError(113, "No route to host"),
        socket.gaierror(-2, "Name or service not known"),
        TimeoutError(),
    ],
    ids=lambda error: type(getattr(getattr(error, "orig", None), "__cause__", None) or error).__name__,
)
async def test_a_database_that_is_away_or_slow_asks_to_come_back(client, failures, error):
    failures["next"] = error
    response = await client.get("/fail")
    assert_problem(response, 503, "service.unavailable")
    assert int(response.headers["retry-after"]) > 0


async def test_text_that_cannot_be_stored_is_the_callers(client, failures):
    failures["next"] = wrapped(pg.CharacterNotInRepertoireError(SECRET))
    assert pointers(assert_problem(await client.get("/fail"), 422, "request.invalid")) == [("", "unstorable_text")]


async def test_half_of_a_surrogate_pair_is_the_callers_too(client, failures):
    refused = pg.DataError(SECRET)
    refused.__cause__ = UnicodeEncodeError("utf-8", SECRET, 0, 1, "surrogates not allowed")
    failures["next"] = wrapped(refused)
    assert pointers(assert_problem(await client.get("/fail"), 422, "request.invalid")) == [("", "unstorable_text")]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(SECRET),
        wrapped(pg.UndefinedTableError(SECRET)),
        wrapped(pg.NotNullViolationError(SECRET)),
        wrapped(pg.InterfaceError(SECRET)),
        sqlalchemy_exc.InvalidRequestError(SECRET),
        KeyError(SECRET),
        FileNotFoundError(2, "No such file or directory", SECRET),
        OSError(28, "No space left on device"),
    ],
)
async def test_a_bug_is_a_500_with_its_traceback_in_the_log_only(client, failures, error):
    failures["next"] = error
    with capture_logs() as logs:
        assert_problem(await client.get("/fail"), 500, "service.internal")
    assert [(entry["event"], entry["route"], entry["exc_info"]) for entry in logs] == [
        ("unexpected_error", "/fail", error)
    ]


async def test_the_request_id_is_the_one_the_request_carries(app):
    async def carry(scope, receive, send):
        scope.setdefault("state", {})["request_id"] = "req-1"
        await app(scope, receive, send)

    response = await AsyncClient(transport=ASGITransport(carry), base_url="http://plenary").get("/nothing")
    assert response.json()["request_id"] == "req-1"


def test_declared_errors_of_one_status_become_named_examples():
    responses = error_responses(PracticeClosed, Conflict, NotFound, TooManyRequests)
    assert list(responses) == [404, 409, 429]
    content = responses[409]["content"]["application/problem+json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert list(content["examples"]) == ["conflict", "tests.practice_closed"]
    for response in responses.values():
        for example in response["content"]["application/problem+json"]["examples"].values():
            Problem.model_validate(example["value"])
    assert "Retry-After" in responses[429]["headers"]


def test_declared_errors_and_their_schema_fit_into_an_openapi_document():
    app = FastAPI()

    @app.get("/x", responses=error_responses(NotFound, UnsupportedMedia))
    async def x() -> None: ...

    document = json.loads(json.dumps(app.openapi()))
    assert set(document["paths"]["/x"]["get"]["responses"]) == {"200", "404", "415"}
    schemas = problem_schemas()
    assert {"Problem", "ProblemField"} <= set(schemas)
    assert schemas["Problem"]["properties"]["errors"]["items"] == {"$ref": "#/components/schemas/ProblemField"}


def test_every_kind_of_problem_says_what_to_do():
    import app.main  # noqa: F401 - every slice's errors

    kinds = [problem_kind(error.code) for error in _descendants(DomainError)]
    assert len(kinds) > 100
    assert all(kind.what_to_do for kind in kinds)


class Ways(BaseModel):
    number: int | None = None
    on: date | None = None
    at: Instant | None = None
    id: UUID | None = None
    flag: bool | None = None
    name: Annotated[str, Field(pattern=r"\S")] | None = None
    code: Annotated[str, Field(pattern=r"^[A-Z]+$")] | None = None
    mail: Annotated[str, Field(pattern=r"^[^@]+@[^@]+$")] | None = None
    address: EmailStr | None = None
    parts: list[str] | None = None


@pytest.mark.parametrize(
    ("member", "value", "words"),
    [
        ("number", SECRET, "Write a whole number, such as 12."),
        ("number", 1.5, "Write a whole number, such as 12."),
        ("on", SECRET, "Write a date, such as 2026-11-24."),
        ("on", "2026-11-24T10:00:00Z", "Write a date, such as 2026-11-24."),
        ("at", "2026-11-24", "Write an instant with day, time and zone, such as 2026-11-24T10:00:00Z."),
        ("at", "2026-11-24T10:00:00", "Write an instant with day, time and zone, such as 2026-11-24T10:00:00Z."),
        ("id", SECRET, "Write an id, such as 01890a5d-ac96-774b-bcce-b302099a8058."),
        ("flag", SECRET, "Write true or false."),
        ("name", " ", "Write more than blanks."),
        ("name", 1, "Write a text, in quotes."),
        ("code", SECRET, "Write capital letters."),
        ("mail", SECRET, "Write an e-mail address, such as name@example.org."),
        ("address", SECRET, "Write an e-mail address, such as name@example.org."),
        ("parts", {}, "Write a list, in square brackets."),
    ],
)
async def test_what_is_written_wrongly_says_how_it_is_written(member, value, words):
    app = FastAPI()
    install_problem_handlers(app)

    @app.post("/ways")
    async def ways(body: Ways) -> None: ...

    async with AsyncClient(transport=ASGITransport(app), base_url="http://plenary") as client:
        answer = assert_problem(await client.post("/ways", json={member: value}), 422, "request.invalid")
    assert [(error["pointer"], error["detail"]) for error in answer["errors"]] == [(f"/{member}", words)]


async def test_another_type_and_a_missing_body_say_what_to_send(client):
    other = await client.post("/orders", content=b"x", headers={"content-type": "text/plain"})
    assert other.json()["detail"] == "Send application/json."
    upload = await client.post("/files", json={"file": "x"})
    assert upload.json()["detail"] == "Send multipart/form-data."
    nothing = (await client.post("/orders")).json()["errors"]
    assert [error["detail"] for error in nothing] == ["Send a body, with the content type application/json."]
