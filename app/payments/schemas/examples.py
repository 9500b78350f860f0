"""Examples that several schemas show, of one invented run."""

from typing import Any

RUN_ID = "0198c0de-0000-7000-8000-00000000a001"
SCHEME_ID = "0198c0de-0000-7000-8000-00000000b001"
PERSON_ID = "0198c0de-0000-7000-8000-00000000c001"
QUARTER = {"from": "2026-07-01", "until": "2026-10-01"}
PAYEE = {"type": "practice", "code": "ZZ0001", "name": "Mill Lane Surgery"}
WORKINGS = {
    "operator": "round",
    "at": "line",
    "mode": "half_up",
    "value": "1800.00",
    "unrounded": "1800",
    "rounded": "1800.00",
    "inputs": [{"operator": "per_session", "value": "1800", "inputs": []}],
}
LINE = {
    "reference": "S5T0QZ1V8K2MNR-1",
    "component": "lead-time",
    "kind": "entitlement",
    "period": QUARTER,
    "quantity": "6",
    "rate": "300.00",
    "amount": "1800.00",
    "payee": PAYEE,
    "sentence": "300.00 a session x 6 sessions = 1,800.00.",
    "workings": WORKINGS,
    "blocked": False,
}
EXPLAINED = LINE | {
    "statement": "S5T0QZ1V8K2MNR",
    "run": RUN_ID,
    "scheme": SCHEME_ID,
    "practice": "ZZ0001",
    "payment": "P7C1M0XQ94GDKE",
    "unrounded": "1800",
    "rounded": "1800.00",
    "evidence": {
        "lists": [],
        "facts": [{"external_id": "plt-2026-08-14-zz0001", "on": "2026-08-14", "value": "1"}],
        "posts": [{"post": "named_lead", "from": "2026-07-01", "until": "2026-10-01"}],
    },
}
PAYMENT = {
    "reference": "P7C1M0XQ94GDKE",
    "payee": PAYEE,
    "total": "1800.00",
    "brought_forward": "0.00",
    "payable": "1800.00",
    "carried_forward": "0.00",
    "outcome": "paid",
    "paid_on": "2026-12-18",
    "reason": None,
}
STATEMENT = {
    "reference": "S5T0QZ1V8K2MNR",
    "run": RUN_ID,
    "scheme": SCHEME_ID,
    "practice": "ZZ0001",
    "period": QUARTER,
    "total": "1800.00",
    "pay_by": "2026-12-22",
    "payments": [PAYMENT],
    "lines": [LINE],
    "notes": [],
}
RUN = {
    "id": RUN_ID,
    "scheme": SCHEME_ID,
    "version": 1,
    "period": QUARTER,
    "state": "released",
    "practices": 43,
    "total": "77400.00",
    "lines": 43,
    "ceiling": None,
    "inputs_digest": "9f2c4c8e0d1f5a3b7e6d9c8b1a2f3e4d5c6b7a8990817263544536271809fabc",
    "outputs_digest": "1b2a3948576675849302f1e0d9c8b7a69584736251403f2e1d0c9b8a79685746",
    "calculated_by": PERSON_ID,
    "approvers_required": 1,
    "approvers": ["0198c0de-0000-7000-8000-00000000c002"],
    "approved_by": "0198c0de-0000-7000-8000-00000000c002",
    "released_by": "0198c0de-0000-7000-8000-00000000c003",
    "rejected_by": None,
    "reason": None,
    "pay_by": "2026-12-22",
    "note": None,
    "problem": None,
    "operation": "0198c0de-0000-7000-8000-00000000d001",
    "created_at": "2026-11-22T10:00:00Z",
    "calculated_at": "2026-11-22T10:00:02Z",
    "approved_at": "2026-11-22T11:00:00Z",
    "released_at": "2026-11-22T12:00:00Z",
    "rejected_at": None,
}


def example(value: dict[str, Any]) -> Any:
    return {"json_schema_extra": {"examples": [value]}}
