"""`plenary calculate FILE`."""

import json
from pathlib import Path

from typer.testing import CliRunner

from app.cli import main
from tests.factories.schemes import PER_HEAD

BODY = {
    "definition": PER_HEAD,
    "practices": [{"code": "A1", "registered": "8412"}],
    "period": {"from": "2026-04-01", "until": "2026-07-01"},
}


def run(tmp_path: Path, body: object) -> tuple[int, str, str]:
    file = tmp_path / "body.json"
    file.write_text(json.dumps(body))
    done = CliRunner().invoke(main, ["calculate", str(file)])
    return done.exit_code, done.stdout, done.stderr


def test_a_file_is_worked_out_as_the_api_does(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, BODY)
    assert (code, json.loads(out)["total"]) == (0, "4206.00")
    assert json.loads(out)["period"] == {"from": "2026-04-01", "until": "2026-07-01"}


def test_what_is_wrong_is_said_with_its_place(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, {**BODY, "definition": {**PER_HEAD, "pay": {"type": "lottery"}}})
    assert (code, out) == (1, "")
    assert "/definition/pay/type" in err
    assert "calculation.unknown_node" in err


def test_a_body_that_is_no_calculation_is_refused_in_words(tmp_path: Path) -> None:
    code, _, err = run(tmp_path, {"practices": []})
    assert code == 1
    assert "/definition: This has to be given. (missing)" in err


def test_a_body_that_is_no_json_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_text('{"definition": {},\n "practices" []}')
    done = CliRunner().invoke(main, ["calculate", str(file)])
    assert done.exit_code == 1
    assert done.stderr == "Line 2, column 14: Expecting ':' delimiter. (request.malformed_json)\n"
