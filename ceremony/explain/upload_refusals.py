"""What to do now when the online signer has refused a project, or what a project signed."""

from collections.abc import Mapping

_NOTHING = "Nothing was registered."
_ASK = "Nothing was published. Send this to the developers of the project: they have to"

ON_PROJECTS: Mapping[str, str] = {
    "REGISTER-REPOSITORY": f"{_NOTHING} Register the batch with the signer of its repository, or ask the developers "
    "for proofs that are about this one.",
    "REGISTER-ROLE": f"{_NOTHING} Name one of these roles with --role. If there is none, hold a ceremony that adds a "
    "delegation which the online key signs, such as recently-claimed, and deliver its release first.",
    "REGISTER-UNCLAIMED": f"{_NOTHING} Take this project out of the batch. Its keys are changed where it stands: in a "
    "ceremony, if keyholders have claimed it.",
    "REGISTER-APART": f"{_NOTHING} Find out to which of the two projects the path belongs, and let the other have "
    "paths of its own.",
    "REGISTER-SIZE": f"{_NOTHING} Let a ceremony claim the projects that wait for it: `ceremony-online project export` "
    "writes its batch. Then register these again.",
    "REGISTER-PRESENT": "Check the spelling: `ceremony-online project list` shows what there is. A project that "
    "keyholders have claimed leaves in a ceremony. Nothing was removed.",
    "EXPORT-PRESENT": "`ceremony-online project list` shows how each project stands. Those that wait for their first "
    "upload can be exported once it is published.",
}
"""The name of a rule -> what to do now, for projects that are registered, removed or exported."""

ON_UPLOADS: Mapping[str, str] = {
    "UPLOAD-CLAIMED": "Check the spelling: `ceremony-online project list` shows every project. One that is new is "
    "registered first: `ceremony-online project register FILE`. Nothing was published.",
    "UPLOAD-WHOLE": f"{_ASK} write plain targets metadata, with as few targets as clients can take, and sign that.",
    "UPLOAD-SIGNED": f"{_ASK} sign with the keys that count now, as many as that needs. If these are not their keys "
    "any more, register the project again with its new ones, or have a ceremony claim them.",
    "UPLOAD-NEXT": f"{_ASK} give it the version named above, and sign it again.",
    "UPLOAD-FRESH": "Compare this machine's clock with a watch, in UTC. If the clock is right, the developers have to "
    "sign again, with a later end. Nothing was published.",
    "UPLOAD-ALONE": f"{_ASK} sign targets alone. Whoever else is to sign for the project becomes one of its keys.",
    "UPLOAD-PATHS": f"{_ASK} list targets below their own paths alone, with names that need no quoting in a URL.",
    "UPLOAD-HASHES": f"{_ASK} list each target with its length and its SHA-256.",
    "UPLOAD-PLAIN": f"{_ASK} leave out what is named above, or write it in plain letters (NFC) and whole numbers.",
    "UPLOAD-FILES": "Upload again with the files that the metadata lists, as they were when it was signed, and no "
    "others. Nothing was published.",
}
"""The name of a rule -> what to do now, for what projects upload."""
