"""Announcements whose text is another for each practice."""

import pytest

from app.communications.rules.personal import look_at, uses_fields
from app.communications.values import Template
from tests.factories.communications import (
    announce,
    announcement,
    delivery_rows,
    give_mailbox,
    give_post,
    mail_of,
    publish,
)
from tests.factories.queries import counted
from tests.factories.service import LivePlenary

TITLE = "A session for {{ practice.name }}"
BODY = "You have **{{ practice.list_size }}** patients ({{ practice.code }}). {{ commissioner }}"
BOTH = {"roles": ["named_lead", "practice_manager"]}


@pytest.fixture
async def tenant(shared: LivePlenary) -> str:
    """One practice with a lead, one with a mailbox alone, and a manager of both."""
    code = await shared.fresh_tenant()
    await shared.make_practice(f"{code}A", code, name="Mill *Lane*", registered="8240")
    await shared.make_practice(f"{code}B", code, name="High Street", registered="3100.4")
    await person(shared, code, "Ann", "named_lead", f"{code}A")
    await give_mailbox(shared, code, f"{code}B", f"surgery@{code.lower()}.example")
    return code


async def person(shared: LivePlenary, tenant: str, name: str, role: str, *practices: str | None) -> None:
    known = await shared.make_person(name, tenant=tenant, email=f"{name.lower()}@{tenant.lower()}.example")
    for practice in practices:
        await give_post(shared, tenant, known, role, practice=practice)


def written(**changes: object) -> dict[str, object]:
    return announcement(title=TITLE, body_markdown=BODY) | changes


async def mails(shared: LivePlenary, tenant: str) -> dict[tuple[str, str], tuple[str, str]]:
    """(subject, text) by who got it and for which practice."""
    rows = await delivery_rows(shared, tenant)
    return {(row["address"].split("@")[0], row["practice"][-1]): mail_of(shared, row) for row in rows}


async def dry_run(shared: LivePlenary, tenant: str, **changes: object) -> dict:
    editor = await shared.as_role("editor", tenant=tenant)
    answer = await editor.post("/v1/announcements", json=written(dry_run=True, **changes))
    assert answer.status_code == 202, answer.text
    return answer.json()["result"]


async def test_each_practice_is_told_in_words_of_its_own_and_whoever_works_at_two_gets_both(shared, tenant):
    await person(shared, tenant, "Bob", "practice_manager", f"{tenant}A", f"{tenant}B")
    operation = await announce(shared, tenant, **written(audience=BOTH))
    await shared.work()
    found = await mails(shared, tenant)
    assert {who: subject for who, (subject, _) in found.items()} == {
        ("ann", "A"): "A session for Mill *Lane*",
        ("bob", "A"): "A session for Mill *Lane*",
        ("bob", "B"): "A session for High Street",
    }
    assert f"You have 8240 patients ({tenant}A). NHS {tenant}" in found["bob", "A"][1]
    assert f"You have 3100 patients ({tenant}B). NHS {tenant}" in found["bob", "B"][1]
    editor = await shared.as_role("editor", tenant=tenant)
    followed = (await editor.get(f"/v1/operations/{operation['id']}")).json()
    assert (followed["status"], followed["progress"]) == ("succeeded", {"done": 3, "total": 3})
    path = f"/v1/announcements/{operation['result']['announcement']}"
    shown = (await editor.get(path)).json()
    assert (shown["title"], shown["is_personalised"]) == (TITLE, True)
    counts = {name: shown["counts"][name] for name in ("recipients", "mailboxes", "sent", "failed")}
    assert counts == {"recipients": 3, "mailboxes": 0, "sent": 3, "failed": 0}
    listed = (await editor.get(f"{path}/deliveries", params={"limit": 2})).json()
    rest = (await editor.get(f"{path}/deliveries", params={"cursor": listed["next_cursor"], "limit": 2})).json()
    assert sorted(row["practice"][-1] for row in listed["data"] + rest["data"]) == ["A", "A", "B"]


