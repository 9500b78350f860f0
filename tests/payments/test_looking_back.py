"""As at one day, as known on another: what was worked out then is given again, whatever was corrected since."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.core.clock import Period
from app.core.ids import new_id
from app.schemes import service as service_of_schemes
from app.schemes.values import FactSource
from tests.factories import schemes
from tests.factories.organisations import make_list_size
from tests.factories.payments import Office
from tests.factories.service import NOW, LivePlenary

SECOND_QUARTER = Period(date(2026, 7, 1), date(2026, 10, 1))
DEFINITION: dict[str, Any] = {
    "language": 1,
    "measures": schemes.PER_HEAD["measures"] | schemes.SESSIONS["measures"],
    "pay": {"type": "sum", "of": [schemes.PER_HEAD["pay"], schemes.SESSIONS["pay"]]},
}
DEARER = {
    **DEFINITION,
    "pay": {"type": "sum", "of": [{**schemes.PER_HEAD["pay"], "rate": "3.00"}, schemes.SESSIONS["pay"]]},
}


async def then(office: Office, *, on: str, known_on: str | None = None) -> dict[str, Any]:
    params = {"practice": office.practices[0], "on": on} | ({"known_on": known_on} if known_on else {})
    answer = await office.manager.get(f"/v1/incentive-schemes/{office.scheme}/statement", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def record(office: Office, day: date, value: str | None, *, now: datetime, confirmed: bool = True) -> None:
    async with office.live.session(office.tenant) as session:
        await service_of_schemes.record_facts(
            session,
            office.scheme,
            [schemes.a_fact(office.practices[0], f"f{day}", day, value)],
            confirmed=confirmed,
            source=FactSource.OFFICE,
            recorded_by=None,
            now=now,
        )


def lines_of(period: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {name: line[name] for name in ("component", "quantity", "rate", "amount", "sentence", "workings", "blocked")}
        for line in period["lines"]
    ]


async def test_the_statement_as_known_then_is_the_same_to_the_byte_after_everything_was_corrected(
    shared: LivePlenary,
) -> None:
    office = await Office.open(shared, lists=("5000",), definition=DEFINITION)
    (practice,) = office.practices
    await record(office, date(2026, 4, 8), "1", now=NOW)
    await record(office, date(2026, 5, 8), "1", now=NOW, confirmed=False)
    run_id = await office.pay()
    paid = await office.manager.get(f"/v1/payment-runs/{run_id}/statements/{practice}")
    before = await then(office, on="2026-06-30", known_on="2026-11-22")
    assert (before["entitled"], before["posted"], before["difference"]) == ("2800.00", "2800.00", "0.00")
    (period,) = before["periods"]
    assert lines_of(period) == lines_of(paid.json())

    later = NOW + timedelta(days=2)
    await record(office, date(2026, 4, 8), "2", now=later)
    await record(office, date(2026, 6, 8), "1", now=later)
    await make_list_size(shared, practice, as_at=date(2026, 3, 1), registered="9000", recorded_at=later)
    async with shared.session(office.tenant) as session:
        version = await service_of_schemes.add_version(
            session, office.scheme, applies=schemes.YEAR, definition=DEARER, reason="Uprated.", now=later
        )
        await service_of_schemes.publish_version(
            session, office.scheme, version.n, expected=schemes.ANY_VERSION, person_id=None, now=later
        )
    assert await then(office, on="2026-06-30", known_on="2026-11-22") == before
    again = await office.manager.get(f"/v1/payment-runs/{run_id}/statements/{practice}")
    assert again.content == paid.content
    assert await then(office, on="2026-06-30", known_on="2026-11-23") == before | {"known_on": "2026-11-23"}


async def test_what_is_known_later_moves_what_was_due_and_not_what_was_posted(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",), definition=DEFINITION)
    await office.pay()
    await record(office, date(2026, 5, 6), "1", now=NOW)
    found = await then(office, on="2026-08-31")
    assert [(each["period"]["from"], each["entitled"], each["posted"]) for each in found["periods"]] == [
        ("2026-04-01", "2800.00", "2500.00"),
        ("2026-07-01", "1666.67", "0.00"),
    ]
    assert (found["entitled"], found["posted"], found["difference"]) == ("4466.67", "2500.00", "1966.67")


async def test_released_period_keeps_what_was_corrected_and_posted_when_newer_versions_cover_parts_of_it(
    shared: LivePlenary,
) -> None:
    office = await Office.open(shared, lists=("5000",), definition=DEFINITION)
    (practice,) = office.practices
    lines = (await office.statement(await office.pay(), practice))["lines"]
    await office.correct(lines[0]["reference"], practice, "40.00")
    for start in (date(2026, 6, 1), date(2026, 5, 1)):
        async with shared.session(office.tenant) as session:
            await schemes.publish(session, office.scheme, DEARER, applies=Period(start, date(2027, 4, 1)))
    (period,) = (await then(office, on="2026-06-30"))["periods"]
    assert (period["version"], period["entitled"], period["corrected"], period["posted"]) == (
        1,
        "2540.00",
        "40.00",
        "2500.00",
    )


async def test_an_organisation_that_nobody_knew_then_is_owed_nothing_yet(
    shared: LivePlenary, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = {"type": "organisation", "code": f"X{new_id().hex[-5:].upper()}"}
    definition = {**schemes.PER_HEAD, "pay": {**schemes.PER_HEAD["pay"], "payee": provider}}
    office = await Office.open(shared, lists=("5000",), definition=definition)
    (practice,) = office.practices
    paid = await office.manager.get(f"/v1/payment-runs/{await office.pay()}/statements/{practice}")
    found = await then(office, on="2026-06-30")
    assert lines_of(found["periods"][0]) == lines_of(paid.json())
    assert (found["entitled"], found["posted"]) == ("0.00", "0.00")
    monkeypatch.setattr(shared.clock, "instant", shared.clock.instant + timedelta(days=1))
    await office.name_supplier(provider["code"], kind="organisation")
    assert await then(office, on="2026-06-30", known_on="2026-11-22") == found | {"known_on": "2026-11-22"}
    assert (await then(office, on="2026-06-30"))["entitled"] == "2500.00"


async def test_before_anything_was_recorded_nothing_was_due(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",), definition=DEFINITION)
    await office.pay()
    found = await then(office, on="2026-06-30", known_on="2026-11-20")
    assert (found["entitled"], found["posted"], found["periods"]) == ("0.00", "0.00", [])


async def test_practice_looks_back_at_its_own_and_at_nobody_elses(shared: LivePlenary) -> None:
    office = await Office.open(shared, definition=DEFINITION)
    first, second = office.practices
    own = await shared.as_role("practice_manager", tenant=office.tenant, practice=first)
    url = f"/v1/incentive-schemes/{office.scheme}/statement"
    assert (await own.get(url, params={"practice": first})).status_code == 200
    assert (await own.get(url, params={"practice": second})).status_code == 403
    assert (await own.get(url, params={"practice": "ZNONE1"})).status_code == 404
