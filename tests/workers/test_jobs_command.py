"""`plenary jobs`, as an operator reads it."""

from app.core.ids import new_id
from tests.factories.commands import plenary, settings_of
from tests.factories.jobs import handling, job_rows, put_job
from tests.factories.service import LivePlenary
from workers.jobs import JobContext


async def fail(context: JobContext) -> None:
    raise RuntimeError("no ledger")


async def test_a_parked_job_is_listed_with_what_it_is_about(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    with handling("test.parked", fail):
        await put_job(shared, "test.parked", tenant=tenant, key="announcement-7")
        await shared.work()
    listed = await plenary("jobs", "list", "--commissioner", tenant, **settings_of(shared.settings))
    assert "key=announcement-7  RuntimeError: no ledger" in listed.stdout


async def test_nothing_to_run_again_is_explained(shared: LivePlenary) -> None:
    tenant = await shared.fresh_tenant()
    await put_job(shared, "test.waiting", tenant=tenant)
    [waiting] = await job_rows(shared, "test.waiting", tenant)
    unknown = new_id()
    for arguments, words in (
        ((unknown,), f"There is no job {unknown}"),
        ((waiting["id"],), "(test.waiting) is queued; only a parked one is run again."),
        (("--kind", "nonsense"), "No job of the kind nonsense is parked."),
    ):
        done = await plenary("jobs", "redrive", *arguments, **settings_of(shared.settings))
        assert (done.exit_code, words in done.stderr) == (1, True), done.stderr
