"""A commissioner's own wording of messages: written, checked, previewed, used, and never the reason that one is lost."""

from typing import Any

import httpx
import pytest

from app.access.values import Role
from app.communications.rules.templating import MissingFields
from app.communications.service.wording import word
from app.communications.values import Facts
from tests.factories.communications import delivery_rows, give_mailbox, give_post, mail_of, told
from tests.factories.payments import Office
from tests.factories.service import LivePlenary
from tests.factories.world import make_world

ISSUE = "/v1/message-templates/issue_asked"
STATEMENT = "/v1/message-templates/statement"
WORDS = {
    "subject": "Please look at: {{ title }}",
    "body": "Dear {{ practice.name }},\n\nwhat do you do about **{{ title }}**?\n\nYours, {{ commissioner }}",
    "reason": "Warmer.",
}


async def published(editor: httpx.AsyncClient, kind: str, **words: str) -> dict[str, Any]:
    made = await editor.post(f"{kind}/versions", json=WORDS | words)
    assert made.status_code == 201, made.text
    done = await editor.post(f"{made.headers['Location']}/publish", headers={"If-Match": made.headers["ETag"]})
    assert done.status_code == 200, done.text
    return done.json()


async def a_practice(live: LivePlenary) -> tuple[str, str]:
    """(tenant, practice with a mailbox)"""
    tenant = await live.fresh_tenant()
    practice = f"{tenant}A"
    await live.make_practice(practice, tenant)
    await give_mailbox(live, tenant, practice, f"surgery@{practice}.example")
    return tenant, practice


async def raise_issue(live: LivePlenary, tenant: str, practice: str, title: str = "Letters come late") -> str:
    coordinator = await live.as_role("forum_coordinator", tenant=tenant)
    forum = await coordinator.post("/v1/patient-forums", json={"name": "Patients", "level": "commissioner"})
    body = {
        "title": title,
        "body": "Ten days.",
        "raised_by": {"type": "forum", "id": forum.json()["id"]},
        "practices": [practice],
    }
    raised = await coordinator.post("/v1/issues", json=body)
    assert raised.status_code == 201, raised.text
    return raised.json()["id"]


async def message_of(live: LivePlenary, tenant: str) -> dict[str, Any]:
    [row] = await live.fetch("SELECT * FROM message", tenant=live.tenants[tenant])
    return dict(row)


async def test_a_message_is_sent_in_the_words_that_were_published_and_remembers_which(shared: LivePlenary) -> None:
    tenant, practice = await a_practice(shared)
    editor = await shared.as_role("editor", tenant=tenant)
    await published(editor, ISSUE, body="Old. {{ practice.code }} {{ title }}")
    await published(editor, ISSUE)
    await raise_issue(shared, tenant, practice, "Letters *come* late")
    await shared.work()
    [row] = await told(shared, tenant, "issue")
    subject, text = mail_of(shared, row)
    assert subject == "Please look at: Letters *come* late"
    assert f"what do you do about Letters *come* late? Yours, NHS {tenant}" in text
    message = await message_of(shared, tenant)
    assert (message["template"], message["template_version"]) == ("issue_asked", 2)
    versions = (await editor.get(f"{ISSUE}/versions")).json()["data"]
    assert [(each["n"], each["state"]) for each in versions] == [(2, "published"), (1, "withdrawn")]


async def test_after_a_withdrawal_messages_are_in_our_words_again(shared: LivePlenary) -> None:
    tenant, practice = await a_practice(shared)
    editor = await shared.as_role("editor", tenant=tenant)
    await published(editor, ISSUE)
    there = await editor.get(ISSUE)
    assert there.json()["published"]["n"] == 1
    assert (await editor.post(f"{ISSUE}/withdraw", headers={"If-Match": '"other"'})).status_code == 412
    for _ in range(2):
        gone = await editor.post(f"{ISSUE}/withdraw")
        assert (gone.status_code, gone.json()["published"]) == (200, None)
    assert gone.headers["ETag"] != there.headers["ETag"]
    await raise_issue(shared, tenant, practice)
    await shared.work()
    message = await message_of(shared, tenant)
    assert (message["subject"], message["template_version"]) == ("Issue: Letters come late", None)