async def test_the_inbox_and_the_mailbox_have_the_practices_own_words(shared, tenant):
    await publish(shared, tenant, **written())
    found = await mails(shared, tenant)
    assert set(found) == {("ann", "A"), ("surgery", "B")}
    assert found["surgery", "B"][0] == "A session for High Street"
    [ann] = await shared.fetch("SELECT id FROM person WHERE name = 'Ann'", tenant=shared.tenants[tenant])
    reader = await shared.as_role("practice_lead", tenant=tenant, practice=f"{tenant}A", person=ann["id"])
    [message] = (await reader.get("/v1/me/inbox")).json()["data"]
    assert message["subject"] == "A session for Mill *Lane*"
    today = (await reader.get(f"/v1/practices/{tenant}A/today")).json()
    assert today["news"] == []


async def test_expanding_again_adds_nobody(shared, tenant):
    await publish(shared, tenant, **written())
    before = await delivery_rows(shared, tenant)
    await shared.execute(
        "UPDATE job SET state = 'queued', run_at = clock_timestamp() WHERE kind LIKE 'communications.expand%'",
        tenant=shared.tenants[tenant],
    )
    await shared.work()
    assert len(before) == 2
    assert await delivery_rows(shared, tenant) == before
    assert len(await shared.fetch("SELECT 1 FROM message", tenant=shared.tenants[tenant])) == 2


async def test_text_without_fields_is_one_message_braces_and_all(shared, tenant):
    await publish(shared, tenant, title="Plain {name}", body_markdown="Set }} and %} and { % as they are.")
    [message] = await shared.fetch("SELECT * FROM message", tenant=shared.tenants[tenant])
    assert (message["practice"], message["subject"]) == (None, "Plain {name}")
    assert "Set }} and %} and { % as they are." in message["body_text"]


async def test_dry_run_shows_it_as_one_practice_reads_it_and_writes_nothing(shared, tenant):
    found = await dry_run(shared, tenant, preview_practice=f"{tenant}B")
    preview = found["personal"].pop("preview")
    assert found["personal"] == {"practices": 2, "without_practice": 0, "missing": []}
    assert (preview["practice"], preview["title"]) == (f"{tenant}B", "A session for High Street")
    assert "<strong>3100</strong>" in preview["body_html"]
    assert found["texts"]["body"].startswith("A session for High Street\nYou have 3100 patients")
    assert (await dry_run(shared, tenant))["personal"]["preview"]["practice"] == f"{tenant}A"
    await shared.work()
    assert await delivery_rows(shared, tenant) == []


async def test_what_is_not_known_is_told_by_a_dry_run_and_nothing_is_sent_to_anybody(shared, tenant):
    await shared.make_practice(f"{tenant}C", tenant, registered=None, weighted=None)
    await person(shared, tenant, "Cat", "named_lead", f"{tenant}C")
    found = await dry_run(shared, tenant, preview_practice=f"{tenant}C")
    lacking = {"field": "practice.list_size", "practices": 1, "first": [f"{tenant}C"]}
    assert (found["personal"]["missing"], found["personal"]["preview"]) == ([lacking], None)
    said = f"1 of 3 practices has no `practice.list_size`: {tenant}C."
    assert said in found["warnings"]
    editor = await shared.as_role("editor", tenant=tenant)
    refused = await editor.post("/v1/announcements", json=written())
    assert (refused.status_code, refused.json()["code"]) == (409, "communications.fields_missing")
    assert refused.json()["detail"] == said
    assert (await editor.get("/v1/announcements")).json()["data"] == []
    asked = "{% if practice.list_size %}You have {{ practice.list_size }}.{% else %}No list is known.{% endif %}"
    await publish(shared, tenant, **written(body_markdown=asked))
    assert (await mails(shared, tenant))["cat", "C"][1].startswith(f"A session for Surgery {tenant}C No list is known.")


