"""Pure rules of organisations: whose member a practice was when, and in which locality it may be."""

from app.organisations.rules.faults import faults_csv
from app.organisations.rules.memberships import PUBLICATIONS, Membership, membership_sequence, sub_icb_parents
from app.organisations.rules.placing import Laid, Placement, lay_placements, overlap_words

__all__ = [
    "PUBLICATIONS",
    "Laid",
    "Membership",
    "Placement",
    "faults_csv",
    "lay_placements",
    "membership_sequence",
    "overlap_words",
    "sub_icb_parents",
]
