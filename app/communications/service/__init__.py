"""Use cases of communications: announcements, notices, sending them, the inbox, and a practice's page of today."""

from app.communications.repository.sending import Noted, Waiting
from app.communications.service.announcing import (
    announcement_tag,
    expand_announcement,
    follows_deliveries,
    measure_announcement,
    office_counts,
    publish_announcement,
    withdraw_announcement,
)
from app.communications.service.audiences import DELIVERIES, changes_seen, sight_of
from app.communications.service.claim_notices import (
    notify_claim,
    notify_claims_due,
    notify_claims_prepared,
    notify_offers_due,
)
from app.communications.service.consultations import notify_comment, notify_comment_answer, notify_consultation
from app.communications.service.inbox import (
    acknowledge,
    get_message,
    message_tag,
    set_preferences,
    wanted_topics,
)
from app.communications.service.notices import (
    notify_answer,
    notify_arrangement,
    notify_issue,
    notify_late_run,
    notify_money_role,
    notify_offers,
    notify_sign_ups,
    notify_statements,
)
from app.communications.service.persons import drop_old_deliveries, erase_person, export_person
from app.communications.service.queries import (
    notify_correction,
    notify_correction_corrected,
    notify_correction_refused,
    notify_query,
    notify_query_answer,
    notify_query_message,
    notify_query_overdue,
    notify_query_shared,
)
from app.communications.service.sending import (
    hand_over,
    notebook,
    park_batch,
    record_bounces,
    record_notes,
    settle_batch,
    take_batch,
    write_mails,
)
from app.communications.service.today import practice_today

__all__ = [
    "DELIVERIES",
    "Noted",
    "Waiting",
    "acknowledge",
    "announcement_tag",
    "changes_seen",
    "drop_old_deliveries",
    "erase_person",
    "expand_announcement",
    "export_person",
    "follows_deliveries",
    "get_message",
    "hand_over",
    "measure_announcement",
    "message_tag",
    "notebook",
    "notify_answer",
    "notify_arrangement",
    "notify_claim",
    "notify_claims_due",
    "notify_claims_prepared",
    "notify_comment",
    "notify_comment_answer",
    "notify_consultation",
    "notify_correction",
    "notify_correction_corrected",
    "notify_correction_refused",
    "notify_issue",
    "notify_late_run",
    "notify_money_role",
    "notify_offers",
    "notify_offers_due",
    "notify_query",
    "notify_query_answer",
    "notify_query_message",
    "notify_query_overdue",
    "notify_query_shared",
    "notify_sign_ups",
    "notify_statements",
    "office_counts",
    "park_batch",
    "practice_today",
    "publish_announcement",
    "record_bounces",
    "record_notes",
    "set_preferences",
    "settle_batch",
    "sight_of",
    "take_batch",
    "wanted_topics",
    "withdraw_announcement",
    "write_mails",
]