async def test_wording_that_cannot_be_used_any_more_gives_way_to_ours_and_is_reported(shared: LivePlenary) -> None:
    tenant, practice = await a_practice(shared)
    editor = await shared.as_role("editor", tenant=tenant)
    await published(editor, ISSUE)
    id_ = shared.tenants[tenant]
    await shared.execute("UPDATE message_template SET body = '{{ gone }}'", tenant=id_)
    await raise_issue(shared, tenant, practice)
    await shared.work()
    assert len(await delivery_rows(shared, tenant)) == 1
    message = await message_of(shared, tenant)
    assert (message["subject"], message["template_version"]) == ("Issue: Letters come late", None)
    [event] = await shared.fetch("SELECT * FROM event WHERE name = 'communications.template_failed'", tenant=id_)
    assert event["subject"] == "issue_asked"
    [entry] = await shared.fetch("SELECT * FROM audit_entry WHERE action = 'message_template.failed'", tenant=id_)
    assert entry["subject"] == "issue_asked"


async def test_a_message_for_which_something_is_missing_is_neither_written_nor_sent(shared: LivePlenary) -> None:
    tenant, practice = await a_practice(shared)
    facts = [Facts({"title": title, "practice": practice}, practice) for title in ("Letters come late", " ")]
    async with shared.session(tenant) as session:
        with pytest.raises(MissingFields, match="issue_asked: title"):
            await word(session, "issue_asked", facts, source_id="1")
    assert await shared.fetch("SELECT 1 FROM message", tenant=shared.tenants[tenant]) == []


async def test_what_is_wrong_is_told_at_its_part_and_line_before_it_is_stored(shared: LivePlenary) -> None:
    editor = await shared.as_role("editor", tenant=await shared.fresh_tenant())
    bad = {"subject": "{{ titel }}", "body": "One.\n{% for x in range(9) %}{% endfor %}\n{{ practice.code }}"}
    refused = await editor.post(f"{ISSUE}/versions", json=WORDS | bad)
    assert (refused.status_code, refused.json()["code"]) == (422, "communications.template_invalid")
    assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [
        ("/subject", "unknown_field"),
        ("/body", "not_allowed"),
    ]
    assert refused.json()["errors"][1]["detail"].startswith("Line 2: ")
    without_amount = await editor.post(f"{STATEMENT}/versions", json=WORDS | {"subject": "Paid", "body": "Paid."})
    left_out = {each["detail"].split("`")[1] for each in without_amount.json()["errors"]}
    assert left_out == {"practice", "reference", "paid", "lines", "how_to_query"}
    preview = await editor.post(f"{ISSUE}/preview", json={"body": "{{ scheme }}"})
    assert preview.json()["errors"][0]["pointer"] == "/body"
    assert (await editor.get(f"{ISSUE}/versions")).json()["data"] == []
    assert (await editor.post("/v1/message-templates/nothing/versions", json=WORDS)).status_code == 404


