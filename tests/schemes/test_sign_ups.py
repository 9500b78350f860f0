"""Sign-ups over HTTP: agreements that the office records."""

from datetime import date
from uuid import UUID

from tests.factories.schemes_over_http import SCHEME, SIGNATORY, a_live_scheme, a_tenant, sign_up
from tests.factories.service import LivePlenary


async def test_sign_ups_are_recorded_once_and_corrected(shared: LivePlenary) -> None:
    tenant, codes = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("commissioner_admin", tenant=tenant)
    path = await a_live_scheme(await shared.as_role("scheme_manager", tenant=tenant))
    assert (await sign_up(manager, path, *codes)).json() == {"created": 2, "updated": 0, "unchanged": 0}
    assert (await sign_up(manager, path, *codes)).json() == {"created": 0, "updated": 0, "unchanged": 2}
    corrected = await sign_up(manager, path, codes[0], evidence="scan 7")
    assert corrected.json() == {"created": 0, "updated": 1, "unchanged": 0}
    row = (await manager.get(f"{path}/sign-ups")).json()["data"][0]
    assert (row["practice"], row["on_behalf"], row["evidence"], row["signatory"]) == (
        codes[0],
        True,
        "scan 7",
        SIGNATORY,
    )
    intranet = await shared.as_role("intranet", tenant=tenant)
    assert (await intranet.get(f"{path}/participation")).json()["data"][0]["signatory"] is None


async def test_a_practice_closed_before_the_scheme_signs_only_for_the_record(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1", status="closed", closed_on=date(2024, 3, 31))
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    refused = await sign_up(manager, path, practice)
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.sign_ups_refused")
    assert refused.json()["errors"][0] == {
        "pointer": "/sign_ups/0/practice",
        "code": "schemes.practice_closed",
        "detail": "The practice closed before the scheme starts; say historical where that is meant.",
    }
    assert (await sign_up(manager, path, practice, historical=True)).json()["created"] == 1


async def test_an_agreement_that_is_yet_to_be_signed_is_refused(shared: LivePlenary) -> None:
    tenant, (practice, other) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    refused = await sign_up(manager, path, practice, signed_on="2026-11-23")
    assert (refused.status_code, refused.json()["code"]) == (422, "schemes.sign_ups_refused")
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/sign_ups/0/signed_on", "schemes.signed_in_future")
    assert (await sign_up(manager, path, other, signed_on="2026-11-22")).json()["created"] == 1


async def test_nobody_is_signed_up_to_a_scheme_without_words(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    refused = await sign_up(manager, path, practice)
    assert (refused.status_code, refused.json()["code"]) == (409, "schemes.not_published")


async def test_a_sign_up_of_a_stranger_is_404_and_nothing_is_half_done(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    _, (stranger,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    answer = await sign_up(manager, path, practice, stranger)
    assert (answer.status_code, answer.json()["code"]) == (404, "organisations.practice_not_found")
    assert answer.json()["errors"][0]["pointer"] == "/sign_ups/1/practice"
    assert (await manager.get(f"{path}/participation")).json()["data"] == []


async def test_an_offer_is_no_sign_up_and_a_sign_up_no_offer(shared: LivePlenary) -> None:
    tenant, (asked, recorded) = await a_tenant(shared, "1", "2")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = await a_live_scheme(manager)
    made = await manager.post(f"{path}/offers", json={"practices": [asked], "respond_by": "2026-12-31"})
    offer = made.json()["offers"][0]["id"]
    await sign_up(manager, path, recorded)
    (signed,) = (await manager.get(f"{path}/sign-ups")).json()["data"]
    assert (await manager.get(f"{path}/offers/{offer}")).json()["practice"] == asked
    assert (await manager.get(f"{path}/sign-ups/{signed['id']}")).json()["practice"] == recorded
    for url in (f"{path}/sign-ups/{offer}", f"{path}/offers/{signed['id']}"):
        answer = await manager.get(url)
        assert (answer.status_code, answer.json()["code"]) == (404, "schemes.offer_not_found"), url


async def test_what_belongs_to_a_draft_is_as_absent_as_the_draft(shared: LivePlenary) -> None:
    tenant, (practice,) = await a_tenant(shared, "1")
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    path = (await manager.post("/v1/incentive-schemes", json=SCHEME)).headers["Location"]
    lead = await shared.as_role("practice_lead", tenant=tenant, practice=practice)
    for part in ("offers", "sign-ups", "facts"):
        answer = await lead.get(f"{path}/{part}/{UUID(int=1)}")
        assert (answer.status_code, answer.json()["code"]) == (404, "schemes.not_found"), part
