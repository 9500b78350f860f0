"""Which event leads to which jobs. An empty list: the change feed only. A name missing here fails a test."""

ROUTES: dict[str, tuple[str, ...]] = {
    # organisations
    "organisations.practice_changed": (),
    "organisations.import_requested": ("organisations.import_file",),
    "organisations.locality_changed": (),
    # people
    "people.person_changed": (),
    "people.post_changed": (),
    # access
    "access.money_role_granted": ("communications.notify_money_role",),
    # meetings
    "meetings.meeting_changed": (),
    "meetings.attendance_changed": ("schemes.record_attendance", "learning.record_attendance"),
    # schemes
    "schemes.version_published": (),
    "schemes.scheme_changed": (),
    "schemes.offers_made": ("communications.notify_offers",),
    "schemes.offer_answered": (),
    "schemes.signed_up": ("communications.notify_sign_ups",),
    "schemes.offers_due": ("communications.notify_offers_due",),
    "schemes.claims_due": ("communications.notify_claims_due",),
    "schemes.claim_changed": (),
    "schemes.claim_voided": ("communications.notify_claim",),
    "schemes.claim_held": ("communications.notify_claim",),
    "schemes.claim_approved": ("communications.notify_claim",),
    "schemes.claim_rejected": ("communications.notify_claim",),
    "schemes.simulation_requested": ("schemes.simulate",),
    # forums
    "forums.issue_raised": ("communications.notify_issue",),
    "forums.issue_moved": (),
    "forums.issue_answered": ("communications.notify_answer",),
    # payments
    "payments.run_requested": ("payments.calculate_run",),
    "payments.run_calculated": (),
    "payments.run_failed": (),
    "payments.run_approved": (),
    "payments.run_released": ("communications.notify_statements",),
    "payments.run_sent": (),
    "payments.run_rejected": (),
    "payments.run_acknowledged": (),
    "payments.run_returned": (),
    "payments.arrangement_agreed": (),
    "payments.run_late": ("communications.notify_late_run",),
    "payments.supplier_changed": (),
    "payments.query_opened": ("communications.notify_query",),
    "payments.query_changed": (),
    "payments.query_messaged": ("communications.notify_query_message",),
    "payments.correction_proposed": ("communications.notify_correction",),
    "payments.correction_refused": ("communications.notify_correction_refused",),
    "payments.query_answered": ("communications.notify_query_answer",),
    "payments.query_overdue": ("communications.notify_query_overdue",),
    # communications
    "communications.announcement_published": ("communications.expand_announcement",),
    "communications.announcement_withdrawn": (),
}
