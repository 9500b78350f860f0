"""A statement as a page for people: HTML, or a tagged PDF for printing and keeping."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec

from app.payments.values import Remittance

try:
    import typst
except ImportError:
    # The extra `pdf` is not installed.
    typst = None

_PAGES: Final = Path(__file__).with_name("pages")
_html: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_PAGES),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _said(value: object) -> str:
    """A member of a step on one line: `fact form, weight 1; fact visit, weight 2`."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_said(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(map(_said, value))
    return str(value)


_html.filters["said"] = _said


def remittance_html(remittance: Remittance) -> str:
    return _html.get_template("remittance.html").render(asdict(remittance))


def line_html(page: Mapping[str, Any]) -> str:
    return _html.get_template("line.html").render(page)


def makes_pdf() -> bool:
    return typst is not None


def remittance_pdf(remittance: Remittance) -> bytes:
    """The same remittance always gives the same bytes: its day of release is the document's, and no font of the machine is
    used. What people wrote is handed over as data, so none of it is read as markup.
    """
    assert typst is not None
    source = (_PAGES / "remittance.typ").read_bytes()
    options: dict[str, Any] = {
        "format": "pdf",
        "ignore_system_fonts": True,
        "sys_inputs": {"remittance": msgspec.json.encode(remittance).decode()},
        # Typst refuses parts of a second.
        "timestamp": remittance.released_at.replace(microsecond=0),
    }
    try:
        return typst.compile(source, pdf_standards="ua-1", **options)
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        # PDF/UA wants a picture of every letter, and the font has none for one that somebody wrote. The document is
        # tagged without that promise too.
        return typst.compile(source, **options)
