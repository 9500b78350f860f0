"""Reminders that know what happened meanwhile, and people who read for several practices."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import pytest

from app.communications import service
from tests.factories.communications import announce, delivery_rows, give_post, publish, told
from tests.factories.links import Page, link_in, mails_to
from tests.factories.reading import BY, duties_of, practice_of, read_by_link, see_to_day
from tests.factories.service import TODAY, LivePlenary

WEEK_BEFORE = date(2026, 11, 29)
BOTH = {"roles": ["named_lead", "practice_manager"]}


@pytest.fixture(autouse=True)
async def _clock(shared: LivePlenary) -> AsyncIterator[None]:
    before = shared.clock.instant
    yield
    shared.clock.instant = before


async def _written(live: LivePlenary, tenant: str, on: date) -> None:
    """The reminders of that day, which wait because the mail server takes nothing."""
    await see_to_day(live, tenant, on)
    live.tools.settings = live.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    try:
        await live.work()
    finally:
        live.tools.settings = live.settings


async def _sent(live: LivePlenary, tenant: str) -> None:
    await live.execute(
        "UPDATE job SET run_at = clock_timestamp() WHERE state = 'queued' AND kind LIKE 'communications.send%'",
        tenant=live.tenants[tenant],
    )
    await live.work()


async def _reminders(live: LivePlenary, tenant: str) -> dict[str, str]:
    """Their states by address."""
    rows = await told(live, tenant, "announcement")
    named = await live.fetch("SELECT id FROM message WHERE occasion LIKE 'v%ue %'", tenant=live.tenants[tenant])
    ids = {row["id"] for row in named}
    return {row["address"]: row["state"] for row in rows if row["message_id"] in ids}


async def test_a_reminder_that_waits_does_not_go_once_the_practice_has_read_it(shared: LivePlenary) -> None:
    tenant, code = await practice_of(shared, named_lead="Lena Lead", practice_manager="Mina Moor")
    await publish(shared, tenant, audience=BOTH, must_acknowledge_by=BY)
    await _written(shared, tenant, WEEK_BEFORE)
    await read_by_link(shared, f"mina@{code}.example", "Mina Moor")
    await _sent(shared, tenant)
    assert await _reminders(shared, tenant) == {f"{name}@{code}.example": "withdrawn" for name in ("lena", "mina")}
    assert len(mails_to(shared, f"lena@{code}.example")) == 1


async def test_where_everybody_reads_it_those_alone_are_reminded_who_have_not(shared: LivePlenary) -> None:
    tenant, code = await practice_of(shared, named_lead="Lena Lead", practice_manager="Mina Moor")
    await publish(shared, tenant, audience=BOTH, must_acknowledge_by=BY, must_acknowledge="each_person")
    await _written(shared, tenant, WEEK_BEFORE)
    await read_by_link(shared, f"mina@{code}.example", "Mina Moor")
    await _sent(shared, tenant)
    assert await _reminders(shared, tenant) == {f"lena@{code}.example": "sent", f"mina@{code}.example": "withdrawn"}


async def test_whoever_lost_the_post_gets_no_reminder_that_waits(shared: LivePlenary) -> None:
    tenant, code = await practice_of(shared, named_lead="Lena Lead", practice_manager="Mina Moor")
    await publish(shared, tenant, audience=BOTH, must_acknowledge_by=BY, must_acknowledge="each_person")
    await _written(shared, tenant, WEEK_BEFORE)
    end = "UPDATE post SET valid_until = $1 WHERE role = 'named_lead'"
    await shared.execute(end, TODAY, tenant=shared.tenants[tenant])
    follower = await shared.make_person("Fay Follow", tenant=tenant, email=f"fay@{code}.example")
    await give_post(shared, tenant, follower, "named_lead", practice=code, start=TODAY)
    await _sent(shared, tenant)
    # Whoever follows in the post was never asked for themselves.
    assert await _reminders(shared, tenant) == {f"lena@{code}.example": "withdrawn", f"mina@{code}.example": "sent"}


async def test_a_reminder_of_an_earlier_version_does_not_go_after_the_new_one(shared: LivePlenary) -> None:
    tenant, code = await practice_of(shared, named_lead="Lena Lead")
    which = await publish(shared, tenant, audience={"roles": ["named_lead"]}, must_acknowledge_by=BY)
    await _written(shared, tenant, WEEK_BEFORE)
    editor = await shared.as_role("editor", tenant=tenant)
    new = {"body_markdown": "It is the 17th.", "must_acknowledge_by": "2026-12-20", "reason": "It has moved."}
    assert (await editor.post(f"/v1/announcements/{which}/versions", json=new)).status_code == 202
    await _sent(shared, tenant)
    assert await _reminders(shared, tenant) == {f"lena@{code}.example": "withdrawn"}


async def test_what_somebody_has_not_read_passes_to_the_lead_and_then_to_the_manager(shared: LivePlenary) -> None:
    tenant, code = await practice_of(
        shared, gp="Gwen Good", nurse="Nora Nurse", named_lead="Lena Lead", practice_manager="Mina Moor"
    )
    roles = {"roles": ["gp", "nurse"]}
    which = await publish(shared, tenant, audience=roles, must_acknowledge_by=BY, must_acknowledge="each_person")
    await read_by_link(shared, f"gwen@{code}.example", "Gwen Good")
    for on, lead, manager in ((7, 1, 0), (8, 1, 0), (14, 1, 1), (15, 1, 1)):
        await see_to_day(shared, tenant, date(2026, 12, on))
        await shared.work()
        assert len(mails_to(shared, f"lena@{code}.example")) == lead
        assert len(mails_to(shared, f"mina@{code}.example")) == manager
    [row] = (await duties_of(shared, tenant, which))["data"]
    assert (row["asked"], row["read"], row["asked_in_their_place"]) == (2, 1, "practice_manager")


async def test_what_the_lead_has_taken_note_of_in_their_place_does_not_pass_on(shared: LivePlenary) -> None:
    tenant, code = await practice_of(shared, gp="Gwen Good", named_lead="Lena Lead", practice_manager="Mina Moor")
    gps = {"roles": ["gp"]}
    await publish(shared, tenant, audience=gps, must_acknowledge_by=BY, must_acknowledge="each_person")
    await see_to_day(shared, tenant, date(2026, 12, 7))
    await shared.work()
    await read_by_link(shared, f"lena@{code}.example", "Lena Lead")
    await see_to_day(shared, tenant, date(2026, 12, 14))
    await shared.work()
    assert mails_to(shared, f"mina@{code}.example") == []


async def _manager_of_two(live: LivePlenary) -> tuple[str, list[str], str, UUID]:
    tenant, code = await practice_of(live, practice_manager="Mina Moor")
    second = f"{code[:-1]}X"
    await live.make_practice(second, tenant)
    [found] = await live.fetch("SELECT id FROM person WHERE name = 'Mina Moor'", tenant=live.tenants[tenant])
    await give_post(live, tenant, found["id"], "practice_manager", practice=second)
    return tenant, sorted([code, second]), f"mina@{code}.example", found["id"]


async def test_a_manager_of_two_practices_reads_one_mail_for_both(shared: LivePlenary) -> None:
    tenant, codes, address, _ = await _manager_of_two(shared)
    which = await publish(shared, tenant, audience={"roles": ["practice_manager"]}, must_acknowledge_by=BY)
    before = await duties_of(shared, tenant, which)
    assert [(row["practice"], row["asked"]) for row in before["data"]] == [(code, 1) for code in codes]
    assert before["counts"] == {"practices": 2, "acknowledged": 0, "outstanding": 2}
    assert len(mails_to(shared, address)) == 1
    page = await read_by_link(shared, address, "Mina Moor")
    assert all(f"({code})" in page.partition("You read it for")[2][:120] for code in codes)
    after = await duties_of(shared, tenant, which)
    assert after["counts"] == {"practices": 2, "acknowledged": 2, "outstanding": 0}


async def test_a_manager_of_two_practices_is_reminded_for_each_and_reads_it_for_each(shared: LivePlenary) -> None:
    tenant, codes, address, _ = await _manager_of_two(shared)
    which = await publish(shared, tenant, audience={"roles": ["practice_manager"]}, must_acknowledge_by=BY)
    await see_to_day(shared, tenant, WEEK_BEFORE)
    await shared.work()
    rows = await delivery_rows(
        shared, tenant, "message_id IN (SELECT id FROM message WHERE occasion = 'v1 due 7') AND state = 'sent'"
    )
    assert sorted(row["practice"] for row in rows) == codes
    await read_by_link(shared, address, "Mina Moor")
    done = (await duties_of(shared, tenant, which))["data"]
    assert sorted(row["acknowledged_at"] is None for row in done) == [False, True]


async def test_two_workers_who_see_to_an_announcement_at_once_remind_once(shared: LivePlenary) -> None:
    tenant, code = await practice_of(shared, named_lead="Lena Lead")
    which = UUID(
        await publish(
            shared, tenant, audience={"roles": ["named_lead"]}, must_acknowledge_by=BY, renew_months=1
        )
    )  # fmt: skip

    async def see_to(on: date) -> None:
        shared.clock.instant = shared.clock.instant.replace(year=on.year, month=on.month, day=on.day)
        async with shared.worker_session(tenant) as session:
            await service.see_to_reading(session, which, now=shared.clock.now())

    await asyncio.gather(*(see_to(WEEK_BEFORE) for _ in range(3)))
    await shared.work()
    assert len(mails_to(shared, f"lena@{code}.example")) == 2
    await asyncio.gather(*(see_to(date(2026, 12, 23)) for _ in range(3)))
    await shared.work()
    assert (await duties_of(shared, tenant, str(which)))["edition"] == 2


async def test_a_worker_that_ended_on_the_way_leaves_the_rest_to_the_next(shared: LivePlenary) -> None:
    tenant, code = await practice_of(shared, named_lead="Lena Lead")
    for title in ("One", "Two"):
        await publish(shared, tenant, audience={"roles": ["named_lead"]}, must_acknowledge_by=BY, title=title)
    shared.clock.instant = shared.clock.instant.replace(day=29)
    async with shared.worker_session(tenant) as session:
        first, second = await service.list_to_see_to(session, now=shared.clock.now())
    async with shared.worker_session(tenant) as session:
        await service.see_to_reading(session, first, now=shared.clock.now())
    async with shared.worker_session(tenant) as session:
        assert list(await service.list_to_see_to(session, now=shared.clock.now())) == [second]
    await see_to_day(shared, tenant, WEEK_BEFORE)
    await shared.work()
    assert len(mails_to(shared, f"lena@{code}.example")) == 4


async def test_the_page_of_an_announcement_names_no_practices_to_whoever_has_one(shared: LivePlenary) -> None:
    tenant, code = await practice_of(shared, named_lead="Lena Lead")
    await announce(shared, tenant, audience={"roles": ["named_lead"]}, must_acknowledge_by=BY)
    await shared.work()
    page = Page((await shared.client(None).get(link_in(mails_to(shared, f"lena@{code}.example")[-1]))).text)
    assert "You read it for" not in page.text
