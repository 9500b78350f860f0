"""How money that a payee owes is taken back in parts, and when it may be waived."""


def most_per_run(owed: int, parts: int) -> int:
    """The share of each run when a debt is taken back in so many parts: rounded up, so that the last part is the smallest.

    600.00 in four parts are 150.00 a run; 100.00 in three are 33.34, 33.34 and 33.32. The rule is ours.
    """
    return -(-owed // parts)


def most_now(owed: int, share: int, *, planned: int) -> int | None:
    """What the next run takes back at most by a plan of so much a run. `planned` is the least that was owed at any time
    since the plan was agreed: what came on top was not agreed about, and once nothing is left the plan is over.

    Owed 120.00, agreed 30.00 a run: a run takes 30.00, and 90.00 are left. If 500.00 come on top, the next run takes back
    530.00 at most, the rest of the plan staying what it was. If the 90.00 are made good first, the 500.00 are taken back
    as anything is that nobody has agreed about. The rule is ours.
    """
    return owed - planned + share if planned > 0 else None


def is_waivable(owed: int, below: int | None) -> bool:
    """Only what a payee was paid too much, and only where all it owes is less than the scheme lets be waived.

    With 25.00, a debt of 24.99 may be waived and one of 25.00 may not. What a practice was paid too little is always
    paid. In 2010/11 a central error underpaid 512 practices and overpaid 7,677: commissioners had to make good the former
    and could waive the small sums of the latter (Pulse, on QMAS, 2012).
    """
    return below is not None and owed < below
