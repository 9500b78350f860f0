"""How many people a claim needs, which ones are looked at twice, and whether it may go on."""

import hashlib
from uuid import UUID

from app.schemes.values import ClaimRules


def approvers_required(amount: int, rules: ClaimRules) -> int:
    """How many people approve a claim of that many pence: as the band says that it falls in. Recoveries are bands too.

    With one approver below 15,000.00 and two from there on, 14,999.99 needs one, 15,000.00 two, and so do -15,000.00. The
    bands are the scheme's; the rule is ours.
    """
    return next(band.approvers for band in reversed(rules.bands) if abs(amount) >= band.at_least)


def is_sampled(claim_id: UUID, rules: ClaimRules, *, is_first: bool) -> bool:
    """Whether a claim is drawn for a quality check: a share of all claims, and each practice's first of the year.

    Where 10% are drawn, those are whose digest, of the scheme's own seed and the claim's id, falls into the lowest tenth:
    it is the same whenever it is asked, and nobody knows beforehand who does not know the seed. With 0% nothing is
    drawn. The Department for Education checks its own claims in this way, a year's first one always (source
    of "Claim additional payments", 2026).
    """
    if rules.sample_percent == 0:
        return False
    digest = hashlib.sha256(f"{rules.sample_seed}:{claim_id}".encode()).digest()
    drawn = int.from_bytes(digest[:8], "big") * 100 < rules.sample_percent * 2**64
    return is_first or drawn
