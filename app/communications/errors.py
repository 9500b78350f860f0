"""What can go wrong with messages."""

from app.core.errors import DomainError, InvalidRequest, NotFound, TooManyRequests


class AnnouncementNotFound(NotFound):
    code = "communications.announcement_not_found"
    title = "There is no such announcement."


class MessageNotFound(NotFound):
    code = "communications.message_not_found"
    title = "There is no such message in your inbox."


class DeliveryNotFound(NotFound):
    code = "communications.delivery_not_found"
    title = "There is no such delivery."


class DeliveryNotEnded(DomainError):
    code = "communications.delivery_not_ended"
    title = "Only a delivery that ended without success is tried again."
    hint = "Those that wait are tried by themselves, and those that arrived are not sent twice."


class AudienceUnknown(InvalidRequest):
    """Somebody is named who does not exist here."""

    code = "communications.audience_unknown"
    title = "The audience names something that is not known here."


class AcknowledgementPast(InvalidRequest):
    code = "communications.acknowledge_by_past"
    title = "The day by which it has to be acknowledged is over."
    hint = "Give `must_acknowledge_by` a day from today on, and not before the day of `publish_at`."


class NoSuchMoment(InvalidRequest):
    code = "communications.no_such_moment"
    title = "An announcement is published at a moment within the next year."
    hint = "Give `publish_at` an instant from now to a year from now, or leave it out to publish at once."


class TextInvalid(InvalidRequest):
    code = "communications.text_invalid"
    title = "The title or the text of the announcement cannot be used as it is."
    hint = (
        "{{ and {% begin a field of the practice, such as {{ practice.name }}; docs/wording.md lists what can be written."
        ' Two braces themselves are written {{ "{{" }}.'
    )


class NotForEachPractice(InvalidRequest):
    code = "communications.not_for_each_practice"
    title = "A text with fields of the practice is a letter to each practice, and cannot be this as well."
    hint = "Write it without fields, or leave out what is named in `errors`."


class FieldsMissing(DomainError):
    code = "communications.fields_missing"
    title = "The text says something that is not known of everybody it is for."
    hint = (
        "Nothing was sent. A dry run lists what is missing. Put the field inside an if, such as {% if practice.list_size %}, or"
        " leave out of the audience whoever has none."
    )


class AlreadyPublished(DomainError):
    code = "communications.already_published"
    title = "Only what waits to be published can be changed."
    hint = "What has gone out stays as it was; withdraw it from the intranet, or announce it anew."


class NothingToAcknowledge(DomainError):
    code = "communications.nothing_to_acknowledge"
    title = "This message asks for no acknowledgement."
    hint = "Nothing is left to do: only a message with a day to acknowledge by waits for an answer."


class FeedNotFound(NotFound):
    code = "communications.feed_not_found"
    title = "There is no such feed."
    hint = (
        "`GET /v1/feeds` lists each with its `urls`: a public one is read by the commissioner's code and its name, a secret one "
        "by its secret."
    )


class FeedNameTaken(DomainError):
    code = "communications.feed_name_taken"
    title = "A feed of this name exists."
    hint = "Give it another name, or change the one that `GET /v1/feeds` shows."
    constraints = ("uq_feed_name",)


class FeedNotSecret(DomainError):
    code = "communications.feed_not_secret"
    title = "A public feed has no secret."
    hint = "Whoever knows its name reads it; make a secret feed for what is not for everybody, and delete this one."


class TemplateKindNotFound(NotFound):
    code = "communications.template_not_found"
    title = "There is no such kind of message."
    hint = "GET /v1/message-templates lists every kind."


class TemplateVersionNotFound(NotFound):
    code = "communications.template_version_not_found"
    title = "There is no such version of your own wording."


class TemplateInvalid(InvalidRequest):
    code = "communications.template_invalid"
    title = "The wording cannot be used as it is."
    hint = "Each entry of `errors` names the line. GET /v1/message-templates/{kind} lists the fields that there are."


class TemplateNotDraft(DomainError):
    code = "communications.template_not_draft"
    title = "Only a draft can be published."
    hint = (
        "To use its words again, send them to POST /v1/message-templates/{kind}/versions and publish the new version."
    )


class TemplateMeanwhile(DomainError):
    code = "communications.template_meanwhile"
    title = "Somebody has written or published a version of this kind at the same time."
    hint = "Read the kind's versions again, then send the same once more if it is still wanted."
    constraints = ("uq_message_template_n", "uq_message_template_published")


class WebhookEndpointNotFound(NotFound):
    code = "communications.webhook_endpoint_not_found"
    title = "There is no such webhook endpoint."


class WebhookDeliveryNotFound(NotFound):
    code = "communications.webhook_delivery_not_found"
    title = "There is no such delivery to this endpoint."


