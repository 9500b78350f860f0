"""Imports every file of handlers, so that the registry is complete."""

import workers.access
import workers.communications
import workers.forums
import workers.learning
import workers.meetings
import workers.organisations
import workers.payments
import workers.people
import workers.retention
import workers.schemes  # noqa: F401 - importing registers the handlers
