"""After a restore: what the backup had accepted and not sent is held for a person, not sent again."""

from tests.factories.service import LivePlenary
from workers.restored import hold_back

NEWS = {"title": "Rota agreed", "body_markdown": "Thank you.", "audience": {"roles": ["practice_manager"]}}


async def test_news_accepted_before_the_backup_does_not_go_out_by_itself(live: LivePlenary) -> None:
    tenant = await live.fresh_tenant()
    await live.make_practice("ZZ8801", tenant)
    admin = await live.as_role("commissioner_admin", tenant=tenant)
    mailbox = await admin.put("/v1/practices/ZZ8801/mailbox", json={"email": "front.desk@example.org"})
    assert mailbox.status_code in (200, 201)
    await live.work()
    editor = await live.as_role("editor", tenant=tenant)
    assert (await editor.post("/v1/announcements", json=NEWS)).status_code == 202
    assert await hold_back(live.tools) >= 1
    await live.work()
    outbox = live.settings.outbox_path
    assert not outbox.exists() or list(outbox.glob("*.eml")) == []
    jobs = (await admin.get("/v1/jobs")).json()["data"]
    # The mail, and what goes to channels in Teams.
    assert len(jobs) == 2
    for job in jobs:
        assert job["last_error"].startswith("Restored from a backup")
        assert (await admin.post(f"/v1/jobs/{job['id']}/redrive")).status_code == 200
    await live.work()
    assert len(list(outbox.glob("*.eml"))) == 1