class WebhookUrlRefused(InvalidRequest):
    code = "communications.webhook_url_refused"
    title = "Webhooks are not sent to this address."


class WebhookEventUnknown(InvalidRequest):
    code = "communications.webhook_event_unknown"
    title = "There is no event of that name to hear of."


class WebhookReplayUnclear(InvalidRequest):
    code = "communications.webhook_replay_unclear"
    title = "What is to be replayed cannot be told from this."


class WebhookDisabled(DomainError):
    code = "communications.webhook_disabled"
    title = "The endpoint is disabled, so nothing is sent to it."
    hint = "Put right what `disabled_because` says, then `POST …/enable`; what waits is sent then."


class TooManyWebhooks(DomainError):
    code = "communications.too_many_webhooks"
    title = "There are as many webhook endpoints as one commissioner may have."
    hint = "Delete those that nobody needs."


class NewsletterNotFound(NotFound):
    code = "communications.newsletter_not_found"
    title = "There is no such newsletter."


class EditionUnknown(NotFound):
    code = "communications.edition_unknown"
    title = "The newsletter has no edition for this place."


class ItemUnknown(InvalidRequest):
    code = "communications.item_unknown"
    title = "An item is not among what is posted."


class SendingPast(InvalidRequest):
    code = "communications.sending_past"
    title = "The time to send it is over."
    hint = "Give `send_at` an instant that is still to come, or leave it out to send now."


class NewsletterNotDraft(DomainError):
    code = "communications.newsletter_not_draft"
    title = "The newsletter is no draft."
    hint = "`POST …/cancel` makes a scheduled one a draft again; one that was sent stays as it is."


class NewsletterSent(DomainError):
    code = "communications.newsletter_sent"
    title = "The newsletter was sent."
    hint = "What was sent stays as it is; draft another."


class MailNotTaken(Exception):
    """Messages have been tried as often as they may be. Parks the job, so that a person looks at the mail server."""


class SuppressionNotFound(NotFound):
    code = "communications.suppression_not_found"
    title = "There is no such address among those that nothing is sent to."


class AlreadySuppressed(DomainError):
    code = "communications.already_suppressed"
    title = "Nothing is sent to this address already."
    hint = "`GET /v1/suppressions` shows since when and why; delete the entry to send to the address again."
    constraints = ("uq_suppression_address",)


class ProviderNotFound(NotFound):
    code = "communications.provider_not_found"
    title = "This way of sending is not set up."
    hint = "Set it up with `PUT /v1/message-providers/{kind}`."


class ProviderSetMeanwhile(DomainError):
    code = "communications.provider_set_meanwhile"
    title = "Somebody else has set this way of sending up at the same moment."
    hint = "Read it with `GET /v1/message-providers/{kind}`, then send the change again with its ETag."
    constraints = ("pk_message_provider",)


class ProviderKeyMissing(InvalidRequest):
    code = "communications.provider_key_missing"
    title = "GOV.UK Notify needs an API key."
    hint = "Make a key in GOV.UK Notify and give it as `api_key`; only later changes may leave it out."


class ProviderKeyInvalid(InvalidRequest):
    code = "communications.provider_key_invalid"
    title = "This is not an API key of GOV.UK Notify."


class NotAnAddress(InvalidRequest):
    code = "communications.not_an_address"
    title = "Messages cannot be sent to this."


class ProviderWithoutTemplate(DomainError):
    code = "communications.provider_without_template"
    title = "The provider has no template for messages of this kind."
    hint = (
        "Give it one with `PUT /v1/message-providers/{kind}`: `email_template` for e-mail, `text_template` for texts."
    )


class AddressSuppressed(DomainError):
    code = "communications.address_suppressed"
    title = "Nothing is sent to this address."
    hint = "`GET /v1/suppressions?address=…` says why; `DELETE` it there to send to it again."


class MobileInvalid(InvalidRequest):
    code = "communications.mobile_invalid"
    title = "This is not a mobile number of the United Kingdom."


class MobileMissing(InvalidRequest):
    code = "communications.mobile_missing"
    title = "Texts need a mobile number."
    hint = "Give `mobile` with the topics that are to come by text, or leave `text` out of their channels."


class MobileUnknown(DomainError):
    code = "communications.mobile_unknown"
    title = "You have given no mobile number, so there is none to confirm."
    hint = "Give it as `mobile` with `PUT /v1/me/preferences`; a code is texted to it."


class MobileConfirmed(DomainError):
    code = "communications.mobile_confirmed"
    title = "Your mobile number is confirmed already."
    hint = "Nothing is left to do; another number is given with `PUT /v1/me/preferences`, and gets a code of its own."


