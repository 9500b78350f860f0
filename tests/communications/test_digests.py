"""Mail that waits: digests, each once, and quiet hours, which put off and never drop."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.communications import service
from tests.factories.communications import delivery_rows, give_post, mail_of, outbox, publish, told
from tests.factories.jobs import job_rows
from tests.factories.service import LivePlenary

GPS = {"roles": ["gp"]}


@pytest.fixture
async def tenant(shared: LivePlenary) -> AsyncIterator[str]:
    code = await shared.fresh_tenant()
    await shared.make_practice(f"{code}A", code)
    before = shared.clock.instant
    yield code
    shared.clock.instant = before


async def _person(shared: LivePlenary, tenant: str, name: str, choice: dict[str, Any]) -> UUID:
    person = await shared.make_person(name, tenant=tenant, email=f"{name.lower()}@{tenant.lower()}.example")
    await give_post(shared, tenant, person, "gp", practice=f"{tenant}A")
    client = await shared.as_role("practice_member", tenant=tenant, practice=f"{tenant}A", person=person)
    assert (await client.put("/v1/me/preferences", json=choice)).status_code == 200
    return person


async def _until(shared: LivePlenary, tenant: str, moment: datetime) -> None:
    """It is that moment for everybody: what was to run by then runs."""
    shared.clock.instant = moment
    await shared.execute(
        "UPDATE job SET run_at = clock_timestamp() WHERE state = 'queued' AND (kind LIKE 'communications.send%'"
        " OR (kind = 'communications.write_digests' AND dedupe_key <= $1))",
        moment.isoformat(),
        tenant=shared.tenants[tenant],
    )
    await shared.work()


async def test_a_digest_has_what_waited_whole_and_the_newest_first(shared, tenant):
    ann = await _person(shared, tenant, "Ann", {"frequency": {"announcements": "daily"}})
    shared.clock.instant = datetime(2027, 11, 23, 9, tzinfo=UTC)
    await publish(shared, tenant, audience=GPS, title="The older", body_markdown="The **first** text.")
    shared.clock.instant = datetime(2027, 11, 23, 10, tzinfo=UTC)
    await publish(shared, tenant, audience=GPS, title="The newer", body_markdown="The second text.")
    assert {row["state"] for row in await delivery_rows(shared, tenant)} == {"held"}
    await _until(shared, tenant, datetime(2027, 11, 24, 7, tzinfo=UTC))
    [digest] = await told(shared, tenant, "digest")
    subject, text = mail_of(shared, digest)
    assert (digest["person_id"], digest["state"], subject) == (ann, "sent", "2 messages, 24 November 2027")
    assert text.index("The newer") < text.index("The second text.") < text.index("The older") < text.index("first text")
    assert {row["state"] for row in await told(shared, tenant, "announcement")} == {"digested"}


async def test_one_digest_for_each_window_over_both_changes_of_the_clocks_whatever_dies(shared, tenant):
    people = [await _person(shared, tenant, name, {"frequency": {"announcements": "daily"}, "digest": {"hour": hour, "weekday": 1}}) for name, hour in (("Ann", 1), ("Bob", 7), ("Cat", 2))]  # fmt: skip
    written = Counter[str]()
    for day in (datetime(2027, 3, 26, 12, tzinfo=UTC), datetime(2027, 10, 29, 12, tzinfo=UTC)):
        for passed in range(4):
            await _until(shared, tenant, day + timedelta(days=passed))
            await publish(shared, tenant, audience=GPS, title=f"Of day {passed}")
        await _until(shared, tenant, day + timedelta(days=4))
        # The days that were missed between spring and autumn had nothing to tell.
        rows = await shared.fetch(
            "SELECT source_id, (occasion::timestamptz AT TIME ZONE 'Europe/London')::date AS day FROM message"
            " WHERE source = 'digest'",
            tenant=shared.tenants[tenant],
        )
        written = Counter((row["source_id"], row["day"]) for row in rows)
    assert set(written.values()) == {1}
    assert Counter(person for person, _ in written) == dict.fromkeys(map(str, people), 8)


async def test_two_workers_at_once_write_a_window_once(shared, tenant):
    await _person(shared, tenant, "Ann", {"frequency": {"announcements": "weekly"}})
    shared.clock.instant = datetime(2027, 11, 23, 9, tzinfo=UTC)
    await publish(shared, tenant, audience=GPS)
    due = datetime(2027, 11, 29, 7, tzinfo=UTC)

    async def write() -> None:
        async with shared.worker_session(tenant) as session:
            await service.write_digests(session, until=due, now=due)

    await asyncio.gather(write(), write(), write())
    assert len(await told(shared, tenant, "digest")) == 1


async def test_whoever_lost_the_post_before_the_digest_gets_no_title_of_it(shared, tenant):
    ann = await _person(shared, tenant, "Ann", {"frequency": {"announcements": "daily"}})
    shared.clock.instant = datetime(2027, 11, 23, 9, tzinfo=UTC)
    await publish(shared, tenant, audience=GPS, title="Secret of the practice")
    await shared.execute(
        "UPDATE post SET valid_until = '2027-11-23' WHERE person_id = $1", ann, tenant=shared.tenants[tenant]
    )
    await _until(shared, tenant, datetime(2027, 11, 24, 7, tzinfo=UTC))
    assert await told(shared, tenant, "digest") == []
    [row] = await delivery_rows(shared, tenant)
    assert (row["state"], row["in_inbox"]) == ("withdrawn", False)


async def _written_and_held(shared: LivePlenary, tenant: str) -> dict[str, UUID]:
    """A digest of two announcements, one to GPs and one to the practice's nurses too, that a mail server does not take yet.
    What was announced, by its title.
    """
    shared.clock.instant = datetime(2027, 11, 23, 9, tzinfo=UTC)
    found = {
        "Of GPs": UUID(await publish(shared, tenant, audience=GPS, title="Of GPs")),
        "Of all": UUID(await publish(shared, tenant, audience={"roles": ["gp", "nurse"]}, title="Of all")),
    }
    shared.tools.settings = shared.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    try:
        await _until(shared, tenant, datetime(2027, 11, 24, 7, tzinfo=UTC))
    finally:
        shared.tools.settings = shared.settings
    [digest] = await told(shared, tenant, "digest")
    assert digest["state"] == "queued"
    return found


async def test_what_a_person_may_no_longer_see_is_written_out_of_a_digest_that_goes_late(shared, tenant):
    ann = await _person(shared, tenant, "Ann", {"frequency": {"announcements": "daily"}})
    await _written_and_held(shared, tenant)
    await shared.execute("UPDATE post SET role = 'nurse' WHERE person_id = $1", ann, tenant=shared.tenants[tenant])
    await _until(shared, tenant, datetime(2027, 11, 24, 9, tzinfo=UTC))
    [digest] = await told(shared, tenant, "digest")
    subject, text = mail_of(shared, digest)
    assert (subject, "Of all" in text, "Of GPs" in text) == ("1 message, 24 November 2027", True, False)
    assert sorted(row["state"] for row in await told(shared, tenant, "announcement")) == ["digested", "withdrawn"]


async def test_a_digest_that_goes_late_does_not_go_to_whoever_lost_the_post(shared, tenant):
    ann = await _person(shared, tenant, "Ann", {"frequency": {"announcements": "daily"}})
    await _written_and_held(shared, tenant)
    end = "UPDATE post SET valid_until = '2027-11-24' WHERE person_id = $1"
    await shared.execute(end, ann, tenant=shared.tenants[tenant])
    await _until(shared, tenant, datetime(2027, 11, 24, 9, tzinfo=UTC))
    [digest] = await told(shared, tenant, "digest")
    assert (digest["state"], digest["detail"]) == ("withdrawn", "nothing in it is meant any more")
    assert not [file for file in outbox(shared) if file.stem == str(digest["id"])]


async def test_what_the_office_took_back_is_written_out_of_a_digest_that_goes_late(shared, tenant):
    await _person(shared, tenant, "Ann", {"frequency": {"announcements": "daily"}})
    found = await _written_and_held(shared, tenant)
    editor = await shared.as_role("editor", tenant=tenant)
    assert (await editor.post(f"/v1/announcements/{found['Of GPs']}/withdraw")).is_success
    await _until(shared, tenant, datetime(2027, 11, 24, 9, tzinfo=UTC))
    [digest] = await told(shared, tenant, "digest")
    assert mail_of(shared, digest)[0] == "1 message, 24 November 2027"


async def test_quiet_hours_put_off_and_do_not_drop(shared, tenant):
    await _person(shared, tenant, "Ann", {"quiet_hours": {"from": 19, "until": 7}})
    shared.clock.instant = datetime(2027, 11, 23, 20, tzinfo=UTC)
    await publish(shared, tenant, audience=GPS, urgency="important")
    [row] = await delivery_rows(shared, tenant)
    assert (row["state"], row["not_before"]) == ("queued", datetime(2027, 11, 24, 7, tzinfo=UTC))
    [job] = [each for each in await job_rows(shared, "communications.send_batch", tenant) if each["state"] == "queued"]
    assert job["run_at"] == datetime(2027, 11, 24, 7, tzinfo=UTC)
    await _until(shared, tenant, datetime(2027, 11, 24, 7, 1, tzinfo=UTC))
    assert [row["state"] for row in await delivery_rows(shared, tenant)] == ["sent"]


async def test_what_comes_to_be_sent_in_quiet_hours_waits_too(shared, tenant):
    await _person(shared, tenant, "Ann", {"quiet_hours": {"from": 19, "until": 7}})
    shared.clock.instant = datetime(2027, 11, 23, 12, tzinfo=UTC)
    shared.tools.settings = shared.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    try:
        await publish(shared, tenant, audience=GPS)
        await _until(shared, tenant, datetime(2027, 11, 23, 22, tzinfo=UTC))
    finally:
        shared.tools.settings = shared.settings
    [row] = await delivery_rows(shared, tenant)
    assert (row["state"], row["attempts"], row["not_before"]) == ("queued", 1, datetime(2027, 11, 24, 7, tzinfo=UTC))
    await _until(shared, tenant, datetime(2027, 11, 24, 7, tzinfo=UTC))
    assert [row["state"] for row in await delivery_rows(shared, tenant)] == ["sent"]


async def test_what_is_critical_comes_at_once_and_says_why(shared, tenant):
    await _person(
        shared, tenant, "Ann", {"frequency": {"announcements": "never"}, "quiet_hours": {"from": 0, "until": 23}}
    )
    await publish(shared, tenant, audience=GPS, urgency="critical")
    [row] = await delivery_rows(shared, tenant)
    assert row["state"] == "sent"
    assert "although you asked not to be mailed" in mail_of(shared, row)[1]


async def test_what_was_turned_off_while_it_waited_is_not_sent(shared, tenant):
    ann = await _person(shared, tenant, "Ann", {"quiet_hours": {"from": 19, "until": 7}})
    shared.clock.instant = datetime(2027, 11, 23, 20, tzinfo=UTC)
    await publish(shared, tenant, audience=GPS)
    client = await shared.as_role("practice_member", tenant=tenant, practice=f"{tenant}A", person=ann)
    off = {"frequency": {"announcements": "never"}}
    assert (await client.put("/v1/me/preferences", json=off, headers={"If-Match": "*"})).status_code == 200
    await _until(shared, tenant, datetime(2027, 11, 24, 7, tzinfo=UTC))
    assert [row["state"] for row in await delivery_rows(shared, tenant)] == ["suppressed"]


async def test_choices_are_shown_as_they_were_made(shared, tenant):
    ann = await _person(
        shared, tenant, "Ann", {"frequency": {"issues": "weekly"}, "quiet_hours": {"from": 19, "until": 7}}
    )
    client = await shared.as_role("practice_member", tenant=tenant, practice=f"{tenant}A", person=ann)
    shown = (await client.get("/v1/me/preferences")).json()
    assert (shown["frequency"]["issues"], shown["frequency"]["schemes"]) == ("weekly", "immediate")
    assert (shown["quiet_hours"], shown["digest"]) == ({"from": 19, "until": 7}, {"hour": 7, "weekday": 1})
    none = await client.put("/v1/me/preferences", json={"quiet_hours": None}, headers={"If-Match": "*"})
    assert none.json()["quiet_hours"] is None
    wrong = await client.put(
        "/v1/me/preferences", json={"quiet_hours": {"from": 7, "until": 7}}, headers={"If-Match": "*"}
    )
    assert wrong.status_code == 422


async def test_what_is_turned_off_before_its_digest_is_in_none(shared, tenant):
    ann = await _person(shared, tenant, "Ann", {"frequency": {"announcements": "daily"}})
    shared.clock.instant = datetime(2027, 11, 23, 9, tzinfo=UTC)
    await publish(shared, tenant, audience=GPS)
    client = await shared.as_role("practice_member", tenant=tenant, practice=f"{tenant}A", person=ann)
    await client.put("/v1/me/preferences", json={"frequency": {"announcements": "never"}}, headers={"If-Match": "*"})
    await _until(shared, tenant, datetime(2027, 11, 24, 7, tzinfo=UTC))
    assert await told(shared, tenant, "digest") == []


async def test_what_is_held_for_a_window_that_is_over_comes_with_the_next(shared, tenant):
    await _person(shared, tenant, "Ann", {"frequency": {"announcements": "daily"}})
    shared.clock.instant = datetime(2027, 11, 23, 9, tzinfo=UTC)
    await publish(shared, tenant, audience=GPS, title="In time")
    late = await publish(shared, tenant, audience=GPS, title="Too late")
    # Its transaction ended only after the digest was written.
    hide = "UPDATE delivery SET state = $2 WHERE message_id = $1"
    await shared.execute(hide, UUID(late), "suppressed", tenant=shared.tenants[tenant])
    await _until(shared, tenant, datetime(2027, 11, 24, 7, tzinfo=UTC))
    await shared.execute(hide, UUID(late), "held", tenant=shared.tenants[tenant])
    for _ in range(2):
        async with shared.worker_session(tenant) as session:
            await service.write_digests(
                session, until=datetime(2027, 11, 24, 7, 1, tzinfo=UTC), now=datetime(2027, 11, 24, 7, 1, tzinfo=UTC)
            )
    await _until(shared, tenant, datetime(2027, 11, 25, 7, tzinfo=UTC))
    subjects = sorted(mail_of(shared, digest)[0] for digest in await told(shared, tenant, "digest"))
    assert subjects == ["1 message, 24 November 2027", "1 message, 25 November 2027"]
