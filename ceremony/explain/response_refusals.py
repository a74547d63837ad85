"""What to do now when something that goes from place to place was refused: a request, a response, a scanned code."""

from collections.abc import Mapping

_CALL = "Nothing was signed. Call the people who sent the request, and tell them what stands here."

ON_RESPONSES: Mapping[str, str] = {
    "CEREMONY-WITHDRAWN": "Do not sign, and take nothing in: this ceremony was given up. Keep its bundle as the "
    "record; if the change is wanted after all, it begins anew, with a new plan.",
    "WITHDRAWN-EARLY": "The release exists, or whoever has these signatures can make it; it may be published already, "
    "and no mark takes it back. Finish this ceremony, keep its release, and hold another that follows it: the later "
    "version wins.",
    "BUNDLE-FITS": "Nothing was changed: the bundle opens as before, with every signature in it. Look in its "
    "transcript for what repeats, such as a stick full of files that are refused, and take that away. Then go on from "
    "a shorter copy, such as a request that was sent before, and take the responses in again; where there is none, "
    "begin anew with a new plan, and keep this bundle as the record.",
    "REQUEST-REVIEWED": "Hold the review first: `ceremony sit PLAN`, until everybody there has agreed to the "
    "fingerprint. Then send the request.",
    "REQUEST-CURRENT": f"This request would take the repository back behind what this machine knows. {_CALL}",
    "REQUEST-HOLDERS": "The request names a key otherwise than the release that this machine trusts. Do not sign "
    f"before it is clear whose key it is. {_CALL}",
    "REQUEST-SAME": "The request was changed after somebody had signed here, and what was signed counts for nothing in "
    "the new one. If the others know of the change, name another folder and sign anew; if not, stop and tell them.",
    "REQUEST-SCANNED": "The request that you were brought is not the one whose code was scanned. Scan once more; if "
    f"the same is found, one of the two was changed on its way. {_CALL}",
    "RESPONSE-CEREMONY": "Nothing was taken in. Look for the response to this ceremony: its file is named after it. "
    "This one belongs to another.",
    "RESPONSE-WITHDRAWN": "Nothing was taken in: this ceremony was given up. Keep the response with its record.",
    "RESPONSE-FINGERPRINT": "Nothing was taken in: other bytes were signed there than were reviewed here. Ask that "
    "place for the words of its fingerprint. If a newer request went out since, it has to be signed anew; if not, one "
    "of the two requests was changed on its way.",
    "RESPONSE-SIGNED": "Nothing is lost: nobody has signed at that place yet, or all that was signed there was known "
    "already. Sign first, then write the response.",
    "SCAN-WHOLE": "Scan the code once more, whole, in good light. If it fails again, the scanner may type for another "
    "keyboard than this machine has: set both to the US layout, or carry the response on a stick.",
}
"""The name of a rule -> what to do now, for what goes from place to place."""
