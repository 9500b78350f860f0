"""Rows of a file that were left out, as a sheet of their own."""

import csv
import io
from collections.abc import Iterable


def faults_csv(faults: Iterable[tuple[int, str, str, str]]) -> str:
    """Row, column, code and detail of each."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("row", "column", "code", "detail"))
    writer.writerows(faults)
    return text.getvalue()
