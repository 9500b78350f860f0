"""On which rows a figure rests, as its workings name them."""

from datetime import date

from app.calculation.values import PostHeld, PracticeInput
from app.payments.rules.evidence import evidence_of, rounding_of
from tests.factories.calculation import QUARTER, a_list, per_head, per_session, practice, session
from tests.factories.payments import part, worked


def evidence(pay: object, known: PracticeInput, **members: object) -> dict[str, list[object]]:
    [line] = worked(part(pay, known, **members)).statements[0].lines
    found = evidence_of(line.explain().workings, frozen=known, period=QUARTER)
    return {
        "lists": [each.as_at for each in found.lists],
        "facts": [each.external_id for each in found.facts],
        "posts": [(each.post, each.valid_from) for each in found.posts],
    }


def test_a_list_is_named_once_with_its_day() -> None:
    known = practice(lists=(a_list(), a_list(as_at=date(2014, 1, 1))))
    assert evidence(per_head(), known) == {"lists": ["2014-04-01"], "facts": [], "posts": []}


def test_the_facts_that_count_are_named_and_no_others() -> None:
    known = practice(facts=(session(date(2014, 4, 3)), session(date(2014, 3, 3))))
    assert evidence(per_session(), known)["facts"] == ["lead_session:2014-04-03"]


def test_a_need_names_the_facts_and_the_posts_that_the_run_knew() -> None:
    held = (PostHeld("named_lead", date(2014, 4, 1), None), PostHeld("named_lead", date(2013, 4, 1), date(2014, 1, 1)))
    known = practice(facts=(session(date(2014, 4, 3)),), posts=(*held, PostHeld("gp", date(2014, 4, 1), None)))
    gate = {"type": "gate", "needs": [{"post": "named_lead"}, {"fact": "lead_session"}], "then": per_head()}
    found = evidence(gate, known)
    assert found["facts"] == ["lead_session:2014-04-03"]
    assert found["posts"] == [("named_lead", date(2014, 4, 1))]


def test_what_is_done_names_the_facts_that_say_so() -> None:
    known = practice(facts=(session(date(2014, 4, 3)),))
    pay = {"type": "milestone", "id": "areas", "amount": "900.00", "items": [{"measure": "area"}]}
    measures = {"area": {"kind": "done", "fact": "lead_session", "due": "2014-06-30"}}
    assert evidence(pay, known, measures=measures)["facts"] == ["lead_session:2014-04-03"]


def test_nothing_is_rounded_where_something_is_missing() -> None:
    [line] = worked(part(per_head(), practice(lists=()))).statements[0].lines
    assert line.blocked
    rounded = rounding_of(line.explain().workings)
    assert rounded is None or rounded.rounded == "0.00"
