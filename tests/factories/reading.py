"""What has to be read: practices with people who are asked, and what they and the office see of it."""

from datetime import date, datetime
from typing import Any

from app.communications import service
from tests.factories.communications import give_post
from tests.factories.links import Page, link_in, mails_to
from tests.factories.service import LivePlenary

BY = "2026-12-06"
"""The last day to read what is published on the day of the tests' clock."""


async def practice_of(live: LivePlenary, **people: str) -> tuple[str, str]:
    """A practice with these posts, each held by somebody of that name at an address of it."""
    tenant = await live.fresh_tenant()
    code = f"M{tenant[2:]}"[:7]
    await live.make_practice(code, tenant)
    for role, name in people.items():
        address = f"{name.split()[0].lower()}@{code}.example"
        person = await live.make_person(name, tenant=tenant, email=address)
        await give_post(live, tenant, person, role, practice=code)
    return tenant, code


async def duties_of(live: LivePlenary, tenant: str, which: str, **options: Any) -> dict[str, Any]:
    client = await live.as_role("scheme_manager", tenant=tenant)
    answer = await client.get(f"/v1/announcements/{which}/acknowledgements", **options)
    assert answer.status_code == 200, answer.text
    return answer.json() if not options else {"csv": answer.text}


async def read_by_link(live: LivePlenary, address: str, name: str) -> str:
    """By the newest mail to that address; what its page said."""
    browser, link = live.client(None), link_in(mails_to(live, address)[-1])
    page = Page((await browser.get(link)).text)
    answer = await browser.post(link, data=page.filled("acknowledge", name=name))
    assert answer.status_code == 200, answer.text
    return page.text


async def see_to_day(live: LivePlenary, tenant: str, on: date) -> None:
    """It is that day, and its nightly work on what has to be read is done; what that wrote waits to be sent."""
    live.clock.instant = datetime.combine(on, live.clock.instant.timetz())
    async with live.worker_session(tenant) as session:
        left = await service.list_to_see_to(session, now=live.clock.now())
    for each in left:
        async with live.worker_session(tenant) as session:
            await service.see_to_reading(session, each, now=live.clock.now())
