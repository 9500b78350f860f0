"""By which number a ledger knows who is paid: two people, a history, and no bank details."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.factories.keys import a_manager_and_their_giver
from tests.factories.payments import Office
from tests.factories.people import add_post
from tests.factories.service import LivePlenary

SUPPLIER = {"supplier_number": "1004711", "site": "MAIN", "reason": "Set up by accounts payable."}
ANY = {"If-Match": "*"}


def supplier(code: str, kind: str = "practice", **more: str) -> dict[str, Any]:
    return {"payee": {"type": kind, "code": code}} | SUPPLIER | more


@pytest.fixture(scope="module")
async def office(shared: LivePlenary) -> Office:
    return await Office.open(shared, lists=("5000",))


async def propose(office: Office, code: str, **more: str) -> dict[str, Any]:
    answer = await office.manager.post("/v1/suppliers", json=supplier(code, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def confirm(office: Office, supplier_id: str, *, by: httpx.AsyncClient | None = None) -> httpx.Response:
    return await (by or office.approver).post(f"/v1/suppliers/{supplier_id}/confirm", headers=ANY)


async def test_a_supplier_is_in_force_once_another_person_has_confirmed_it(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    (code,) = office.practices
    made = await propose(office, code)
    assert (made["state"], made["confirmed_by"], made["confirmed_at"]) == ("proposed", None, None)
    answer = await confirm(office, made["id"])
    done = answer.json()
    assert (done["state"], done["supplier_number"], done["site"]) == ("confirmed", "1004711", "MAIN")
    assert done["confirmed_by"] not in (None, done["proposed_by"])
    read = await office.manager.get(f"/v1/suppliers/{made['id']}")
    assert (read.json(), read.headers["ETag"]) == (done, answer.headers["ETag"])


async def test_what_was_in_force_is_kept_as_history(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    (code,) = office.practices
    for site in ("MAIN", "BRANCH"):
        assert (await confirm(office, (await propose(office, code, site=site))["id"])).status_code == 200
    listed = (await office.manager.get("/v1/suppliers", params={"payee": code})).json()["data"]
    assert [(each["site"], each["state"]) for each in listed] == [("BRANCH", "confirmed"), ("MAIN", "replaced")]
    in_force = (await office.manager.get("/v1/suppliers?state=confirmed")).json()["data"]
    assert [each["site"] for each in in_force] == ["BRANCH"]


async def test_a_later_proposal_takes_the_place_of_an_open_one(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    first = await propose(office, office.practices[0], site="MAIN")
    second = await propose(office, office.practices[0], site="BRANCH")
    refused = await confirm(office, first["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.supplier_not_proposed")
    assert (await confirm(office, second["id"])).json()["state"] == "confirmed"
    again = await confirm(office, second["id"])
    assert (again.status_code, again.json()["code"]) == (409, "payments.supplier_not_proposed")


async def test_nobody_confirms_what_they_proposed_whatever_their_key(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    person = await shared.make_person("Fay Finance", tenant=office.tenant)
    proposer = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    made = (await proposer.post("/v1/suppliers", json=supplier(office.practices[0]))).json()
    for role in ("payments_approver", "payments_releaser"):
        same = await shared.as_role(role, tenant=office.tenant, person=person)
        refused = await confirm(office, made["id"], by=same)
        assert (refused.status_code, refused.json()["code"]) == (409, "payments.supplier_same_person")
    assert (await confirm(office, made["id"])).status_code == 200


async def test_whoever_gave_the_proposer_a_key_does_not_confirm(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    office.manager, giver = await a_manager_and_their_giver(shared, office.tenant)
    made = await propose(office, office.practices[0])
    refused = await confirm(office, made["id"], by=giver)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.supplier_same_person")
    assert (await confirm(office, made["id"])).status_code == 200


async def test_nobody_proposes_or_confirms_for_their_own_practice(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    (code,) = office.practices
    person = await shared.make_person("Dr Own", tenant=office.tenant)
    async with shared.session(office.tenant) as session:
        await add_post(session, person, code)
    own = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    refused = await own.post("/v1/suppliers", json=supplier(code))
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.own_practice")
    made = await propose(office, code)
    refused = await confirm(office, made["id"], by=own)
    assert (refused.status_code, refused.json()["code"]) == (409, "payments.own_practice")


@pytest.mark.parametrize(("until", "status"), [("2026-11-21", 409), ("2026-04-02", 409), ("2026-04-01", 200)])
async def test_a_post_that_ended_in_the_financial_year_is_still_ones_own(
    shared: LivePlenary, until: str, status: int
) -> None:
    office = await Office.open(shared, lists=("5000",))
    (code,) = office.practices
    person = await shared.make_person("Dr Left", tenant=office.tenant)
    admin = await shared.as_role("commissioner_admin", tenant=office.tenant)
    body = {"role": "gp", "practice": code, "person_id": str(person), "from": "2025-04-01", "until": until}
    assert (await admin.post("/v1/posts", json=body)).status_code == 201
    made = await propose(office, code)
    left = await shared.as_role("payments_approver", tenant=office.tenant, person=person)
    assert (await confirm(office, made["id"], by=left)).status_code == status


async def test_of_many_who_confirm_at_once_one_does(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    made = await propose(office, office.practices[0])
    answers = await asyncio.gather(*(confirm(office, made["id"]) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


async def test_another_organisation_may_be_a_supplier_and_needs_no_membership(office: Office) -> None:
    answer = await office.manager.post("/v1/suppliers", json=supplier("NDA07", "organisation"))
    assert (answer.status_code, answer.json()["payee"]) == (201, {"type": "organisation", "code": "NDA07"})
    unknown = await office.manager.post("/v1/suppliers", json=supplier("NDA07"))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "organisations.practice_not_found")


@pytest.mark.parametrize(
    ("member", "text"),
    [
        ("supplier_number", "20-12-34"),
        ("supplier_number", "12345678"),
        ("supplier_number", "GB29NWBK60161331926819"),
        ("site", "1234 5678"),
        ("reason", "Paid to 20-12-34, see the letter"),
        ("reason", "Account 12345678 since May"),
        ("reason", "IBAN GB29 NWBK 6016 1331 9268 19"),
        ("name", "GB29\u00a0NWBK\u00a06016\u00a01331\u00a09268\u00a019"),
        ("name", "20\u00a012\u00a034"),
        ("name", "20\u221212\u221234"),
        ("name", "20\u201412\u201434"),
        ("name", "1234\u200b5678"),
    ],
)
async def test_bank_details_are_refused(office: Office, member: str, text: str) -> None:
    refused = await office.manager.post("/v1/suppliers", json=supplier(office.practices[0], **{member: text}))
    found = [(each["pointer"], each["code"]) for each in refused.json()["errors"]]
    assert (refused.status_code, found) == (422, [(f"/{member}", "bank_details")])
    assert text not in refused.text


@pytest.mark.parametrize(
    "text", ["From 01/04/2026, ticket 4711", "On 2026-04-01 by AP", "Ring 0207 123 4567", "PO12 from this one here"]
)
async def test_other_numbers_are_no_bank_details(office: Office, text: str) -> None:
    assert (await propose(office, office.practices[0], reason=text))["reason"] == text


async def test_what_is_no_supplier_is_refused_at_its_member(office: Office) -> None:
    wrong = {"payee": {"type": "person", "code": "zz 1"}, "supplier_number": "=1+1", "site": "", "reason": "Why"}
    refused = await office.manager.post("/v1/suppliers", json=wrong)
    pointers = {each["pointer"] for each in refused.json()["errors"]}
    assert (refused.status_code, pointers) == (422, {"/payee/type", "/payee/code", "/supplier_number", "/site"})
