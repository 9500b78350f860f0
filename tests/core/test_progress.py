"""Progress of a command, on a terminal and elsewhere."""

import io

from app.core.progress import progress_shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_there_is_a_line_for_every_tenth():
    out = io.StringIO()
    with progress_shown("Importing epraccur.csv", stream=out) as report:
        for done in range(0, 2001, 50):
            report(done, 2000)
    lines = out.getvalue().splitlines()
    assert lines[0] == "Importing epraccur.csv: 0 of 2,000"
    assert lines[-1] == "Importing epraccur.csv: 2,000 of 2,000"
    assert len(lines) == 11


def test_on_a_terminal_there_is_a_bar_that_ends_full():
    out = Terminal()
    with progress_shown("Importing epraccur.csv", stream=out) as report:
        report(0, 2000)
        report(2000, 2000)
    assert "2000/2000" in out.getvalue()
