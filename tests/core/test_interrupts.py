"""Ctrl-C ends a command in one line and with 130, wherever it falls."""

import pytest

from app.cli import Plenary


def ended(work, capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    commands = Plenary()
    commands.command("work")(work)
    with pytest.raises(SystemExit) as end:
        commands([])
    return end.value.code, capsys.readouterr().err


def test_in_the_middle_of_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        raise KeyboardInterrupt

    assert ended(work, capsys) == (130, "Stopped.\n")


def test_while_a_module_is_imported_and_a_library_makes_another_error_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as interrupt:
            raise RuntimeError("Error calling __set_name__ on an instance") from interrupt

    assert ended(work, capsys) == (130, "Stopped.\n")


def test_a_command_says_what_became_of_its_work(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        raise KeyboardInterrupt("Stopped: nothing was kept.")

    assert ended(work, capsys) == (130, "Stopped: nothing was kept.\n")


def test_an_error_of_ours_stays_an_error() -> None:
    def work() -> None:
        raise RuntimeError("a bug")

    commands = Plenary()
    commands.command("work")(work)
    with pytest.raises(RuntimeError, match="a bug"):
        commands([])