class MobileSuppressed(DomainError):
    code = "communications.mobile_suppressed"
    title = "Nothing is sent to this mobile number, so no code either."
    hint = (
        "Somebody has asked for it, or texts to it came back. Ask your commissioner's office to take it off its list, or give"
        " another with `PUT /v1/me/preferences`."
    )


class NoTextsHere(DomainError):
    code = "communications.no_texts_here"
    title = "Your commissioner sends no text messages, so no code either."
    hint = (
        "The number is kept. Once `can_text` is true in `GET /v1/me/preferences`, ask again with"
        " `POST /v1/me/preferences/mobile-code`."
    )


class TooManyCodes(TooManyRequests):
    code = "communications.too_many_codes"
    title = "A code has been asked for only just now, or too often today."
    hint = (
        "The last one may still be on its way; what became of it is in its operation. Wait as long as `Retry-After` says, then"
        " ask for another."
    )


class CodeExpired(DomainError):
    code = "communications.code_expired"
    title = "There is no code that can still be used."
    hint = "A code is good for ten minutes, and the last one alone. Ask for another with `POST /v1/me/preferences/mobile-code`."


class CodeSpent(DomainError):
    code = "communications.code_spent"
    title = "Too many wrong codes were given, so this code can no longer be used."
    hint = "Ask for another with `POST /v1/me/preferences/mobile-code`, and give the code of the last text."


class CodeWrong(InvalidRequest):
    code = "communications.code_wrong"
    title = "This is not the code that was texted."
    hint = "Give the six digits of the last text. Where none came, ask for another with `POST /v1/me/preferences/mobile-code`."


class NoRoomYet(Exception):
    """Others' texts have used up what the provider may be given at this moment. The job of the code is run again."""


class PushSubscriptionNotFound(NotFound):
    code = "communications.push_subscription_not_found"
    title = "You have no such browser here."


class PushEndpointRefused(InvalidRequest):
    code = "communications.push_endpoint_refused"
    title = "Notifications are not sent to this address."


class PushKeysInvalid(InvalidRequest):
    code = "communications.push_keys_invalid"
    title = "Nothing can be sealed for these keys."


class TooManyBrowsers(DomainError):
    code = "communications.too_many_browsers"
    title = "There are as many browsers as one person may have."
    hint = "Delete those that are not used any more."


class PushSubscriptionTaken(DomainError):
    code = "communications.push_subscription_taken"
    title = "This browser is being subscribed by another call."
    hint = "Send the same once more."
    constraints = ("uq_push_subscription_endpoint",)


class TeamsChannelNotFound(NotFound):
    code = "communications.teams_channel_not_found"
    title = "There is no such channel in Teams here."


class TeamsChannelNameTaken(DomainError):
    code = "communications.teams_channel_name_taken"
    title = "Another channel in Teams has this name."
    hint = "`GET /v1/teams-channels` shows them; choose another name, or change the one that is there."
    constraints = ("uq_teams_channel_name",)


class CallbackUnknown(NotFound):
    code = "communications.callback_unknown"
    title = "Nobody is called back at this address."


class LinkUnknown(NotFound):
    code = "communications.link_unknown"
    title = "This link does not work."
    hint = "Open it as it stands in the mail, whole; mail programs sometimes break long links."


class LinkExpired(DomainError):
    status = 410
    code = "communications.link_expired"
    title = "This link is too old."
    hint = "Look for a newer mail about the same thing, or ask your commissioner's office to send it again."


class LinkEnded(DomainError):
    """The post, the mailbox, the practice or the message behind the link is no more."""

    status = 410
    code = "communications.link_ended"
    title = "This link is no longer valid."
    hint = (
        "It was made for somebody with a post at a practice, or for its mailbox, as they were when the mail was sent."
    )


class LinkUsed(DomainError):
    status = 410
    code = "communications.link_used"
    title = "This has been answered already."
    hint = "Nothing has to be done. To change the answer, ask your commissioner's office."


class LinkLocked(DomainError):
    status = 410
    code = "communications.link_locked"
    title = "This link is locked, because too many names were tried."
    hint = "Your commissioner's office has been told; ask it to send the mail again."


class LinkChanged(DomainError):
    """The thing is another than the one on the page that was answered."""

    code = "communications.link_changed"
    title = "This has changed since you opened the page."
    hint = "Read it again, and answer what it says now."


class AnswerIncomplete(InvalidRequest):
    code = "communications.answer_incomplete"
    title = "Something in the answer is missing or cannot be taken."


class NameUnknown(AnswerIncomplete):
    code = "communications.name_unknown"
    title = "The name is not that of one person with a post at the practice."


class NotOneClick(InvalidRequest):
    code = "communications.not_one_click"
    title = "Nothing was changed: the request did not ask to stop mail."
    hint = "Open the link in the mail and press the button, or send the body `List-Unsubscribe=One-Click` (RFC 8058)."