async def test_somebody_without_a_practice_cannot_be_told_of_one(shared, tenant):
    await person(shared, tenant, "Dan", "lmc_officer", None)
    everybody = {"roles": ["named_lead", "lmc_officer"]}
    assert (await dry_run(shared, tenant, audience=everybody))["personal"]["without_practice"] == 1
    editor = await shared.as_role("editor", tenant=tenant)
    refused = await editor.post("/v1/announcements", json=written(audience=everybody))
    assert refused.status_code == 409
    assert refused.json()["detail"] == "1 recipient has no practice, so that the text cannot be written for them."


async def test_of_what_became_unknown_while_it_waited_nobody_is_told_and_the_operation_says_so(shared, tenant):
    operation = await announce(shared, tenant, **written())
    await shared.make_practice(f"{tenant}C", tenant, registered=None, weighted=None)
    await person(shared, tenant, "Cat", "named_lead", f"{tenant}C")
    await shared.work()
    editor = await shared.as_role("editor", tenant=tenant)
    followed = (await editor.get(f"/v1/operations/{operation['id']}")).json()
    assert (followed["status"], followed["problem"]["code"]) == ("failed", "communications.fields_missing")
    assert f"{tenant}C" in followed["problem"]["detail"]
    assert await delivery_rows(shared, tenant) == []


async def test_whoever_lost_the_post_before_it_left_gets_nothing(shared, tenant):
    shared.tools.settings = shared.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    try:
        await announce(shared, tenant, **written(audience={"practices": [f"{tenant}A", f"{tenant}B"]}))
        await shared.work()
    finally:
        shared.tools.settings = shared.settings
    id_ = shared.tenants[tenant]
    await shared.execute("UPDATE post SET valid_until = '2026-04-02'", tenant=id_)
    await shared.execute("UPDATE job SET run_at = clock_timestamp() WHERE kind LIKE 'communications.send%'", tenant=id_)
    await shared.work()
    rows = await delivery_rows(shared, tenant)
    assert {(row["name"], row["state"]) for row in rows} == {("Ann", "withdrawn"), ("Practice mailbox", "sent")}


