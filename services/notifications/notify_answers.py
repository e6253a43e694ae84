"""What each answer of GOV.UK Notify means: for this message, for all of them, or for nobody yet."""

from notifications_python_client.errors import APIError

from services.notifications.channels import Failed, RetryLater

# By a part of the sentence: the account, its key or its templates are not in order, whatever the message.
_OPERATORS = (
    "team-only",
    "trial mode",
    "template",
    "personalisation",
    "not allowed",
    "not permitted",
    "permission",
    "api key",
    "suspended",
)
_OURS = (401, 403, 404, 405)
_BUSY = 429
#: Notify's own application answers these in its own form. It may have kept the message by then: see LOOK_FIRST.
_BROKEN = (500, 503)


def refusal(error: APIError) -> Failed | RetryLater | None:
    """What an answer other than yes means; None where it may have been taken all the same."""
    status = error.status_code
    if error.response is None:
        return None
    if status == _BUSY:
        return RetryLater("notify-429", tried=False)
    if status in _BROKEN and _errors(error):
        return RetryLater(f"notify-{status}", tried=False)
    if status in _OURS:
        return RetryLater(f"notify-{status}", tried=False)
    if 400 <= status < 500 and status != 408:
        if any(part in sentence for sentence in _errors(error) for part in _OPERATORS):
            return RetryLater(f"notify-{status}-account", tried=False)
        return Failed(f"notify-{status}")
    return None


def _errors(error: APIError) -> list[str]:
    """Notify's sentences, in small letters: to be looked through, never kept, since they may name a recipient."""
    found = error.message
    if not isinstance(found, list):
        return []
    return [str(each.get("message", "")).lower() for each in found if isinstance(each, dict)]
