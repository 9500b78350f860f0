"""Mail that comes back: from a mailbox, from files, to an address of one mail, and made up."""

from collections.abc import AsyncIterator

import pytest

from app.communications.adapters.chosen import bounce_address
from tests.factories.channels import a_failure_report, a_sent_message, state_of, suppressed
from tests.factories.communications import announce, delivery_rows, give_post
from tests.factories.service import LivePlenary
from tests.fakes.mailbox import FakeMailbox, running_mailbox
from tests.fakes.smtp_sink import SmtpSink
from workers.bounces import take_reports
from workers.schedule import Planner


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    return await shared.fresh_tenant()


@pytest.fixture
async def mailbox(shared: LivePlenary) -> AsyncIterator[FakeMailbox]:
    async with running_mailbox() as mailbox:
        shared.tools.settings = shared.settings.model_copy(update={"bounces_url": mailbox.url})
        yield mailbox
        shared.tools.settings = shared.settings


async def _look(shared: LivePlenary) -> None:
    await shared.execute(
        "DELETE FROM job WHERE kind = 'communications.read_bounces'", tenant=shared.tenants["PLATFORM"]
    )
    await Planner(shared.tools).plan(shared.clock.now())
    await shared.work()


async def test_the_mailbox_is_read_every_minute_and_marked_only_afterwards(shared, tenant, mailbox) -> None:
    ann, other = await a_sent_message(shared, tenant, "ann@practice.example"), await shared.fresh_tenant()
    bob = await a_sent_message(shared, other, "bob@practice.example")
    mailbox.mails = {
        "7": a_failure_report(ann, "Ann@practice.example"),
        "8": b"Subject: Out of office\r\n\r\nBack on Monday.",
        "9": a_failure_report(bob, "bob@practice.example", status="5.2.2"),
    }
    mailbox.is_closing = True
    await _look(shared)
    assert (mailbox.seen, await state_of(shared, tenant, ann)) == (set(), "sent")
    mailbox.is_closing = False
    await _look(shared)
    assert mailbox.seen == {"7", "8", "9"}
    assert await state_of(shared, tenant, ann) == "failed"
    assert await state_of(shared, other, bob) == "failed"
    assert await suppressed(shared, tenant) == {"ann@practice.example": ("bounced", "report")}
    assert await suppressed(shared, other) == {}


async def test_a_mailbox_that_refuses_us_parks_nothing(shared, mailbox) -> None:
    mailbox.password, before = "changed", mailbox.url
    shared.tools.settings = shared.settings.model_copy(update={"bounces_url": before.replace("changed", "old")})
    await _look(shared)
    [job] = await shared.fetch(
        "SELECT state FROM job WHERE kind = 'communications.read_bounces'", tenant=shared.tenants["PLATFORM"]
    )
    assert job["state"] == "done"


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": "eve@practice.example"},
        {"action": "delayed"},
        {"to": "bounces+00000000000000000000000000000007@x.example"},
    ],
    ids=("another address", "a delay", "a made-up address of one mail"),
)
async def test_a_report_that_is_not_of_that_mail_to_that_address_changes_nothing(shared, tenant, changes) -> None:
    delivery = await a_sent_message(shared, tenant, "ann@practice.example")
    changes = {"recipient": "eve@practice.example"} | changes
    assert await take_reports(shared.tools, [a_failure_report(delivery, changes.pop("recipient"), **changes)]) <= 1
    assert await state_of(shared, tenant, delivery) == "sent"
    assert await suppressed(shared, tenant) == {}


async def test_what_was_never_sent_cannot_come_back(shared, tenant) -> None:
    for state in ("queued", "suppressed", "delivered"):
        delivery = await a_sent_message(shared, tenant, "ann@practice.example", state=state)
        await take_reports(shared.tools, [a_failure_report(delivery, "ann@practice.example")])
        assert await state_of(shared, tenant, delivery) == state
    assert await suppressed(shared, tenant) == {}


async def test_mail_goes_out_under_an_address_of_its_own_to_which_a_forwarded_one_comes_back(
    shared, tenant, sink: SmtpSink
) -> None:
    await shared.make_practice(f"{tenant}A", tenant)
    person = await shared.make_person("Ann", tenant=tenant, email="ann@practice.example")
    await give_post(shared, tenant, person, "gp", practice=f"{tenant}A")
    changes = {"smtp_url": f"smtp://127.0.0.1:{sink.port}", "mail_bounces": "bounces@plenary.example"}
    shared.tools.settings = shared.settings.model_copy(update=changes)
    try:
        await announce(shared, tenant, audience={"roles": ["gp"]})
        await shared.work()
        [envelope], [row] = sink.envelopes, await delivery_rows(shared, tenant)
        assert envelope.mail_from == bounce_address(shared.tools.settings).of(row["id"])
        assert sink.messages[0]["From"] == "Plenary <plenary@localhost>"
        report = a_failure_report(row["id"], "forwarded@elsewhere.example", to=envelope.mail_from)
        assert await take_reports(shared.tools, [report]) == 1
    finally:
        shared.tools.settings = shared.settings
    assert await state_of(shared, tenant, row["id"]) == "failed"
    assert list(await suppressed(shared, tenant)) == ["ann@practice.example"]
