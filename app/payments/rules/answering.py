"""Which of the ledger's answers say something new."""

from collections.abc import Iterable

from app.payments.values import Answer, Outcome


def news(answers: Iterable[Answer], heard: Iterable[Answer]) -> list[Answer]:
    """Those that do not just repeat the last word on their payment; `heard` is in order.

    Rejected, then paid, then rejected for the same reason: the money came back once more, which is news. The same
    answers loaded again are not. That a payment was accepted is a word by itself, which what became of it does not end:
    accepted with 100.00, then with 90.00, then with 100.00 is news each time, and accepted again after paid is not.
    """
    last: dict[tuple[str, bool], Answer] = {}

    def is_known(answer: Answer) -> bool:
        """And it is known from now on."""
        about = answer.payment, answer.outcome is Outcome.ACCEPTED
        known = last.get(about) == answer
        last[about] = answer
        return known

    for answer in heard:
        is_known(answer)
    return [answer for answer in answers if not is_known(answer)]
