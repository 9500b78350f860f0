"""Facts over HTTP: evidence, who enters and who confirms it."""

from datetime import date

from app.core.clock import Period
from tests.factories.people import add_post, somebody_who_left
from tests.factories.schemes_over_http import a_fact, a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary


async def test_a_practices_facts_wait_until_the_office_confirms_them(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    lead = await shared.as_role("practice_manager", tenant=tenant, practice=practice)
    entered = await lead.post(f"{path}/facts", json={"facts": [a_fact(practice, "a"), a_fact(practice, "b", value=1)]})
    assert (entered.status_code, entered.json()) == (201, {"created": 2, "changed": 0, "unchanged": 0})
    query = {"practice": practice, "period": "2026-04-01/2026-07-01"}
    waiting = (await lead.get(f"{path}/entitlement", params=query)).json()
    assert (waiting["so_far"]["total"], waiting["expected"]["total"]) == ("0.00", "600.00")
    assert "not confirmed yet" in waiting["so_far"]["notes"][0]
    done = await manager.post(f"{path}/facts/confirm", json={"external_ids": ["a"]})
    assert done.json() == {"confirmed": 1, "unchanged": 0}
    paid = (await lead.get(f"{path}/entitlement", params=query)).json()
    assert (paid["so_far"]["total"], paid["expected"]["total"]) == ("300.00", "600.00")
    over = await lead.post(f"{path}/facts", json={"facts": [a_fact(practice, "a", on="2026-05-07")]})
    assert (over.status_code, over.json()["errors"][0]["code"]) == (422, "schemes.fact_confirmed")


async def test_blanks_around_an_id_or_a_subject_make_no_other_one(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    made = await manager.post(f"{path}/facts", json={"facts": [a_fact(practice, "a", subject="s")]})
    again = await manager.post(f"{path}/facts", json={"facts": [a_fact(practice, " a\u00a0", subject="s ")]})
    assert (made.json()["created"], again.json()) == (1, {"created": 0, "changed": 0, "unchanged": 1})
    blank = await manager.post(f"{path}/facts", json={"facts": [a_fact(practice, " ")]})
    assert (blank.status_code, blank.json()["errors"][0]["pointer"]) == (422, "/facts/0/external_id")


async def test_nobody_confirms_facts_of_a_practice_where_they_hold_a_post(shared: LivePlenary) -> None:
    tenant, (practice, other) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice, other)
    lead = await shared.as_role("practice_manager", tenant=tenant, practice=practice)
    await lead.post(f"{path}/facts", json={"facts": [a_fact(practice, "a")]})
    person = await shared.make_person("Both Sides", tenant=tenant)
    async with shared.session(tenant) as session:
        await add_post(session, person, practice)
    partner = await shared.as_role("scheme_manager", tenant=tenant, person=person)
    for url, body in (
        (f"{path}/facts/confirm", {"external_ids": ["a"]}),
        (f"{path}/facts", {"facts": [a_fact(practice, "a")]}),
        (f"{path}/facts", {"facts": [a_fact(other, "a")]}),
    ):
        refused = await partner.post(url, json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "schemes.own_practice"), body
    assert (await partner.post(f"{path}/facts", json={"facts": [a_fact(other, "b")]})).status_code == 201
    stand = {each["external_id"]: each["state"] for each in (await manager.get(f"{path}/facts")).json()["data"]}
    assert stand == {"a": "entered", "b": "confirmed"}


async def test_whoever_worked_there_on_the_day_of_a_fact_does_not_confirm_it(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    lead = await shared.as_role("practice_manager", tenant=tenant, practice=practice)
    facts = [a_fact(practice, "then", on="2026-05-06"), a_fact(practice, "after", on="2026-05-07")]
    assert (await lead.post(f"{path}/facts", json={"facts": facts})).status_code == 201
    person = await somebody_who_left(shared, tenant, practice, Period(date(2026, 1, 1), date(2026, 5, 7)))
    left = await shared.as_role("scheme_manager", tenant=tenant, person=person)
    refused = await left.post(f"{path}/facts/confirm", json={"external_ids": ["then"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "schemes.own_practice")
    assert (await left.post(f"{path}/facts/confirm", json={"external_ids": ["after"]})).status_code == 200


async def test_facts_that_would_be_lost_are_refused_with_pointers(shared: LivePlenary) -> None:
    tenant, (practice, outside) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    facts = [
        a_fact(outside, "a"),
        a_fact(practice, "b", measure="sessions"),
        a_fact(practice, "c"),
        a_fact(practice, "d", on="2027-04-01"),
        a_fact(practice, "e", value="-1"),
    ]
    answer = await manager.post(f"{path}/facts", json={"facts": facts})
    assert (answer.status_code, answer.json()["code"]) == (422, "schemes.facts_refused")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/facts/3/on", "schemes.fact_in_future"),
        ("/facts/0/practice", "schemes.practice_not_in_scheme"),
        ("/facts/1/measure", "schemes.measure_unknown"),
        ("/facts/3/on", "schemes.outside_scheme"),
        ("/facts/4/value", "schemes.negative_count"),
    ]
    assert (await manager.get(f"{path}/facts")).json()["data"] == []


async def test_a_share_above_the_whole_is_refused_in_words(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    definition = {
        "language": 1,
        "measures": {
            "area": {"kind": "done", "fact": "area"},
            "achieved": {"kind": "level", "fact": "achieved", "unit": "percent"},
        },
        "pay": {
            "type": "sum",
            "of": [
                {"type": "milestone", "id": "areas", "amount": "900.00", "items": [{"measure": "area"}]},
                {
                    "type": "linear",
                    "id": "points",
                    "measure": "achieved",
                    "lower": "20",
                    "upper": "50",
                    "points": "44",
                    "point_value": "225.49",
                },
            ],
        },
    }
    path = await a_live_scheme(manager, definition)
    await sign_up(manager, path, practice)
    facts = [a_fact(practice, name, measure=name, value="50") for name in ("area", "achieved")]
    answer = await manager.post(f"{path}/facts", json={"facts": facts})
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/facts/0/value", "schemes.above_whole"),
        ("/facts/1/value", "schemes.above_whole"),
    ]
    assert "50% is 0.5" in answer.json()["errors"][1]["detail"]
    halves = [a_fact(practice, name, measure=name, value="0.5") for name in ("area", "achieved")]
    assert (await manager.post(f"{path}/facts", json={"facts": halves})).status_code == 201


async def test_a_subject_that_is_an_nhs_number_is_refused_and_not_echoed(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    answer = await manager.post(f"{path}/facts", json={"facts": [a_fact(practice, "a", subject="943 476 5919")]})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "nhs_number")
    assert "5919" not in answer.text


async def test_a_practice_enters_facts_for_itself_only(shared: LivePlenary) -> None:
    tenant, (practice, other) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice, other)
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)
    refused = await lead.post(f"{path}/facts", json={"facts": [a_fact(other, "a")]})
    assert (refused.status_code, refused.json()["code"]) == (403, "access.forbidden")
    assert (await manager.post(f"{path}/facts", json={"facts": [a_fact(other, "a")]})).status_code == 201
    assert (await lead.get(f"{path}/facts")).json()["data"] == []
    taken = await lead.post(f"{path}/facts", json={"facts": [a_fact(practice, "a")]})
    assert taken.json()["errors"][0]["code"] == "schemes.external_id_taken"


async def test_a_fact_that_was_corrected_after_it_was_read_is_not_confirmed_by_its_id(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    await sign_up(manager, path, practice)
    lead = await shared.as_role("practice_manager", tenant=tenant, practice=practice)
    await lead.post(f"{path}/facts", json={"facts": [a_fact(practice, "a"), a_fact(practice, "b")]})
    read = [each["id"] for each in (await manager.get(f"{path}/facts")).json()["data"]]
    await lead.post(f"{path}/facts", json={"facts": [a_fact(practice, "b", value="900")]})
    refused = await manager.post(f"{path}/facts/confirm", json={"ids": read})
    assert (refused.status_code, refused.json()["code"]) == (409, "schemes.fact_changed")
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/ids/1"]
    now = (await manager.get(f"{path}/facts")).json()["data"]
    assert {each["state"] for each in now} == {"entered"}
    done = await manager.post(f"{path}/facts/confirm", json={"ids": [each["id"] for each in now]})
    assert done.json() == {"confirmed": 2, "unchanged": 0}


async def test_facts_are_confirmed_by_one_kind_of_name_and_only_where_they_are(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path, other = await a_live_scheme(manager), await a_live_scheme(manager, code="OTHER")
    await sign_up(manager, path, practice)
    await manager.post(f"{path}/facts", json={"facts": [a_fact(practice, "a")]})
    [fact] = (await manager.get(f"{path}/facts")).json()["data"]
    for body in ({}, {"ids": [fact["id"]], "external_ids": ["a"]}):
        assert (await manager.post(f"{path}/facts/confirm", json=body)).status_code == 422, body
    elsewhere = await manager.post(f"{other}/facts/confirm", json={"ids": [fact["id"]]})
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["code"]) == (422, "schemes.fact_not_found")


async def test_what_has_yet_to_happen_is_no_evidence(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    office = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(office)
    await sign_up(office, path, practice)
    answer = await office.post(f"{path}/facts", json={"facts": [a_fact(practice, "a", on="2027-02-05")]})
    assert (answer.status_code, answer.json()["code"]) == (422, "schemes.facts_refused")
    (found,) = answer.json()["errors"]
    assert (found["pointer"], found["code"]) == ("/facts/0/on", "schemes.fact_in_future")