async def test_only_a_draft_is_published_and_only_by_who_words_for_everybody(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    editor = await shared.as_role("editor", tenant=tenant)
    version = await published(editor, ISSUE)
    again = await editor.post(f"{ISSUE}/versions/{version['n']}/publish")
    assert (again.status_code, again.json()["code"]) == (409, "communications.template_not_draft")
    assert (await editor.post(f"{ISSUE}/versions/9/publish")).status_code == 404
    manager = await shared.as_role("scheme_manager", tenant=tenant)
    assert (await manager.get(ISSUE)).status_code == 200
    assert (await manager.post(f"{ISSUE}/versions", json=WORDS)).status_code == 403


async def test_a_preview_shows_what_a_practice_would_get_and_sends_nothing(shared: LivePlenary) -> None:
    tenant, practice = await a_practice(shared)
    issue = await raise_issue(shared, tenant, practice)
    editor = await shared.as_role("editor", tenant=tenant)
    asked = {key: WORDS[key] for key in ("subject", "body")} | {"practice": practice, "subject_id": issue}
    shown = (await editor.post(f"{ISSUE}/preview", json=asked)).json()
    assert shown["subject"] == "Please look at: Letters come late"
    assert "<strong>Letters come late</strong>" in shown["html"]
    assert f"Yours, NHS {tenant}" in shown["text"]
    assert shown["to"] == {"name": "Practice mailbox", "is_mailbox": True}
    assert (shown["version"], shown["warnings"]) == (None, [])
    assert await delivery_rows(shared, tenant) == []
    lead = await shared.make_person("Ada Lead", tenant=tenant, email=f"ada@{practice}.example")
    await give_post(shared, tenant, lead, "named_lead", practice=practice)
    shown = (await editor.post(f"{ISSUE}/preview", json={"practice": practice})).json()
    assert shown["to"] == {"name": "Ada Lead", "is_mailbox": False}
    assert shown["warnings"] == ["These are examples, not what is real: title."]
    unknown = {"practice": practice, "subject_id": str(lead)}
    refused = await editor.post(f"{ISSUE}/preview", json=unknown)
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/subject_id"]


async def test_a_preview_shows_money_to_those_alone_who_may_read_it(shared: LivePlenary) -> None:
    office = await Office.open(shared, lists=("5000",))
    run = await office.pay()
    asked = {"practice": office.practices[0], "subject_id": run}
    admin = await shared.as_role("commissioner_admin", tenant=office.tenant)
    shown = (await admin.post(f"{STATEMENT}/preview", json=asked)).json()
    statement = await office.statement(run, office.practices[0])
    assert statement["reference"] in shown["text"]
    assert f"£{float(statement['total']):,.2f}" in shown["subject"]
    assert shown["warnings"] == [
        "Nobody would get it: the practice has neither a lead or manager with an address nor a mailbox."
    ]
    editor = await shared.as_role("editor", tenant=office.tenant)
    assert (await editor.post(f"{STATEMENT}/preview", json=asked)).status_code == 403
    assert (await editor.post(f"{STATEMENT}/preview", json={})).status_code == 200


SCHEME = "/v1/incentive-schemes/{scheme_id}"
# What can be seen of each kind in a preview: of what, for which practice, and what of it stays an example.
REAL = [
    ("offer", SCHEME, "newcomer", ""),
    ("offer_due", SCHEME, "newcomer", ""),
    ("sign_up", SCHEME, "practice", ""),
    ("claim", "/v1/claims/{claim_id}", "practice", "step"),
    ("claim_due", SCHEME, "practice", "closes_on, period"),
    ("comment", f"{SCHEME}/versions/{{n}}/comments/{{comment_id}}", None, ""),
    ("consultation", SCHEME, None, "n, until, words"),
    ("statement", "/v1/payment-runs/{run_id}", "practice", ""),
    ("query_message", "/v1/payment-queries/{query_id}", "practice", "side"),
    ("issue_answered", "/v1/issues/{issue_id}", None, ""),
    ("announcement", "/v1/announcements/{announcement_id}", None, ""),
    ("money_role", "/v1/people/{person_id}", None, "role"),
]


async def test_a_preview_of_each_kind_tells_of_what_is_real(shared: LivePlenary) -> None:
    world = await make_world(shared)
    admin = await world.client(Role.COMMISSIONER_ADMIN)
    wrong = []
    for kind, subject, practice, invented in REAL:
        asked = {"subject_id": world.ids[subject]} | ({"practice": getattr(world, practice)} if practice else {})
        shown = await admin.post(f"/v1/message-templates/{kind}/preview", json=asked)
        examples = [f"These are examples, not what is real: {invented}."] if invented else []
        if not shown.is_success or [each for each in shown.json()["warnings"] if "examples" in each] != examples:
            wrong.append(f"{kind}: {shown.text}")
    assert wrong == []


async def test_every_kind_is_listed_with_its_fields_and_shown_with_examples(shared: LivePlenary) -> None:
    tenant, practice = await a_practice(shared)
    admin = await shared.as_role("commissioner_admin", tenant=tenant)
    unknown = {"practice": practice, "subject_id": "0198c0de-0000-7000-8000-000000000001"}
    kinds = (await admin.get("/v1/message-templates")).json()["data"]
    assert len(kinds) > 20
    for kind in kinds:
        assert kind["fields"][-1]["name"] == "commissioner"
        path = f"/v1/message-templates/{kind['kind']}/preview"
        shown = await admin.post(path, json={})
        assert shown.status_code == 200, shown.text
        assert shown.json()["subject"]
        refused = await admin.post(path, json=unknown)
        assert refused.status_code == 422, f"{path}: {refused.text}"
        assert [each["pointer"] for each in refused.json()["errors"]] == ["/subject_id"]
