"""Mail that is not wanted any more, stopped from the mail itself."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from tests.factories.communications import delivery_rows, give_mailbox, give_post, publish
from tests.factories.links import link_in, mails_to
from tests.factories.service import LivePlenary

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.mark.parametrize("to", ["person", "mailbox"])
async def test_one_click_stops_routine_mail_of_the_topic_and_nothing_else(shared: LivePlenary, to: str) -> None:
    tenant = await shared.fresh_tenant()
    practice = f"ZZ44{'1' if to == 'person' else '2'}0"
    await shared.make_practice(practice, tenant)
    address = f"{to}@{practice}.example"
    if to == "person":
        lead = await shared.make_person("Lena Lead", tenant=tenant, email=address)
        await give_post(shared, tenant, lead, "named_lead", practice=practice)
    else:
        await give_mailbox(shared, tenant, practice, address)
    await publish(shared, tenant)
    [mail] = mails_to(shared, address)
    listed = mail["List-Unsubscribe"].strip("<>")
    assert (mail["List-Unsubscribe-Post"], urlsplit(listed).path) == ("List-Unsubscribe=One-Click", link_in(mail, "u"))
    browser, path = shared.client(None), urlsplit(listed).path
    page = await browser.get(path)
    assert (page.status_code, "Stop routine mail about announcements" in page.text) == (200, True)
    assert (await browser.post(path, data={})).status_code == 422
    await publish(shared, tenant, title="Still sent")
    assert [each["Subject"] for each in mails_to(shared, address)][-1] == "Still sent"
    for _ in range(2):
        assert (await browser.post(path, data=ONE_CLICK)).status_code == 200
    await publish(shared, tenant, title="Not sent")
    await publish(shared, tenant, title="Important", urgency="important")
    states = [row["state"] for row in await delivery_rows(shared, tenant)]
    assert sorted(states) == ["sent", "sent", "sent", "suppressed"]
    important = mails_to(shared, address)[-1]
    assert important["Subject"] == "Important"
    assert important["List-Unsubscribe"] is None
    assert "is turned off" in (await browser.get(path)).text


async def test_a_forged_or_old_link_stops_nothing_and_says_so(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZ4430", tenant)
    await give_mailbox(shared, tenant, "ZZ4430", "surgery@zz4430.example")
    await publish(shared, tenant)
    [mail] = mails_to(shared, "surgery@zz4430.example")
    browser, path = shared.client(None), link_in(mail, "u")
    assert (await browser.post(path[:-2] + "zz", data=ONE_CLICK)).status_code == 404
    assert (await browser.post(path.replace("/u/", "/a/"), data=ONE_CLICK)).status_code == 404
    shared.clock.instant += timedelta(days=366)
    try:
        old = await browser.post(path, data=ONE_CLICK)
        assert (old.status_code, "too old" in old.text) == (410, True)
    finally:
        shared.clock.instant -= timedelta(days=366)
    assert await shared.fetch("SELECT 1 FROM mailbox_preference", tenant=shared.tenants[tenant]) == []
