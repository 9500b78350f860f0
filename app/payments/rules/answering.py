"""Which of the ledger's answers say something new."""

from collections.abc import Iterable

from app.payments.values import Answer, Outcome


def news(answers: Iterable[Answer], heard: Iterable[Answer]) -> list[Answer]:
    """Those that do not just repeat the last word on their payment, or that it was accepted; `heard` is in order.

    Rejected, then paid, then rejected for the same reason: the money came back once more, which is news. The same
    answers loaded again are not.
    """
    accepted: set[Answer] = set()
    last: dict[str, Answer] = {}

    def is_known(answer: Answer) -> bool:
        """And it is known from now on."""
        if answer.outcome is Outcome.ACCEPTED:
            known = answer in accepted
            accepted.add(answer)
            return known
        known = last.get(answer.payment) == answer
        last[answer.payment] = answer
        return known

    for answer in heard:
        is_known(answer)
    return [answer for answer in answers if not is_known(answer)]
