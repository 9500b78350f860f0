from contextlib import AsyncExitStack

from prometheus_client.parser import text_string_to_metric_families

from app.core.metrics import Metrics
from tests.factories.service import LivePlenary


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    text, _ = metrics.render()
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_requests_are_counted_by_template_method_and_status():
    metrics = Metrics()
    metrics.observe_request("GET", "/v1/practices/{code}", 200, 0.02)
    metrics.observe_request("GET", "/v1/practices/{code}", 200, 0.03)
    metrics.observe_request("GET", "/v1/practices/{code}", 503, 0.03)
    found = samples(metrics)
    assert found["plenary_http_requests_total", "/v1/practices/{code}", "200", "GET"] == 2
    assert found["plenary_http_requests_total", "/v1/practices/{code}", "503", "GET"] == 1
    assert found["plenary_http_request_seconds_count", "/v1/practices/{code}", "GET"] == 3


def test_invented_methods_share_one_series():
    metrics = Metrics()
    for method in ("BREW", "WHEN"):
        metrics.observe_request(method, "unmatched", 405, 0.001)
    assert samples(metrics)["plenary_http_requests_total", "405", "OTHER", "unmatched"] == 2


def test_gauges_show_what_was_last_measured():
    metrics = Metrics()
    metrics.oldest_due_job.labels("payments").set(12)
    metrics.parked_jobs.labels("notifications").set(3)
    metrics.relay_lag.set(0.5)
    metrics.pool_wait.set(0.1)
    metrics.oldest_transaction.set(4)
    for value in (1, 2):
        metrics.show("releases_unacknowledged", "As a slice names it.", value)
    found = samples(metrics)
    assert found["plenary_job_oldest_due_seconds", "payments"] == 12
    assert found["plenary_jobs_parked", "notifications"] == 3
    assert found["plenary_relay_lag_seconds",] == 0.5
    assert found["plenary_pool_wait_seconds",] == 0.1
    assert found["plenary_oldest_transaction_seconds",] == 4
    assert found["plenary_releases_unacknowledged",] == 2


def test_two_applications_in_one_process_do_not_share_their_figures():
    first, second = Metrics(), Metrics()
    first.observe_request("GET", "/x", 200, 0.1)
    assert ("plenary_http_requests_total", "/x", "200", "GET") not in samples(second)


def test_the_page_has_the_type_that_prometheus_reads():
    assert Metrics().render()[1].startswith("text/plain; version=")


async def test_a_pool_in_use_is_seen_in_the_wait_for_a_connection(shared: LivePlenary):
    scraper = await shared.as_role("platform_admin", tenant="PLATFORM")
    services = shared.app.state.services
    pool = services.reader.pool
    async with AsyncExitStack() as held:
        for _ in range(pool.get_max_size()):
            await held.enter_async_context(pool.acquire())
        await scraper.get("/metrics")
    assert samples(services.metrics)["plenary_pool_wait_seconds",] > 1
