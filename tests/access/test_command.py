"""`plenary keys` on a real database."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import typer
from asyncpg import CheckViolationError
from click.testing import Result
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.cli.words import ending_in_words
from app.core.secrets import SecretBox
from tests.factories import commands
from tests.factories.service import LivePlenary

PERSON = ("--person", "Amira Khan", "--email", "amira@x.example")


@pytest.fixture
def plenary(shared: LivePlenary) -> Callable[..., Awaitable[Result]]:
    """Run a command in the environment of the running service."""
    return partial(commands.plenary, **commands.settings_of(shared.settings))


async def test_the_first_key_of_all_comes_from_the_command_line(shared: LivePlenary, plenary) -> None:
    made = await plenary("keys", "create", "platform_admin", "--name", "First")
    assert made.exit_code == 0, made.output
    me = (await shared.client(made.stdout.strip()).get("/v1/me")).json()
    assert (me["role"], me["commissioner"]["code"], me["principal"]["name"]) == ("platform_admin", "PLATFORM", "First")


async def test_a_tenants_key_is_made_listed_and_revoked(shared: LivePlenary, plenary) -> None:
    code = await shared.fresh_tenant()
    person = ("--person", "Amira Khan", "--email", f"amira@{code}.example")
    made = await plenary("keys", "create", "payments_approver", "--commissioner", code, *person)
    assert made.exit_code == 0, made.output
    client = shared.client(made.stdout.strip())
    assert (await client.get("/v1/me")).json()["role"] == "payments_approver"
    listed = await plenary("keys", "list", "--commissioner", code)
    key_id, state, role, *_ = listed.stdout.split()
    assert (state, role) == ("live", "payments_approver")
    assert made.stdout.strip() not in listed.stdout
    revoked = await plenary("keys", "revoke", key_id)
    assert (revoked.exit_code, revoked.stdout.startswith(f"{key_id} is revoked")) == (0, True)
    assert "revoked" in (await plenary("keys", "list", "--commissioner", code)).stdout
    audited = await shared.fetch(
        "SELECT action, via FROM audit_entry WHERE subject = $1 ORDER BY id", key_id, tenant=shared.tenants[code]
    )
    assert [(row["action"], row["via"]) for row in audited] == [("key.created", "cli"), ("key.revoked", "cli")]


async def test_an_address_that_is_known_says_whose_key_it_is(shared: LivePlenary, plenary) -> None:
    code = await shared.fresh_tenant()
    for name in ("Dr Lee Lead", "A B"):
        made = await plenary(
            "keys", "create", "editor", "--commissioner", code, "--person", name, "--email", "lee@x.example"
        )
        assert made.exit_code == 0, made.output
        assert (await shared.client(made.stdout.strip()).get("/v1/me")).json()["person"]["name"] == "Dr Lee Lead"
    assert made.stderr == (
        "Whoever has this key acts as Dr Lee Lead <lee@x.example>, who is known by that address and not as A B.\n"
    )


async def test_a_locality_is_named_as_people_call_it(shared: LivePlenary, plenary) -> None:
    code = await shared.fresh_tenant()
    admin = shared.client(await shared.make_key("commissioner_admin", tenant=code))
    harbour = (await admin.post("/v1/localities", json={"code": "H1", "name": "Harbour"})).json()
    for named in ("harbour", "h1", harbour["id"]):
        made = await plenary("keys", "create", "locality_lead", "--commissioner", code, *PERSON, "--locality", named)
        assert made.exit_code == 0, made.output
        me = (await shared.client(made.stdout.strip()).get("/v1/me")).json()
        assert me["boundary"] == {"type": "locality", "id": harbour["id"]}


@pytest.mark.parametrize(
    "failure",
    [
        IntegrityError("INSERT INTO person …", {"name": "Amira Khan"}, CheckViolationError("violates a check")),
        ProgrammingError("INSERT INTO person …", {"name": "Amira Khan"}, Exception("a bug")),
    ],
)
def test_what_the_database_refuses_is_told_without_what_was_typed(failure, capsys) -> None:
    with pytest.raises(typer.Exit), ending_in_words():
        raise failure
    said = capsys.readouterr().err
    assert "The database refused this: " in said
    assert "Amira" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "emperor"), "There are: platform_admin"),
        (("create", "intranet"), "--commissioner CODE"),
        (("create", "practice_manager", "--commissioner", "{code}"), "--practice CODE"),
        (("create", "platform_admin", "--commissioner", "{code}"), "platform_admin belongs to the platform"),
        (
            ("create", "editor", "--commissioner", "NOBODY", "--person", "A", "--email", "a@b.example"),
            "no such commissioner",
        ),
        (("create", "editor", "--commissioner", "{code}"), "--person NAME --email ADDRESS"),
        (("create", "editor", "--commissioner", "{code}", "--person", "A"), "e-mail address, both"),
        (
            ("create", "editor", "--commissioner", "{code}", "--person", "A", "--email", "notmail"),
            "--email: This is not an e-mail address that can be sent to.",
        ),
        (
            ("create", "editor", "--commissioner", "{code}", "--person", "", "--email", ""),
            "--person: This is too short.",
        ),
        (
            ("create", "editor", "--commissioner", "{code}", *PERSON, "--locality", "Nowhere"),
            "No localities are called",
        ),
        (
            (
                *("create", "practice_lead", "--commissioner", "{code}", *PERSON),
                *("--practice", "ZZ1234", "--locality", "North"),
            ),
            "not both",
        ),
        (
            ("create", "practice_lead", "--commissioner", "{code}", *PERSON, "--practice", "ZZ9999"),
            "Not known here: ZZ9999.",
        ),
        (("revoke", "01890a5d-ac96-774b-bcce-b302099a8057"), "no such key"),
    ],
)
async def test_what_cannot_be_done_is_said_in_words(shared: LivePlenary, plenary, arguments, words) -> None:
    code = await shared.fresh_tenant()
    answer = await plenary("keys", *(argument.format(code=code) for argument in arguments))
    assert answer.exit_code == 1
    assert words in answer.stderr


async def test_a_printed_secret_key_seals_and_opens(plenary) -> None:
    setting = (await plenary("keys", "secret")).stdout.strip()
    box = SecretBox.from_setting(setting)
    assert box.open(box.seal(b"x", context="t"), context="t") == b"x"
