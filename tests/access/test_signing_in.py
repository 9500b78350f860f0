"""Persons who sign in with a bearer token, and the roles that they are granted."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.access.adapters.oidc import TokenVerifier, open_verifier
from app.access.ports import IssuerConfig
from app.access.service import DatabaseAuthenticator
from app.core.settings import OidcIssuer, SettingsInvalid
from tests.access.bad_tokens import AUDIENCE
from tests.factories.service import NOW, LivePlenary
from tests.fakes.clock import MovingSeconds
from tests.fakes.oidc_issuer import FakeIssuer

ANY = {"If-Match": "*"}


@dataclass
class SignedIn:
    """The service with one issuer, and clients of whoever that issuer vouches for."""

    plenary: LivePlenary
    issuer: FakeIssuer
    claims: Callable[..., dict[str, Any]]
    seconds: MovingSeconds

    def person(self, email: str | None, **claims: Any) -> httpx.AsyncClient:
        return self.plenary.client(self.issuer.sign(self.claims(sub=f"s:{email}", email=email, **claims)))

    async def admin(self) -> tuple[str, httpx.AsyncClient]:
        code = await self.plenary.fresh_tenant()
        return code, await self.plenary.as_role("commissioner_admin", tenant=code)


@pytest.fixture
async def signed(
    shared: LivePlenary,
    issuer: FakeIssuer,
    claims: Callable[..., dict[str, Any]],
    http: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[SignedIn]:
    services = shared.app.state.services
    verifier = TokenVerifier([IssuerConfig(issuer=issuer.url, audience=AUDIENCE)], http=http, clock=shared.clock)
    seconds = MovingSeconds()
    accepting = DatabaseAuthenticator(services.app_engine, clock=shared.clock, tokens=verifier, seconds=seconds)
    monkeypatch.setattr(services, "authenticator", accepting)
    yield SignedIn(shared, issuer, claims, seconds)
    await accepting.aclose()


def granted(role: str, email: str, **members: Any) -> dict[str, Any]:
    return {"role": role, "person": {"name": "Amira Khan", "email": email}, **members}


async def test_a_person_with_a_grant_signs_in(signed: SignedIn) -> None:
    code, admin = await signed.admin()
    made = await admin.post("/v1/role-grants", json=granted("editor", "Ed@One.example"))
    assert made.status_code == 201, made.text
    me = (await signed.person("ed@one.EXAMPLE").get("/v1/me")).json()
    assert (me["principal"]["kind"], me["principal"]["name"]) == ("token", "Amira Khan")
    assert (me["role"], me["person"]["id"]) == ("editor", made.json()["person_id"])
    assert me["commissioner"]["code"] == code


async def test_several_roles_add_up(signed: SignedIn) -> None:
    _, admin = await signed.admin()
    for role in ("editor", "engagement_lead"):
        assert (await admin.post("/v1/role-grants", json=granted(role, "two@roles.example"))).status_code == 201
    me = (await signed.person("two@roles.example").get("/v1/me")).json()
    assert (me["role"], me["boundary"]) == (None, None)
    assert sorted(held["role"] for held in me["roles"]) == ["editor", "engagement_lead"]
    assert {"announcements:write", "issues:respond"} <= set(me["scopes"])


@pytest.mark.parametrize("email", ["stranger@nowhere.example", None])
async def test_whom_nobody_granted_anything_is_refused(signed: SignedIn, email: str | None) -> None:
    answer = await signed.person(email).get("/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (403, "access.unknown_person")


async def test_an_address_that_its_issuer_does_not_vouch_for_is_refused(signed: SignedIn) -> None:
    _, admin = await signed.admin()
    await admin.post("/v1/role-grants", json=granted("editor", "un@verified.example"))
    refused = await signed.person("un@verified.example", email_verified=False).get("/v1/me")
    assert (refused.status_code, refused.json()["code"]) == (403, "access.unknown_person")
    assert (await signed.person("un@verified.example", email_verified=True).get("/v1/me")).status_code == 200


async def test_a_person_of_two_commissioners_chooses_one(signed: SignedIn) -> None:
    codes = []
    for _ in range(2):
        code, admin = await signed.admin()
        codes.append(code)
        await admin.post("/v1/role-grants", json=granted("editor", "both@sides.example"))
    client = signed.person("both@sides.example")
    refused = await client.get("/v1/me")
    assert (refused.status_code, refused.json()["code"]) == (403, "access.choose_commissioner")
    for code in codes:
        me = await client.get("/v1/me", headers={"Plenary-Commissioner": code})
        assert me.json()["commissioner"]["code"] == code
    elsewhere = await client.get("/v1/me", headers={"Plenary-Commissioner": "ELSE"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "access.choose_commissioner")


async def test_an_issuer_bound_to_one_commissioner_gives_no_way_into_another(
    signed: SignedIn, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, admin = await signed.admin()
    other, stranger = await signed.admin()
    for client in (admin, stranger):
        await client.post("/v1/role-grants", json=granted("editor", "bound@one.example"))
    config = IssuerConfig(issuer=signed.issuer.url, audience=AUDIENCE, commissioner=mine)
    verifier = TokenVerifier([config], http=http, clock=signed.plenary.clock)
    services = signed.plenary.app.state.services
    bound = DatabaseAuthenticator(services.app_engine, clock=signed.plenary.clock, tokens=verifier)
    monkeypatch.setattr(services, "authenticator", bound)
    client = signed.person("bound@one.example")
    assert (await client.get("/v1/me")).json()["commissioner"]["code"] == mine
    assert (await client.get("/v1/me", headers={"Plenary-Commissioner": other})).status_code == 403
    await bound.aclose()


async def test_a_grant_holds_between_its_dates(signed: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    _, admin = await signed.admin()
    dates = {"valid_from": "2026-11-22T10:01:00Z", "valid_until": "2026-11-22T10:03:00Z"}
    assert (await admin.post("/v1/role-grants", json=granted("editor", "d@ates.example", **dates))).status_code == 201
    client = signed.person("d@ates.example")
    seen = []
    for minute in (0, 1, 2, 3):
        monkeypatch.setattr(signed.plenary.clock, "instant", NOW + timedelta(minutes=minute))
        seen.append((await client.get("/v1/me")).status_code)
    assert seen == [403, 200, 200, 403]


async def test_an_ended_grant_is_dead_once_the_cache_has_passed(signed: SignedIn) -> None:
    _, admin = await signed.admin()
    path = (await admin.post("/v1/role-grants", json=granted("editor", "e@nded.example"))).headers["Location"]
    client = signed.person("e@nded.example")
    assert (await client.get("/v1/me")).status_code == 200
    assert (await admin.delete(path)).status_code == 428
    assert (await admin.delete(path, headers=ANY)).status_code == 204
    signed.seconds.at += 5
    assert (await client.get("/v1/me")).json()["code"] == "access.unknown_person"
    assert (await admin.get("/v1/role-grants")).json()["data"] == []
    assert len((await admin.get("/v1/role-grants", params={"state": "all"})).json()["data"]) == 1


async def test_the_same_role_is_not_granted_twice(signed: SignedIn) -> None:
    _, admin = await signed.admin()
    body = granted("sessional_clinician", "twice@one.example")
    assert (await admin.post("/v1/role-grants", json=body)).status_code == 201
    answer = await admin.post("/v1/role-grants", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "access.already_granted")


async def test_a_grant_that_ends_before_it_begins_is_refused(signed: SignedIn) -> None:
    _, admin = await signed.admin()
    body = granted("editor", "a@b.example", valid_until="2026-11-22T09:00:00Z")
    answer = await admin.post("/v1/role-grants", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "access.already_expired")


async def test_a_grant_to_nobody_is_refused(signed: SignedIn) -> None:
    _, admin = await signed.admin()
    answer = await admin.post("/v1/role-grants", json={"role": "auditor"})
    assert (answer.status_code, answer.json()["code"]) == (422, "access.person_required")


async def test_another_tenants_grant_is_not_there(signed: SignedIn) -> None:
    _, admin = await signed.admin()
    path = (await admin.post("/v1/role-grants", json=granted("editor", "x@y.example"))).headers["Location"]
    _, stranger = await signed.admin()
    assert (await stranger.get(path)).json()["code"] == "access.grant_not_found"
    assert (await stranger.delete(path, headers=ANY)).json()["code"] == "access.grant_not_found"
    assert (await signed.person("x@y.example").get("/v1/me")).status_code == 200


async def test_a_money_role_does_not_follow_a_changed_address(signed: SignedIn) -> None:
    code, admin = await signed.admin()
    refused = await admin.post("/v1/role-grants", json=granted("payments_approver", "pay@one.example"))
    assert (refused.status_code, refused.json()["code"]) == (403, "access.forbidden")
    platform = await signed.plenary.as_role("platform_admin", tenant="PLATFORM")
    body = granted("payments_approver", "pay@one.example", commissioner=code)
    made = await platform.post("/v1/role-grants", json=body)
    assert made.status_code == 201, made.text
    assert (await signed.person("pay@one.example").get("/v1/me")).json()["role"] == "payments_approver"
    await signed.plenary.execute(
        "UPDATE person SET email = 'thief@one.example', email_key = 'thief@one.example' WHERE id = $1",
        made.json()["person_id"],
        tenant=signed.plenary.tenants[code],
    )
    assert (await signed.person("thief@one.example").get("/v1/me")).status_code == 403
    assert (await platform.get(made.headers["Location"])).status_code == 200


async def test_an_issuer_that_cannot_be_used_stops_the_start_in_words(shared: LivePlenary) -> None:
    with pytest.raises(SettingsInvalid, match=r"PLENARY_OIDC_ISSUERS.*https"):
        open_verifier([OidcIssuer(issuer="http://login.example", audience="a")], clock=shared.clock)
    opened = open_verifier([OidcIssuer(issuer="https://login.example", audience="a")], clock=shared.clock)
    assert opened is not None
    await opened.aclose()
    assert open_verifier([], clock=shared.clock) is None
