"""A mobile number gets no text until whoever has it gives back the code that was texted to it."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.communications import service
from app.core import migrate
from app.core.ids import new_id
from app.core.settings import Settings
from app.demo.simulators import Providers
from tests.factories.channels import API_KEY, new_number, notify_beside, set_up
from tests.factories.communications import confirm_numbers, delivery_rows, give_post, publish, told
from tests.factories.service import NOW, LivePlenary
from workers.jobs import MOST_LOSSES
from workers.relay import relay

PREFERENCES = "/v1/me/preferences"
CONFIRMATION = f"{PREFERENCES}/mobile-confirmation"
CODE = f"{PREFERENCES}/mobile-code"
GPS = {"roles": ["gp"]}


@dataclass
class Telephone:
    """A person, what they can call, and what has been texted to whom."""

    live: LivePlenary
    tenant: str
    notify: Providers
    person: UUID
    client: httpx.AsyncClient

    async def another(self) -> "Telephone":
        person, client = await _gp(self.live, self.tenant)
        return Telephone(self.live, self.tenant, self.notify, person, client)

    async def give(self, number: str | None, **more: Any) -> dict[str, Any]:
        """A number, and what comes of it."""
        answer = await self.client.put(PREFERENCES, json={"mobile": number} | more, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text
        await self.live.work()
        return answer.json()

    async def shown(self) -> dict[str, Any]:
        return (await self.client.get(PREFERENCES)).json()

    async def ask(self) -> httpx.Response:
        answer = await self.client.post(CODE)
        await self.live.work()
        return answer

    async def confirm(self, code: str, **headers: str) -> httpx.Response:
        return await self.client.post(CONFIRMATION, json={"code": code}, headers=headers)

    def texts(self, number: str) -> list[str]:
        taken = [each for each in self.notify.taken if each.to == number]
        return [httpx.Response(200, content=each.body).json()["personalisation"]["body"] for each in taken]

    def code(self, number: str) -> str:
        """In the last text."""
        found = re.match(r"[0-9]{6}\b", self.texts(number)[-1])
        assert found
        return found[0]

    def wrong(self, number: str) -> str:
        return f"{(int(self.code(number)) + 1) % 1_000_000:06d}"

    async def rest(self, minutes: int = 1) -> None:
        """What was counted is so much longer ago."""
        await self.live.execute(
            "UPDATE sending_allowance SET full_at = full_at - $1::interval WHERE key LIKE 'code:%'",
            timedelta(minutes=minutes),
        )


async def _gp(live: LivePlenary, tenant: str) -> tuple[UUID, httpx.AsyncClient]:
    name = f"Ann {new_id().hex[-6:]}"
    person = await live.make_person(name, tenant=tenant)
    await give_post(live, tenant, person, "gp", practice=f"{tenant}A")
    return person, await live.as_role("practice_member", tenant=tenant, practice=f"{tenant}A", person=person)


@pytest.fixture
async def silent(shared: LivePlenary) -> AsyncIterator[Telephone]:
    """Of somebody whose commissioner sends no texts."""
    tenant = await shared.fresh_tenant()
    await shared.make_practice(f"{tenant}A", tenant)
    async with notify_beside(shared) as notify:
        yield Telephone(shared, tenant, notify, *await _gp(shared, tenant))
        shared.clock.instant = NOW


@pytest.fixture
async def ann(silent: Telephone) -> Telephone:
    await _set_up(silent)
    return silent


async def _set_up(telephone: Telephone, **options: Any) -> None:
    await set_up(telephone.live, telephone.tenant, "notify", text_template=str(new_id()), **options)


async def test_a_new_number_gets_a_code_and_nothing_else_until_the_code_is_given(ann: Telephone) -> None:
    number = new_number()
    given = await ann.give(number, channels={"announcements": ["email", "text"]})
    assert (given["mobile"], given["mobile_confirmed"]) == (number, False)
    await publish(ann.live, ann.tenant, audience=GPS)
    await publish(ann.live, ann.tenant, audience=GPS, urgency="critical", title="No water")
    [text] = ann.texts(number)
    assert await delivery_rows(ann.live, ann.tenant, "channel = 'text'") == []
    assert f"is the code to confirm this number for messages from NHS {ann.tenant}." in text
    answer = await ann.confirm(ann.code(number))
    assert (answer.status_code, answer.json()["mobile_confirmed"]) == (200, True)
    read = await ann.client.get(PREFERENCES)
    assert read.json() == answer.json()
    assert read.headers["ETag"] == answer.headers["ETag"]
    await publish(ann.live, ann.tenant, audience=GPS, title="News")
    assert [text.splitlines()[0] for text in ann.texts(number)[1:]] == ["News"]


async def test_the_code_is_taken_as_people_copy_it_and_a_second_time_changes_nothing(ann: Telephone) -> None:
    number = new_number()
    await ann.give(number)
    code = ann.code(number)
    first = await ann.confirm(f" {code[:3]}-{code[3:]}")
    again = await ann.confirm(code)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert (await ann.ask()).json()["code"] == "communications.mobile_confirmed"


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "", "\uff11\uff12\uff13\uff14\uff15\uff16"])
async def test_what_is_no_code_is_refused_and_counts_for_nothing(ann: Telephone, code: str) -> None:
    number = new_number()
    await ann.give(number)
    for _ in range(6):
        refused = await ann.confirm(code)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/code")
    assert (await ann.confirm(ann.code(number))).status_code == 200


async def test_after_five_wrong_codes_the_right_one_is_refused_too_and_another_is_asked_for(ann: Telephone) -> None:
    number = new_number()
    await ann.give(number)
    answers = [await ann.confirm(ann.wrong(number)) for _ in range(5)]
    assert [answer.json()["code"] for answer in answers] == [
        *["communications.code_wrong"] * 4,
        "communications.code_spent",
    ]
    assert "4 tries are left" in answers[0].json()["errors"][0]["detail"]
    assert "1 try is left" in answers[3].json()["errors"][0]["detail"]
    spent = await ann.confirm(ann.code(number))
    assert (spent.status_code, spent.json()["code"]) == (409, "communications.code_spent")
    assert (await ann.shown())["mobile_confirmed"] is False
    await ann.rest()
    assert (await ann.ask()).status_code == 202
    assert (await ann.confirm(ann.code(number))).status_code == 200


async def test_a_wrong_code_with_an_idempotency_key_counts_each_time(ann: Telephone) -> None:
    number = new_number()
    await ann.give(number)
    key = {"Idempotency-Key": str(new_id())}
    answers = [await ann.confirm(ann.wrong(number), **key) for _ in range(5)]
    assert answers[-1].json()["code"] == "communications.code_spent"


async def test_a_code_is_good_for_ten_minutes(ann: Telephone) -> None:
    number = new_number()
    await ann.give(number)
    ann.live.clock.instant = NOW + timedelta(minutes=10)
    late = await ann.confirm(ann.code(number))
    assert (late.status_code, late.json()["code"]) == (409, "communications.code_expired")
    ann.live.clock.instant = NOW + timedelta(minutes=9, seconds=59)
    assert (await ann.confirm(ann.code(number))).status_code == 200


async def test_a_code_that_a_worker_comes_to_too_late_is_not_sent(ann: Telephone) -> None:
    number = new_number()
    await ann.client.put(PREFERENCES, json={"mobile": number})
    ann.live.clock.instant = NOW + timedelta(minutes=10)
    await ann.live.work()
    assert ann.texts(number) == []


async def test_another_code_takes_the_place_of_the_one_before(ann: Telephone) -> None:
    number = new_number()
    await ann.give(number)
    first = ann.code(number)
    await ann.rest()
    asked = await ann.ask()
    operation = (await ann.client.get(asked.headers["Location"])).json()
    assert (operation["status"], operation["result"]["state"]) == ("succeeded", "sent")
    assert len(ann.texts(number)) == 2
    if first != ann.code(number):
        assert (await ann.confirm(first)).json()["code"] == "communications.code_wrong"
    assert (await ann.confirm(ann.code(number))).status_code == 200


async def test_a_person_gets_one_code_a_minute_and_five_a_day_whatever_the_number(ann: Telephone) -> None:
    numbers = [new_number() for _ in range(7)]
    await ann.give(numbers[0])
    refused = await ann.ask()
    assert (refused.status_code, refused.json()["code"]) == (429, "communications.too_many_codes")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert (await ann.give(numbers[1]))["mobile"] == numbers[1]
    for number in numbers[2:]:
        await ann.rest()
        await ann.give(number)
    assert [len(ann.texts(number)) for number in numbers] == [1, 0, 1, 1, 1, 1, 0]
    await ann.rest()
    refused = await ann.ask()
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 60) == (429, True)


async def test_a_number_gets_one_code_a_minute_and_five_a_day_whoever_asks_and_wherever(ann: Telephone) -> None:
    number = new_number()
    others = [await ann.another() for _ in range(5)]
    elsewhere = await ann.live.fresh_tenant()
    await ann.live.make_practice(f"{elsewhere}A", elsewhere)
    others[0] = Telephone(ann.live, elsewhere, ann.notify, *await _gp(ann.live, elsewhere))
    await _set_up(others[0])
    await ann.give(number)
    assert (await others[0].give(number))["mobile_confirmed"] is False
    assert len(ann.texts(number)) == 1
    for other in others:
        await ann.rest()
        if other is others[0]:
            assert (await other.ask()).status_code == 202
        else:
            await other.give(number)
    assert len(ann.texts(number)) == 5
    await ann.rest()
    assert (await ann.ask()).status_code == 429


async def test_a_refused_asking_spends_nothing(ann: Telephone) -> None:
    number = new_number()
    await ann.give(number)
    for _ in range(10):
        assert (await ann.ask()).status_code == 429
    await ann.rest()
    assert (await ann.ask()).status_code == 202


async def test_a_number_on_the_list_gets_no_code_and_says_so(ann: Telephone) -> None:
    number = new_number()
    admin = await ann.live.as_role("commissioner_admin", tenant=ann.tenant)
    assert (await admin.post("/v1/suppressions", json={"address": number})).is_success
    assert (await ann.give(number))["mobile_confirmed"] is False
    refused = await ann.ask()
    assert (refused.status_code, refused.json()["code"]) == (409, "communications.mobile_suppressed")
    assert ann.texts(number) == []


async def test_a_number_that_comes_on_the_list_before_its_code_has_gone_gets_none(ann: Telephone) -> None:
    number = new_number()
    await ann.client.put(PREFERENCES, json={"mobile": number})
    admin = await ann.live.as_role("commissioner_admin", tenant=ann.tenant)
    assert (await admin.post("/v1/suppressions", json={"address": number})).is_success
    await ann.live.work()
    assert ann.texts(number) == []


async def test_where_no_texts_are_sent_the_number_is_kept_and_the_code_asked_for_later(silent: Telephone) -> None:
    number = new_number()
    given = await silent.give(number, channels={"announcements": ["text"]})
    assert (given["mobile"], given["mobile_confirmed"], given["can_text"]) == (number, False, False)
    refused = await silent.ask()
    assert (refused.status_code, refused.json()["code"]) == (409, "communications.no_texts_here")
    await _set_up(silent)
    assert (await silent.ask()).status_code == 202
    assert (await silent.confirm(silent.code(number))).json()["channels"]["announcements"] == ["text"]


async def test_the_same_number_given_again_gets_the_code_that_could_not_go_before(silent: Telephone) -> None:
    number = new_number()
    await silent.give(number)
    await _set_up(silent)
    await silent.give(number)
    await silent.rest()
    await silent.give(number)
    assert len(silent.texts(number)) == 1


async def test_nobody_uses_up_the_day_of_a_number(ann: Telephone) -> None:
    number, bob = new_number(), await ann.another()
    await ann.give(number)
    for expected in (202, 202, 429):
        await ann.rest()
        assert (await ann.ask()).status_code == expected
    await bob.give(number)
    assert len(ann.texts(number)) == 4


async def test_a_code_whose_job_is_given_up_says_so(ann: Telephone) -> None:
    number = new_number()
    await ann.client.put(PREFERENCES, json={"mobile": number})
    await relay(ann.live.tools)
    tenant = ann.live.tenants[ann.tenant]
    await ann.live.execute(
        "UPDATE job SET attempts = $1 WHERE kind = 'communications.send_mobile_code'", MOST_LOSSES, tenant=tenant
    )
    await ann.live.work()
    [row] = await ann.live.fetch(
        "SELECT status, result FROM operation WHERE kind = 'communications.mobile_code'", tenant=tenant
    )
    assert (row["status"], '"not_tried"' in row["result"], ann.texts(number)) == ("succeeded", True, [])


async def test_without_a_number_there_is_nothing_to_confirm_or_ask_for(ann: Telephone) -> None:
    for answer in (await ann.ask(), await ann.confirm("123456")):
        assert (answer.status_code, answer.json()["code"]) == (409, "communications.mobile_unknown")


async def test_another_number_is_not_confirmed_and_the_same_in_another_writing_is(ann: Telephone) -> None:
    number, other = new_number(), new_number()
    await ann.give(number)
    confirmed = await ann.confirm(ann.code(number))
    await ann.rest()
    same = await ann.client.put(
        PREFERENCES, json={"mobile": f"0{number[3:]}"}, headers={"If-Match": confirmed.headers["ETag"]}
    )
    assert (same.json(), same.headers["ETag"]) == (confirmed.json(), confirmed.headers["ETag"])
    assert (await ann.give(other))["mobile_confirmed"] is False
    await ann.rest()
    assert (await ann.give(number))["mobile_confirmed"] is False
    assert (len(ann.texts(number)), len(ann.texts(other))) == (2, 1)


async def test_the_code_of_one_number_confirms_no_other(ann: Telephone) -> None:
    number, other = new_number(), new_number()
    await ann.give(number)
    await ann.give(other)
    refused = await ann.confirm(ann.code(number))
    assert (refused.status_code, refused.json()["code"]) == (409, "communications.code_expired")
    await ann.rest()
    await ann.ask()
    if ann.code(number) != ann.code(other):
        assert (await ann.confirm(ann.code(number))).json()["code"] == "communications.code_wrong"


async def test_nobody_confirms_with_anothers_code(ann: Telephone) -> None:
    number = new_number()
    await ann.give(number)
    bob = await ann.another()
    await bob.give(number)
    await ann.rest()
    await bob.ask()
    texts = ann.texts(number)
    if texts[0][:6] != texts[1][:6]:
        assert (await ann.confirm(texts[1][:6])).status_code == 422
    assert (await bob.confirm(texts[1][:6])).status_code == 200
    assert (await ann.shown())["mobile_confirmed"] is False


async def test_a_code_whose_number_was_changed_before_it_left_is_not_sent(ann: Telephone) -> None:
    number, other = new_number(), new_number()
    await ann.client.put(PREFERENCES, json={"mobile": number})
    await ann.rest()
    await ann.give(other)
    assert (len(ann.texts(number)), len(ann.texts(other))) == (0, 1)


async def test_neither_code_nor_number_stands_where_it_need_not(ann: Telephone) -> None:
    number = new_number()
    await ann.give(number)
    code = ann.code(number)
    await ann.rest()
    await ann.ask()
    await ann.confirm(ann.wrong(number), **{"Idempotency-Key": str(new_id())})
    tenant = ann.live.tenants[ann.tenant]
    for table in ("event", "job", "operation", "audit_entry", "mobile_code", "sending_allowance"):
        rows = [row[0] for row in await ann.live.fetch(f"SELECT t::text FROM {table} t", tenant=tenant)]
        assert rows
        assert not [row for row in rows if number[3:] in row]
        # Six digits come up in ids by chance: as a word they do not.
        assert not [row for row in rows if re.search(rf"(?<![0-9a-f.-]){code}(?![0-9a-f-])", row)]


async def test_a_code_whose_worker_died_in_the_middle_is_not_sent_twice(ann: Telephone) -> None:
    number = new_number()
    await ann.client.put(PREFERENCES, json={"mobile": number})
    tenant = ann.live.tenants[ann.tenant]
    await ann.live.execute(
        "UPDATE operation SET status = 'running' WHERE kind = 'communications.mobile_code'", tenant=tenant
    )
    await ann.live.work()
    [row] = await ann.live.fetch(
        "SELECT result FROM operation WHERE kind = 'communications.mobile_code'", tenant=tenant
    )
    assert '"in_doubt"' in row["result"]
    assert ann.texts(number) == []


async def test_the_office_is_told_where_its_key_is_why_no_code_goes(silent: Telephone) -> None:
    await _set_up(silent, api_key=f"{API_KEY[:-4]}0000")
    office = await silent.live.make_person("Office", tenant=silent.tenant)
    await silent.live.make_key("commissioner_admin", tenant=silent.tenant, person=office)
    await silent.give(new_number())
    admin = await silent.live.as_role("commissioner_admin", tenant=silent.tenant)
    assert "Invalid token" in (await admin.get("/v1/message-providers/notify")).json()["fault"]
    assert await told(silent.live, silent.tenant, "provider")


async def test_a_code_counts_for_the_limits_of_the_provider(silent: Telephone) -> None:
    await _set_up(silent, daily_limit=0)
    number = new_number()
    await silent.give(number)
    await silent.rest()
    asked = await silent.ask()
    result = (await silent.client.get(asked.headers["Location"])).json()["result"]
    assert (result["state"], "leave room again" in result["detail"]) == ("not_tried", True)
    assert silent.texts(number) == []


async def test_a_code_waits_for_its_place_among_other_texts(silent: Telephone) -> None:
    await _set_up(silent, rate_per_minute=1)
    number, other, bob = new_number(), new_number(), await silent.another()
    await silent.give(number)
    await bob.give(other)
    assert (len(silent.texts(number)), len(silent.texts(other))) == (1, 0)
    tenant = silent.live.tenants[silent.tenant]
    await silent.live.execute(
        "UPDATE sending_allowance SET full_at = full_at - interval '1 minute' WHERE key LIKE $1", f"notify:{tenant}:%"
    )
    await silent.live.execute("UPDATE job SET run_at = clock_timestamp() WHERE state = 'queued'", tenant=tenant)
    await silent.live.work()
    assert (await bob.confirm(silent.code(other))).status_code == 200


async def test_a_code_that_finds_no_place_is_given_up_and_no_job_is_parked(silent: Telephone) -> None:
    await _set_up(silent, rate_per_minute=1)
    bob, tenant = await silent.another(), silent.live.tenants[silent.tenant]
    await silent.give(new_number())
    await bob.give(new_number())
    for _ in range(8):
        await silent.live.execute("UPDATE job SET run_at = clock_timestamp() WHERE state = 'queued'", tenant=tenant)
        await silent.live.work()
    jobs = await silent.live.fetch(
        "SELECT state FROM job WHERE kind = 'communications.send_mobile_code'", tenant=tenant
    )
    assert {job["state"] for job in jobs} == {"done"}
    rows = await silent.live.fetch("SELECT result FROM operation WHERE person_id = $1", bob.person, tenant=tenant)
    assert ["leave room again" in row["result"] for row in rows] == [True]


async def test_of_two_confirmations_at_once_one_changes_something(ann: Telephone) -> None:
    number = new_number()
    await ann.give(number)
    answers = await asyncio.gather(*(ann.confirm(ann.code(number)) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    noted = "SELECT FROM audit_entry WHERE action = 'mobile.confirmed'"
    assert len(await ann.live.fetch(noted, tenant=ann.live.tenants[ann.tenant])) == 1


async def test_wrong_codes_at_once_are_each_counted(ann: Telephone) -> None:
    number = new_number()
    await ann.give(number)
    answers = await asyncio.gather(*(ann.confirm(ann.wrong(number)) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [409] * 8 + [422] * 4
    assert (await ann.confirm(ann.code(number))).json()["code"] == "communications.code_spent"


async def test_a_number_that_is_changed_during_a_confirmation_is_not_confirmed_by_it(ann: Telephone) -> None:
    for _ in range(5):
        number, other = new_number(), new_number()
        await ann.rest(60)
        await ann.live.execute("UPDATE sending_allowance SET sent = 0 WHERE key LIKE 'code:%'")
        await ann.give(number)
        change = {"json": {"mobile": other}, "headers": {"If-Match": "*"}}
        changed, _ = await asyncio.gather(ann.client.put(PREFERENCES, **change), ann.confirm(ann.code(number)))
        assert changed.json()["mobile_confirmed"] is False
        shown = await ann.shown()
        assert (shown["mobile"], shown["mobile_confirmed"]) == (other, False)
        await ann.live.work()


async def test_codes_asked_for_at_once_are_one(ann: Telephone) -> None:
    number = new_number()
    await ann.give(number)
    await ann.rest()
    answers = await asyncio.gather(*(ann.client.post(CODE) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [202] + [429] * 5
    await ann.live.work()
    assert len(ann.texts(number)) == 2
    assert (await ann.confirm(ann.code(number))).status_code == 200


async def test_what_is_kept_says_whether_the_number_is_confirmed_and_goes_with_the_person(ann: Telephone) -> None:
    await ann.give(new_number())
    async with ann.live.worker_session(ann.tenant) as session:
        copy = await service.export_person(session, ann.person)
        assert copy["mobile_confirmed"] is False
        await service.erase_person(session, ann.person, now=NOW)
    for table in ("mobile_code", "message_preference"):
        assert await ann.live.fetch(f"SELECT FROM {table}", tenant=ann.live.tenants[ann.tenant]) == []


async def test_a_person_who_is_erased_before_the_code_has_gone_gets_none(ann: Telephone) -> None:
    number = new_number()
    await ann.client.put(PREFERENCES, json={"mobile": number})
    async with ann.live.worker_session(ann.tenant) as session:
        await service.erase_person(session, ann.person, now=NOW)
    await ann.live.work()
    assert ann.texts(number) == []


async def test_what_was_counted_on_days_before_is_dropped(ann: Telephone) -> None:
    await ann.give(new_number())
    await ann.live.execute("UPDATE sending_allowance SET day = day - 1, full_at = full_at - interval '1 day'")
    await ann.give(new_number())
    async with ann.live.worker_session(ann.tenant) as session:
        await service.drop_old_allowances(session)
    rows = await ann.live.fetch("SELECT key FROM sending_allowance WHERE starts_with(key, 'code:')")
    assert len(rows) == 3
    # Those of providers stay.
    assert await ann.live.fetch("SELECT FROM sending_allowance WHERE starts_with(key, 'notify:')")


async def test_a_confirmed_number_is_shown_with_the_version_that_it_has(ann: Telephone) -> None:
    await ann.give(new_number())
    await confirm_numbers(ann.live, ann.tenant)
    refused = await ann.confirm("123456", **{"If-Match": '"99"'})
    assert refused.status_code == 412


def test_numbers_from_before_count_as_confirmed(live_settings: Settings) -> None:
    owner = live_settings.asyncpg_url("owner")
    migrate.downgrade(owner, "0063_personalised")
    tenants = [new_id(), new_id()]
    asyncio.run(_choices_of_before(owner, live_settings.asyncpg_url("platform"), tenants))
    migrate.upgrade(owner)
    found = asyncio.run(_confirmed(live_settings.asyncpg_url("backup")))
    assert sorted(found, key=str) == sorted([("+447700900123", True), (None, None)] * 2, key=str)


async def _choices_of_before(owner: str, platform: str, tenants: list[UUID]) -> None:
    """Of each tenant somebody with a number, and somebody without."""
    connection, register = await asyncpg.connect(owner), await asyncpg.connect(platform)
    for n, tenant in enumerate(tenants):
        await register.execute(
            "INSERT INTO commissioner (id, code, name, kind, created_at) VALUES ($1, $2, $2, 'place', now())",
            tenant,
            f"ZZ{n}",
        )
        for number in ("+447700900123", None):
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.commissioner', $1, true)", str(tenant))
                person = new_id()
                await connection.execute(
                    "INSERT INTO person (commissioner_id, id, name, name_key, created_at) VALUES ($1, $2, 'A', 'a', now())",
                    tenant,
                    person,
                )
                await connection.execute(
                    "INSERT INTO message_preference (commissioner_id, person_id, muted, changed_at, mobile)"
                    " VALUES ($1, $2, '{}', now(), $3)",
                    tenant,
                    person,
                    number,
                )
    await connection.close()
    await register.close()


async def _confirmed(backup: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(backup)
    rows = await connection.fetch("SELECT mobile, mobile = confirmed_mobile FROM message_preference")
    await connection.close()
    return [tuple(row) for row in rows]
