"""Imports every file of handlers, so that the registry is complete."""

import workers.bounces
import workers.communications
import workers.learning
import workers.notices
import workers.organisations
import workers.payments
import workers.people
import workers.retention
import workers.schemes
import workers.teams
import workers.trials
import workers.webhooks  # noqa: F401 - importing registers the handlers
