"""How each component is booked in finance's ledger, as its definition says."""

import pytest

from app.calculation.errors import DefinitionInvalid
from app.calculation.service import bookings, describe
from app.calculation.values import Booking
from tests.factories.calculation import advance, definition, fixed, paid, per_head, practice, total

BOOKED = {
    "pay_code": "LIS-01",
    "cost_centre": "C100",
    "subjective": "5211/2",
    "vat_code": "EX",
    "pensionable": False,
}


def test_each_component_is_booked_as_it_says_and_the_rest_is_left_to_the_scheme():
    pay = total(per_head(booking=BOOKED), advance(fixed(booking={"pensionable": True}), booking={"pay_code": "ADV"}))
    assert bookings(definition(pay)) == {
        "engagement": Booking("LIS-01", "C100", "5211/2", "EX", pensionable=False),
        "aspiration": Booking(pay_code="ADV"),
        "joining": Booking(pensionable=True),
    }


def test_a_booking_changes_neither_the_figure_nor_the_words():
    assert paid(fixed(booking=BOOKED), practice()) == paid(fixed(), practice())
    assert describe(definition(fixed(booking=BOOKED))) == describe(definition(fixed()))


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("pay_code", "", "bad_value"),
        ("pay_code", "=SUM(A1)", "bad_value"),
        ("pay_code", "A\n", "bad_value"),
        ("cost_centre", "x" * 31, "bad_value"),
        ("cost_centre", 100, "wrong_type"),
        ("subjective", "943 476 5919", "nhs_number"),
        ("vat_code", None, "wrong_type"),
        ("pensionable", "true", "wrong_type"),
        ("account", "1", "unknown_member"),
    ],
)
def test_a_code_that_no_ledger_could_take_is_refused(member, value, code):
    with pytest.raises(DefinitionInvalid) as caught:
        definition(fixed(booking={member: value}))
    assert [(error.pointer, error.code) for error in caught.value.errors] == [
        (f"/pay/booking/{member}", f"calculation.{code}")
    ]
