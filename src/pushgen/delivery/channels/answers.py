"""One table: what each provider's answer means. The documented codes of FCM HTTP v1, APNs and Web Push (RFC 8030).

Where a code may mean either one bad address or a mistake of ours, it drops the message and leaves the address: a
wrong key must not empty the table of devices.
"""

from collections.abc import Mapping

from pushgen.protocols import Fate

ACCEPTED, DEAD, RETRY, OURS, DROP = Fate.ACCEPTED, Fate.DEAD_TOKEN, Fate.RETRY, Fate.MISCONFIGURED, Fate.DROP

ANSWERS: Mapping[str, Mapping[str, Fate]] = {
    "webhook": {
        "409": ACCEPTED,  # the receiver has this key already
        "410": DEAD,
        "400": DROP, "413": DROP, "422": DROP,
        "401": OURS, "403": OURS, "404": OURS, "405": OURS, "415": OURS,
        "301": OURS, "302": OURS, "303": OURS, "307": OURS, "308": OURS,
        "408": RETRY, "425": RETRY, "429": RETRY,
    },
    "fcm": {
        "UNREGISTERED": DEAD,
        "INVALID_ARGUMENT": DROP,
        "SENDER_ID_MISMATCH": DROP,  # the token belongs to another project, or ours is the wrong one
        "QUOTA_EXCEEDED": RETRY, "UNAVAILABLE": RETRY, "INTERNAL": RETRY, "UNSPECIFIED_ERROR": RETRY,
        "RESOURCE_EXHAUSTED": RETRY,
        "THIRD_PARTY_AUTH_ERROR": OURS, "UNAUTHENTICATED": OURS, "PERMISSION_DENIED": OURS, "NOT_FOUND": OURS,
        "400": DROP, "401": OURS, "403": OURS, "404": OURS, "429": RETRY,
    },
    "apns": {
        "BadDeviceToken": DEAD, "Unregistered": DEAD, "ExpiredToken": DEAD,
        "DeviceTokenNotForTopic": DROP,  # the token belongs to another app, or our topic is the wrong one
        "PayloadTooLarge": DROP, "PayloadEmpty": DROP, "BadCollapseId": DROP, "BadMessageId": DROP,
        "BadExpirationDate": DROP, "BadPriority": DROP, "DuplicateHeaders": DROP, "MissingDeviceToken": DROP,
        "BadTopic": OURS, "MissingTopic": OURS, "TopicDisallowed": OURS, "InvalidPushType": OURS,
        "BadCertificate": OURS, "BadCertificateEnvironment": OURS, "InvalidProviderToken": OURS,
        "MissingProviderToken": OURS, "Forbidden": OURS, "BadPath": OURS, "MethodNotAllowed": OURS,
        "ExpiredProviderToken": RETRY,  # the next attempt signs a new one
        "TooManyProviderTokenUpdates": RETRY, "TooManyRequests": RETRY, "IdleTimeout": RETRY,
        "InternalServerError": RETRY, "ServiceUnavailable": RETRY, "Shutdown": RETRY,
        "400": DROP, "403": OURS, "404": OURS, "405": OURS, "410": DEAD, "413": DROP, "429": RETRY,
    },
    "webpush": {
        "404": DEAD, "410": DEAD,
        "400": DROP, "413": DROP,
        "401": OURS, "403": OURS, "405": OURS,
        "408": RETRY, "429": RETRY,
    },
}  # fmt: skip
"""Provider, then its code or the status of its answer."""


def fate_of(provider: str, status: int, code: str | None = None) -> Fate:
    """What an answer means: by its code where the table has it, else by its status, else by its class.

    An answer that nobody documented is dropped where it blames the request and tried again where it blames the server.
    """
    if 200 <= status < 300:
        return Fate.ACCEPTED
    table = ANSWERS[provider]
    if code is not None and code in table:
        return table[code]
    if str(status) in table:
        return table[str(status)]
    return Fate.RETRY if status >= 500 else Fate.DROP
