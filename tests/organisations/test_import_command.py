"""`plenary import`, against the same database as everything else."""

from pathlib import Path

from tests.factories.commands import plenary, settings_of
from tests.factories.service import LivePlenary
from tests.organisations.adapters.register_texts import csv_bytes, practice_cells


async def test_a_file_is_imported_with_progress_and_its_counts(shared: LivePlenary, tmp_path: Path):
    tenant = await shared.fresh_tenant()
    file = tmp_path / "epraccur.csv"
    file.write_bytes(csv_bytes(practice_cells(c0="ZZC001", c14=tenant), practice_cells(c0="??", c14=tenant)))
    done = await plenary("import", "ods-practices", str(file), **settings_of(shared.settings))
    assert done.exit_code == 3, done.stderr
    assert done.stdout == "rows 2, created 1, updated 0, unchanged 0, rejected 1\n"
    assert "Importing epraccur.csv: 2 of 2" in done.stderr
    assert "row 2, code: An ODS code is three to eight letters and digits. (imports.bad_code)" in done.stderr
    client = await shared.as_role("intranet", tenant=tenant)
    assert (await client.get("/v1/practices/ZZC001")).status_code == 200
    admin = await shared.as_role("platform_admin", tenant="PLATFORM")
    run = (await admin.get("/v1/imports")).json()["data"][0]
    assert (run["file_name"], run["state"], run["result"]["created"]) == ("epraccur.csv", "succeeded", 1)


async def test_a_file_that_cannot_be_used_ends_in_words(shared: LivePlenary, tmp_path: Path):
    file = tmp_path / "page.csv"
    file.write_text("<html>gone</html>")
    done = await plenary("import", "ods-practices", str(file), **settings_of(shared.settings))
    assert done.exit_code == 1
    assert "web page" in done.stderr


async def test_a_commissioners_own_file_needs_the_commissioner(shared: LivePlenary, tmp_path: Path):
    file = tmp_path / "localities.csv"
    file.write_text("locality,practice_code,from,until\nNorth,ZZC002,2026-04-01,\n")
    done = await plenary("import", "localities", str(file), **settings_of(shared.settings))
    assert (done.exit_code, "--commissioner" in done.stderr) == (1, True)


async def test_a_commissioners_localities_are_imported_from_the_command_line(shared: LivePlenary, tmp_path: Path):
    tenant = await shared.fresh_tenant()
    await shared.make_practice("ZZU001", tenant)
    file = tmp_path / "localities.csv"
    file.write_text("locality,practice_code,from,until\nNorth,ZZU001,2026-04-01,\n")
    done = await plenary("import", "localities", str(file), "--commissioner", tenant, **settings_of(shared.settings))
    assert (done.exit_code, "created 1" in done.stdout) == (0, True), done.stderr
    client = await shared.as_role("intranet", tenant=tenant)
    assert (await client.get("/v1/practices/ZZU001")).json()["locality"]["name"] == "North"