async def test_a_waiting_one_is_reworded_under_the_same_rules(shared, tenant):
    editor = await shared.as_role("editor", tenant=tenant)
    at = "2026-12-01T09:00:00Z"
    operation = (await editor.post("/v1/announcements", json=announcement(publish_at=at))).json()
    path = f"/v1/announcements/{operation['result']['announcement']}"
    one = await editor.get(path)
    assert one.json()["is_personalised"] is False
    refused = await editor.patch(path, json={"title": "{{ practice.nam }}"}, headers={"If-Match": one.headers["ETag"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "communications.text_invalid")
    assert "Did you mean `name`?" in refused.json()["errors"][0]["detail"]
    changed = await editor.patch(path, json={"title": TITLE}, headers={"If-Match": one.headers["ETag"]})
    assert (changed.status_code, changed.json()["is_personalised"]) == (200, True)
    back = await editor.patch(path, json={"title": "For all"}, headers={"If-Match": changed.headers["ETag"]})
    assert back.json()["is_personalised"] is False


async def test_a_template_preview_shows_it_as_the_practice_was_told(shared, tenant):
    announced = await publish(shared, tenant, **written())
    office = await shared.as_role("editor", tenant=tenant)
    wanted = {"subject_id": announced, "practice": f"{tenant}B"}
    shown = await office.post("/v1/message-templates/announcement/preview", json=wanted)
    assert (shown.status_code, shown.json()["subject"]) == (200, "A session for High Street"), shown.text
    some = await office.post("/v1/message-templates/announcement/preview", json={"subject_id": announced})
    assert some.json()["subject"] == "A session for Mill Lane Surgery"


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"title": "{{ practice.secret }}"}, "text_invalid", "/title"),
        ({"body_markdown": "{{ person.name }}"}, "text_invalid", "/body_markdown"),
        ({"body_markdown": "{{ ''.__class__.__mro__ }}"}, "text_invalid", "/body_markdown"),
        ({"body_markdown": "{{ practice.__init__.__globals__ }}"}, "text_invalid", "/body_markdown"),
        ({"body_markdown": "{% for x in range(10**9) %}x{% endfor %}"}, "text_invalid", "/body_markdown"),
        ({"body_markdown": "{% include '/etc/passwd' %}"}, "text_invalid", "/body_markdown"),
        ({"body_markdown": "{{ " + "(" * 5000}, "text_invalid", "/body_markdown"),
        ({"body_markdown": "Braces {{ that do not close"}, "text_invalid", "/body_markdown"),
        ({"body_markdown": "{# nothing else #}"}, "text_invalid", "/body_markdown"),
        ({"on_intranet": True}, "not_for_each_practice", "/on_intranet"),
        ({"must_acknowledge_by": "2026-12-20"}, "not_for_each_practice", "/must_acknowledge_by"),
        ({"preview_practice": "ZZ"}, "audience_unknown", "/preview_practice"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_member_by_a_dry_run_too(shared, tenant, changes, code, pointer):
    editor = await shared.as_role("editor", tenant=tenant)
    is_shown = "preview_practice" in changes
    for is_dry_run in (True,) if is_shown else (True, False):
        answer = await editor.post("/v1/announcements", json=written(dry_run=is_dry_run, **changes))
        assert (answer.status_code, answer.json()["code"]) == (422, f"communications.{code}"), answer.text
        assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert (await editor.get("/v1/announcements")).json()["data"] == []


async def test_a_version_of_what_has_to_be_read_has_no_fields(shared, tenant):
    announced = await publish(shared, tenant, must_acknowledge_by="2026-12-20")
    editor = await shared.as_role("editor", tenant=tenant)
    again = {"body_markdown": BODY, "must_acknowledge_by": "2026-12-21", "reason": "More."}
    refused = await editor.post(f"/v1/announcements/{announced}/versions", json=again)
    assert (refused.status_code, refused.json()["code"]) == (422, "communications.not_for_each_practice")


async def test_more_practices_take_no_more_queries(shared, tenant):
    editor = await shared.as_role("editor", tenant=tenant)

    async def asked() -> int:
        with counted(shared) as statements:
            assert (await editor.post("/v1/announcements", json=written(dry_run=True))).status_code == 202
        return len(statements)

    few = await asked()
    for n in range(8):
        await shared.make_practice(f"{tenant}{n}", tenant)
        await person(shared, tenant, f"Lead{n}", "named_lead", f"{tenant}{n}")
    # Who is asking is written down now and then, which takes one.
    assert await asked() <= few + 1


@pytest.mark.parametrize(
    ("body", "needs"),
    [
        ("{{ practice.name }}", ()),
        ("{{ practice.list_size|plural('patient') }}", ("list_size",)),
        ("{{ practice.locality }}: {{ practice.list_size }}", ("list_size", "locality")),
        ("{% if practice.locality %}In {{ practice.locality }}.{% else %}Nowhere.{% endif %}", ()),
        # Without it nothing would be left to say.
        ("{% if practice.locality %}In {{ practice.locality }}.{% endif %}", ("locality",)),
    ],
)
def test_a_field_is_needed_unless_the_text_says_what_then(body, needs):
    look = look_at(Template("Title", body))
    assert (look.flaws, look.needs) == ((), needs)


def test_a_text_that_may_come_to_nothing_is_refused():
    body = "{% if practice.locality %}In {{ practice.locality }}.{% elif practice.list_size %}Some.{% endif %}"
    assert [flaw.code for flaw in look_at(Template("Title", body)).flaws] == ["not_filled_in"]


@pytest.mark.parametrize(
    ("markdown", "is_one"), [("{{x", True), ("{%", True), ("{#", True), ("{ {", False), ("}}", False)]
)
def test_only_what_begins_a_tag_makes_it_a_text_with_fields(markdown, is_one):
    assert uses_fields("", markdown) is is_one
