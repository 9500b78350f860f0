"""What has to be read: by practice or by person, in versions, with reminders and somebody to ask when time is over."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from app.communications.rules.must_read import edition_in, is_renewed, next_by, occasion_of, stage_on
from tests.factories.communications import counts_of, publish
from tests.factories.links import Page, link_in, mails_to
from tests.factories.reading import BY, duties_of, practice_of, read_by_link, see_to_day
from tests.factories.service import TODAY, LivePlenary


@pytest.fixture
async def day(shared: LivePlenary) -> AsyncIterator[Any]:
    """Lets days go by, each with its daily work."""
    start = shared.clock.instant

    async def until(on: date, tenant: str) -> None:
        await see_to_day(shared, tenant, on)
        await shared.work()

    yield until
    shared.clock.instant = start


def test_reminders_come_before_the_last_day_and_others_are_asked_after_it() -> None:
    by, published = date(2026, 5, 20), date(2026, 5, 1)
    stages = {n: stage_on(by, published_on=published, today=date(2026, 5, n)) for n in range(2, 31)}
    keys = {n: stage.key for n, stage in stages.items() if stage}
    assert min(keys) == 13
    assert [keys[n] for n in (13, 17, 18, 20, 21, 27, 28)] == [
        "due 7", "due 7", "due 2", "due 0", "overdue lead", "overdue lead", "overdue manager"
    ]  # fmt: skip
    late = stage_on(by, published_on=date(2026, 5, 15), today=date(2026, 5, 16))
    assert late is None
    assert stage_on(by, published_on=published, today=by + timedelta(days=61)) is None


def test_rounds_begin_so_many_months_after_the_last_with_as_long_to_read() -> None:
    assert not is_renewed(None, published_on=date(2026, 1, 31), today=date(2030, 1, 1))
    assert [is_renewed(1, published_on=date(2026, 1, 31), today=date(2026, 2, n)) for n in (27, 28)] == [False, True]
    assert next_by(date(2026, 1, 15), published_on=date(2026, 1, 1), today=date(2026, 7, 1)) == date(2026, 7, 15)
    assert next_by(date(2026, 1, 2), published_on=date(2026, 1, 1), today=date(2026, 7, 1)) == date(2026, 7, 8)
    assert [edition_in(occasion_of(n)) for n in (1, 2, 12)] == [1, 2, 12]


async def test_one_of_those_asked_acknowledges_for_the_practice_and_the_office_sees_who(shared: LivePlenary) -> None:
    tenant, code = await practice_of(shared, named_lead="Lena Lead", practice_manager="Mina Moor")
    which = await publish(
        shared, tenant, audience={"roles": ["named_lead", "practice_manager"]}, must_acknowledge_by=BY
    )
    before = await duties_of(shared, tenant, which)
    assert before["counts"] == {"practices": 1, "acknowledged": 0, "outstanding": 1}
    said = mails_to(shared, f"mina@{code}.example")[-1].as_string()
    assert "Please say by 6 December 2026 that you have read this." in said
    await read_by_link(shared, f"mina@{code}.example", "Mina Moor")
    after = await duties_of(shared, tenant, which)
    assert after["counts"] == {"practices": 1, "acknowledged": 1, "outstanding": 0}
    [row] = after["data"]
    assert (row["practice"], row["person"]["name"], row["via"], row["asked"], row["read"]) == (
        code, "Mina Moor", "link", 2, 1
    )  # fmt: skip
    sheet = await duties_of(shared, tenant, which, headers={"Accept": "text/csv"})
    assert "Mina Moor,link" in sheet["csv"]
    own = await shared.as_role("practice_manager", tenant=tenant, practice=code)
    other = await shared.as_role("practice_manager", tenant=tenant, practice="ZZ9999")
    path = f"/v1/announcements/{which}/acknowledgements"
    assert len((await own.get(path)).json()["data"]) == 1
    assert (await other.get(path)).json()["data"] == []


async def test_each_person_has_to_read_it_where_that_is_asked(shared: LivePlenary) -> None:
    tenant, code = await practice_of(shared, named_lead="Lena Lead", practice_manager="Mina Moor")
    roles = {"roles": ["named_lead", "practice_manager"]}
    which = await publish(shared, tenant, audience=roles, must_acknowledge_by=BY, must_acknowledge="each_person")
    await read_by_link(shared, f"mina@{code}.example", "Mina Moor")
    assert (await duties_of(shared, tenant, which))["counts"]["acknowledged"] == 0
    await read_by_link(shared, f"lena@{code}.example", "Lena Lead")
    assert (await duties_of(shared, tenant, which))["counts"]["acknowledged"] == 1
    assert (await counts_of(shared, tenant, which))["acknowledged"] == 2


async def test_a_new_version_asks_everybody_again_and_keeps_who_read_the_one_before(shared: LivePlenary) -> None:
    tenant, code = await practice_of(shared, named_lead="Lena Lead")
    which = await publish(shared, tenant, audience={"roles": ["named_lead"]}, must_acknowledge_by=BY)
    first = link_in(mails_to(shared, f"lena@{code}.example")[-1])
    await read_by_link(shared, f"lena@{code}.example", "Lena Lead")
    editor = await shared.as_role("editor", tenant=tenant)
    new = {"body_markdown": "It is the **17th** now.", "must_acknowledge_by": "2026-12-20", "reason": "It has moved."}
    made = await editor.post(f"/v1/announcements/{which}/versions", json=new)
    assert made.status_code == 202, made.text
    await shared.work()
    assert (await shared.client(None).get(first)).status_code == 410
    after = await duties_of(shared, tenant, which)
    assert (after["edition"], after["counts"]["acknowledged"]) == (2, 0)
    assert (await counts_of(shared, tenant, which))["acknowledged"] == 0
    assert (await counts_of(shared, tenant, which))["recipients"] == 1
    await read_by_link(shared, f"lena@{code}.example", "Lena Lead")
    assert (await counts_of(shared, tenant, which))["acknowledged"] == 1
    kept = await shared.fetch("SELECT edition FROM acknowledgement ORDER BY edition", tenant=shared.tenants[tenant])
    assert [row["edition"] for row in kept] == [1, 2]
    assert (await editor.get(f"/v1/announcements/{which}")).json()["body_markdown"] == "It is the **17th** now."


async def test_who_opens_the_mail_of_an_earlier_version_reads_and_acknowledges_that_of_today(
    shared: LivePlenary,
) -> None:
    tenant, code = await practice_of(shared, named_lead="Lena Lead")
    which = await publish(shared, tenant, audience={"roles": ["named_lead"]}, must_acknowledge_by=BY)
    link, browser = link_in(mails_to(shared, f"lena@{code}.example")[-1]), shared.client(None)
    old = Page((await browser.get(link)).text).filled("acknowledge", name="Lena Lead")
    editor = await shared.as_role("editor", tenant=tenant)
    new = {"body_markdown": "It is the 17th now.", "must_acknowledge_by": "2026-12-20", "reason": "It has moved."}
    await editor.post(f"/v1/announcements/{which}/versions", json=new)
    await shared.work()
    stale = await browser.post(link, data=old)
    assert (stale.status_code, "It is the 17th now." in stale.text) == (409, True)
    done = await browser.post(link, data=Page(stale.text).filled("acknowledge", name="Lena Lead"))
    assert done.status_code == 200
    assert (await duties_of(shared, tenant, which))["counts"]["acknowledged"] == 1


async def test_reminders_go_to_those_still_meant_and_then_others_are_asked_once_each(
    shared: LivePlenary, day: Any
) -> None:
    tenant, code = await practice_of(shared, gp="Gwen Good", named_lead="Lena Lead", practice_manager="Mina Moor")
    which = await publish(shared, tenant, audience={"roles": ["gp"]}, must_acknowledge_by=BY)
    for _ in range(2):
        await day(date(2026, 11, 29), tenant)
    assert len(mails_to(shared, f"gwen@{code}.example")) == 2
    await shared.execute("UPDATE post SET valid_until = '2026-12-01' WHERE role = 'gp'", tenant=shared.tenants[tenant])
    await day(date(2026, 12, 4), tenant)
    assert len(mails_to(shared, f"gwen@{code}.example")) == 2
    assert mails_to(shared, f"lena@{code}.example") == []
    await shared.execute("UPDATE post SET valid_until = NULL WHERE role = 'gp'", tenant=shared.tenants[tenant])
    for on in (7, 8, 14, 15):
        await day(date(2026, 12, on), tenant)
    assert [mail["Subject"] for mail in mails_to(shared, f"lena@{code}.example")] == [
        "Not read in time: Protected learning time in June"
    ]
    assert len(mails_to(shared, f"mina@{code}.example")) == 1
    [row] = (await duties_of(shared, tenant, which))["data"]
    assert (row["outstanding_since"], row["asked_in_their_place"]) == ("2026-12-07", "practice_manager")
    await read_by_link(shared, f"mina@{code}.example", "Mina Moor")
    assert (await duties_of(shared, tenant, which))["counts"]["outstanding"] == 0


async def test_a_round_begins_anew_after_its_months(shared: LivePlenary, day: Any) -> None:
    tenant, code = await practice_of(shared, named_lead="Lena Lead")
    which = await publish(shared, tenant, audience={"roles": ["named_lead"]}, must_acknowledge_by=BY, renew_months=6)
    await read_by_link(shared, f"lena@{code}.example", "Lena Lead")
    await day(date(2027, 5, 22), tenant)
    after = await duties_of(shared, tenant, which)
    assert (after["edition"], after["counts"]["acknowledged"]) == (2, 0)
    shown = (await (await shared.as_role("editor", tenant=tenant)).get(f"/v1/announcements/{which}")).json()
    assert (shown["must_acknowledge_by"], shown["renew_months"]) == ("2027-06-05", 6)


async def test_what_nobody_has_to_read_has_no_versions_and_no_renewal(shared: LivePlenary) -> None:
    tenant, _ = await practice_of(shared, named_lead="Lena Lead")
    which = await publish(shared, tenant)
    editor = await shared.as_role("editor", tenant=tenant)
    new = {"body_markdown": "New.", "must_acknowledge_by": "2026-12-20", "reason": "It has moved."}
    assert (await editor.post(f"/v1/announcements/{which}/versions", json=new)).status_code == 409
    body = {"title": "T", "body_markdown": "B", "audience": {}, "renew_months": 12}
    assert (await editor.post("/v1/announcements", json=body)).status_code == 422
    past = await publish(shared, tenant, must_acknowledge_by=TODAY.isoformat())
    new["must_acknowledge_by"] = "2026-11-01"
    assert (await editor.post(f"/v1/announcements/{past}/versions", json=new)).status_code == 422
