"""`plenary keys` on a real database."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from click.testing import Result

from app.core.secrets import SecretBox
from tests.factories import commands
from tests.factories.service import LivePlenary


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
    assert (await plenary("keys", "revoke", key_id)).exit_code == 0
    assert "revoked" in (await plenary("keys", "list", "--commissioner", code)).stdout
    audited = await shared.fetch(
        "SELECT action, via FROM audit_entry WHERE subject = $1 ORDER BY id", key_id, tenant=shared.tenants[code]
    )
    assert [(row["action"], row["via"]) for row in audited] == [("key.created", "cli"), ("key.revoked", "cli")]


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
