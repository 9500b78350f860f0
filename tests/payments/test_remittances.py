"""Remittances as pages and as PDF, read back by readers of their own; and one line with what it rests on."""

import io
from collections import Counter
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from pypdf import PdfReader
from starlette.requests import Request

from app.payments.router.answers import preferred
from app.payments.rules import remittances
from app.payments.values import Remittance, RemittedLine, RemittedPayment
from tests.factories import schemes
from tests.factories.payments import Office
from tests.factories.service import LivePlenary

HOSTILE = '#read("/etc/passwd") <script>alert(1)</script> $x$ *b* \\ {{ 7*7 }}'


def remittance(*, lines: int = 1, name: str = "Mill Lane Surgery") -> Remittance:
    return Remittance(
        title="Remittance S5T0QZ1V8K2MNR",
        commissioner="NHS Example",
        reference="S5T0QZ1V8K2MNR",
        released_at=datetime(2026, 11, 22, 12, 30, 15, 123456, tzinfo=UTC),
        about=(("Practice", name), ("Total of its lines", "£1,800.00")),
        payments=(RemittedPayment("P7C1M0XQ94GDKE", name, "£1,800.00", "£0.00", "£1,800.00", "nothing to pay"),),
        lines=tuple(
            RemittedLine(f"S5T0QZ1V8K2MNR-{no}", "lead-time", f"6 sessions at {name}.", "£1,800.00")
            for no in range(1, lines + 1)
        ),
        notes=(),
    )


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


