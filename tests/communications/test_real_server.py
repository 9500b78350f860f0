"""Mail handed to Debian's Postfix: each message is in its mailbox once, and what nobody has is not tried again."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest

from tests.factories.channels import suppressed
from tests.factories.communications import counts_of, delivery_rows, make_crowd, publish
from tests.factories.postfix import Postfix, running_postfix
from tests.factories.service import LivePlenary

# From the tenth refusal in a row on, Postfix lets its client wait a second for each.
PEOPLE, GONE = 150, 9
STAFF = {"roles": ["staff"]}
THERE = [f"p{number}" for number in range(1, PEOPLE - GONE + 1)]


@pytest.fixture
async def postfix(shared: LivePlenary, unused_tcp_port: int) -> AsyncIterator[Postfix]:
    async with running_postfix([f"{name}@crowd.example" for name in THERE], unused_tcp_port) as server:
        shared.tools.settings = shared.settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{server.port}"})
        yield server
        shared.tools.settings = shared.settings


async def test_a_real_server_has_each_mail_once_and_is_not_asked_again_for_who_is_gone(
    shared: LivePlenary, postfix: Postfix
) -> None:
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZ6601", tenant)
    await make_crowd(shared, tenant, PEOPLE, practice="ZZ6601")
    first = await publish(shared, tenant, audience=STAFF)
    assert await postfix.delivered(len(THERE)) == Counter(THERE)
    sent = {row["id"] for row in await delivery_rows(shared, tenant, "state = 'sent'")}
    assert {mail["Message-ID"].partition("@")[0].strip("<") for mail in postfix.mails()} == {str(each) for each in sent}
    counts = await counts_of(shared, tenant, first)
    assert (counts["sent"], counts["failed"], counts["in_doubt"]) == (len(THERE), GONE, 0)
    gone = {f"p{number}@crowd.example" for number in range(len(THERE) + 1, PEOPLE + 1)}
    assert await suppressed(shared, tenant) == dict.fromkeys(gone, ("bounced", "smtp"))
    assert postfix.refusals() == GONE
    second = await publish(shared, tenant, audience=STAFF, title="Protected learning time in July")
    assert await postfix.delivered(2 * len(THERE)) == Counter(THERE * 2)
    counts = await counts_of(shared, tenant, second)
    assert (counts["sent"], counts["suppressed"], counts["failed"]) == (len(THERE), GONE, 0)
    assert postfix.refusals() == GONE
