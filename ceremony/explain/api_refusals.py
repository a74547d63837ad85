"""What to do now when the online signer's API has refused a call."""

from collections.abc import Mapping

_NOTHING = "Nothing was changed."
_CORRECT = f"Correct this and send the request again. {_NOTHING}"
_ASK_OPERATOR = "Ask whoever runs the signer"

ON_ARTIFACTS: Mapping[str, str] = {
    "LENGTH-WHOLE": f"Give the file's length in bytes. {_CORRECT}",
    "HASHES-PRESENT": f"Give the file's SHA-256, and others as you like. {_CORRECT}",
    "HASH-FORM": f"Give the hash in hex, under its algorithm's name. {_CORRECT}",
    "HASH-STRONG": f"Give the file's SHA-256 too. {_CORRECT}",
    "CUSTOM-PLAIN": f"Write fractions as text, and leave out what is named above. {_CORRECT}",
}
"""The name of a rule -> what to do now, for what is said of a target."""

ON_CALLS: Mapping[str, str] = {
    "BODY-STRICT": f"Send one JSON value in UTF-8, without fractions and with each key once. {_NOTHING}",
    "BODY-SHAPE": f"Compare the request with the description at /api/v1/openapi.json. {_NOTHING}",
    "BODY-SIZE": "Send less at once, or stream it to /api/v1/artifacts/bulk; the operator can raise the limit under "
    f"[limits] in api.toml. {_NOTHING}",
    "BODY-SLOW": f"Send the request again, over a connection that is fast enough. {_NOTHING}",
    "BODY-TYPE": f"Name the content type that is wanted, and send the body uncompressed. {_NOTHING}",
    "LINE-LONG": "Write each artifact on a line of its own. Lines before this one may have been taken in: send the "
    "whole stream again, which is harmless.",
    "QUERY-KNOWN": f"Compare the query with the description at /api/v1/openapi.json. {_NOTHING}",
    "ROUTE-KNOWN": "Compare the path with the description at /api/v1/openapi.json.",
    "METHOD-ALLOWED": "Use a method that is named in the header Allow. A first release is delivered with "
    "`ceremony-online deliver BUNDLE`, not over the API.",
    "KEY-PLAIN": f"Use a name such as a UUID for the header Idempotency-Key. {_NOTHING}",
    "KEY-SAME": "Use a new Idempotency-Key for a new request, and the same one only to repeat the same request. "
    f"{_NOTHING}",
    "TASK-KNOWN": "Use the task_id that the signer answered with. A task that it acknowledged is never forgotten, so "
    "this one was never acknowledged, or by another signer.",
    "LIFETIMES-SIGNED": "How long online signatures last is signed by the keyholders of bins. To change it, hold a "
    f"ceremony with other numbers under [lifetimes] in the plan. {_NOTHING}",
    "ROLES-ONLINE": "Name roles that this signer signs: bins, snapshot, timestamp, or none for all of them. Root and "
    f"targets are signed by keyholders. {_NOTHING}",
    "OFFER-FITS": "Offer the version that follows the trusted one, made by a ceremony from what this signer "
    f"publishes. {_NOTHING}",
    "OFFER-ONCE": "Let what is offered gather its signatures, or take it back with POST /api/v1/metadata/sign/delete; "
    f"then offer this. {_NOTHING}",
    "OFFER-PRESENT": f"GET /api/v1/metadata/sign shows what waits for signatures. {_NOTHING}",
    "OFFER-SIGNED": f"Sign the metadata that GET /api/v1/metadata/sign shows, with a key that it names. {_NOTHING}",
}
"""The name of a rule -> what to do now, for calls of the API."""

ON_ACCESS: Mapping[str, str] = {
    "TOKEN-KNOWN": f"{_ASK_OPERATOR} for a token (`ceremony-online token add`), and send it in the header "
    "`Authorization: Bearer TOKEN`. What was revoked or has ended opens nothing any more.",
    "TOKEN-SCOPE": f"{_ASK_OPERATOR} for a token that may (`ceremony-online token add --scope ...`). {_NOTHING}",
    "TOKEN-PREFIX": f"{_ASK_OPERATOR} for a token for this path (`ceremony-online token add --prefix ...`). {_NOTHING}",
    "TOKEN-NAME": "Choose another name: each token has its own for ever, so that records stay clear.",
    "TOKEN-LISTED": "Check the spelling: `ceremony-online token list` shows every name.",
    "TOKEN-LIFE": "Choose a time that is still to come.",
    "RATE-LIMIT": f"Wait as many seconds as the header Retry-After says, then send it again. {_NOTHING}",
    "LOAD-LIMIT": f"Wait as many seconds as the header Retry-After says, then send it again. {_NOTHING}",
}
"""The name of a rule -> what to do now, for who may call the API and how often."""