class Page(HTMLParser):
    """What a browser would see: how often each element, the attributes of headings, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.scopes: Counter[str | None] = Counter()
        self.lang: str | None = None
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        if tag == "th":
            self.scopes[dict(attrs).get("scope")] += 1
        if tag == "html":
            self.lang = dict(attrs).get("lang")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_pdf_is_tagged_english_and_the_same_each_time() -> None:
    pdf = remittances.remittance_pdf(remittance())
    assert pdf == remittances.remittance_pdf(remittance())
    reader = PdfReader(io.BytesIO(pdf))
    root = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("en-GB", True)
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    assert reader.metadata is not None
    assert reader.metadata.title == "Remittance S5T0QZ1V8K2MNR"
    for text in ("P7C1M0XQ94GDKE", "S5T0QZ1V8K2MNR-1", "£1,800.00", "6 sessions at Mill Lane Surgery."):
        assert text in words(pdf)


def test_what_people_write_is_text_in_both_forms() -> None:
    hostile = remittance(name=HOSTILE)
    assert '#read("/etc/passwd") <script>' in words(remittances.remittance_pdf(hostile))
    page = Page(remittances.remittance_html(hostile))
    assert page.elements["script"] == 0
    assert HOSTILE in page.text


def test_a_letter_that_the_font_lacks_does_not_stop_a_remittance() -> None:
    assert "P7C1M0XQ94GDKE" in words(remittances.remittance_pdf(remittance(name="漢字 ย")))


def test_a_long_statement_is_whole() -> None:
    found = words(remittances.remittance_pdf(remittance(lines=300)))
    assert all(f"S5T0QZ1V8K2MNR-{no} " in found for no in range(1, 301))


def test_the_tables_of_a_page_have_captions_and_headings_with_a_scope() -> None:
    page = Page(remittances.remittance_html(remittance()))
    assert (page.lang, page.elements["title"], page.elements["h1"]) == ("en-GB", 1, 1)
    assert page.elements["caption"] == page.elements["table"] == 3
    assert set(page.scopes) == {"col", "row"}
    assert page.elements["th"] == sum(page.scopes.values())


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/pdf", "application/pdf"),
        ("application/json, text/plain, */*", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/html;q=0.5, application/pdf", "application/pdf"),
        ("text/html;q=nonsense", "text/html"),
    ],
)
def test_the_form_is_the_one_that_is_preferred(accept: str, form: str) -> None:
    request = Request({"type": "http", "headers": [(b"accept", accept.encode())]})
    assert preferred(request, "application/json", "text/html", "application/pdf") == form


@pytest.fixture(scope="module")
async def paid(shared: LivePlenary) -> tuple[Office, dict]:
    """A released statement with a list, a post and a fact behind its lines."""
    definition = {
        **schemes.LEAD,
        "measures": {**schemes.PER_HEAD["measures"], **schemes.LEAD["measures"]},
        "pay": {"type": "sum", "of": [schemes.PER_HEAD["pay"], schemes.LEAD["pay"]]},
    }
    office = await Office.open(shared, lists=("5000.5",), definition=definition)
    [code] = office.practices
    person = await shared.make_person("Lead", tenant=office.tenant)
    admin = await shared.as_role("commissioner_admin", tenant=office.tenant)
    post = {"role": "named_lead", "practice": code, "person_id": str(person), "from": "2026-04-01"}
    assert (await admin.post("/v1/posts", json=post)).status_code == 201
    await office.record(schemes.a_fact(code, "plt-1", date(2026, 4, 8)))
    return office, await office.statement(await office.pay(), code)


async def test_one_reference_is_in_the_file_on_the_statement_and_on_the_remittance(
    shared: LivePlenary, paid: tuple[Office, dict]
) -> None:
    office, statement = paid
    [code] = office.practices
    manager = await shared.as_role("practice_manager", tenant=office.tenant, practice=code)
    path = f"/v1/practices/{code}/statements"
    [reference] = await office.references(statement["run"])
    for address in (path, f"{path}/{statement['reference']}"):
        pdf = await manager.get(address, headers={"Accept": "application/pdf"})
        assert (pdf.status_code, pdf.headers["Content-Type"]) == (200, "application/pdf")
        assert reference in words(pdf.content)
        page = await manager.get(address, headers={"Accept": "text/html"})
        assert reference in Page(page.text).text
    assert (await manager.get(f"{path}/{statement['reference']}")).json() == statement
    unknown = await manager.get(f"{path}/S0000000000000", headers={"Accept": "text/html"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "payments.statement_not_found")


async def test_a_service_without_the_extra_says_how_a_page_is_had(
    shared: LivePlenary, paid: tuple[Office, dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    office, _ = paid
    monkeypatch.setattr(remittances, "typst", None)
    answer = await office.manager.get(
        f"/v1/practices/{office.practices[0]}/statements", headers={"Accept": "application/pdf"}
    )
    assert (answer.status_code, answer.json()["code"]) == (406, "payments.form_not_served")


async def test_a_line_names_the_rows_that_it_rests_on(shared: LivePlenary, paid: tuple[Office, dict]) -> None:
    office, statement = paid
    manager = await shared.as_role("practice_manager", tenant=office.tenant, practice=office.practices[0])
    heads, sessions = [
        (await manager.get(f"/v1/payment-lines/{line['reference']}")).json() for line in statement["lines"]
    ]
    assert heads.items() >= statement["lines"][0].items()
    assert (heads["unrounded"], heads["rounded"]) == ("2500.25", "2500.25")
    [size] = heads["evidence"]["lists"]
    assert (size["basis"], size["value"], size["as_at"]) == ("registered", "5000.5", "2026-04-01")
    assert size["recorded_at"] is not None
    assert [fact["external_id"] for fact in sessions["evidence"]["facts"]] == ["plt-1"]
    assert sessions["evidence"]["posts"] == [{"post": "named_lead", "from": "2026-04-01", "until": "2026-07-01"}]
    assert heads["payment"] == statement["payments"][0]["reference"]
    same = await office.manager.get(f"/v1/payment-runs/{statement['run']}/lines/{heads['reference']}")
    assert same.json() == heads
    page = Page((await manager.get(f"/v1/payment-lines/{heads['reference']}", headers={"Accept": "text/html"})).text)
    assert (page.lang, page.elements["script"]) == ("en-GB", 0)
    assert heads["sentence"] in page.text


async def test_a_line_is_for_its_practice_its_payee_and_the_office(
    shared: LivePlenary, paid: tuple[Office, dict]
) -> None:
    office, statement = paid
    path = f"/v1/payment-lines/{statement['lines'][0]['reference']}"
    neighbour = f"{office.practices[0][:-1]}Q"
    await shared.make_practice(neighbour, office.tenant)
    stranger = await shared.as_role("practice_manager", tenant=office.tenant, practice=neighbour)
    auditor = await shared.as_role("auditor", tenant=office.tenant)
    assert (await auditor.get(path)).status_code == 200
    refused = await stranger.get(path)
    assert (refused.status_code, refused.json()["code"]) == (404, "payments.line_not_found")
    for wrong in ("S0000000000000-1", "nonsense", f"{statement['reference']}-0", f"{statement['reference']}-999999"):
        assert (await auditor.get(f"/v1/payment-lines/{wrong}")).status_code == 404
