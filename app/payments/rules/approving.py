"""How many different people approve a run."""

from collections.abc import Iterable

from app.schemes.values import ApprovalBand


def approvers_required(bands: Iterable[ApprovalBand], moved: int) -> int:
    """As many as the highest band says that the amount reaches; one below the first.

    With two people from 50,000.00 and three from 250,000.00, a run that moves 49,999.99 needs one, one of 50,000.00 two.
    Claims are approved by bands of amount in the commissioners' present system, which does not see to it that the people
    differ (NHS England, CQRS Local user guide, 2023); that they do is our rule.
    """
    return max((band.approvers for band in bands if band.at_least <= moved), default=1)
