"""The minutes: one self-contained page for people, made from a bundle alone."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from string import Template

from ceremony.core.plan import instant_text
from ceremony.core.review import fingerprint_of
from ceremony.core.roster import Enrolment
from ceremony.core.tally import tally
from ceremony.core.transcript import Entry
from ceremony.core.words import words_of
from ceremony.engine.bundle import Bundle

_PAGE = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Minutes of $ceremony</title>
<style>
 body { font: 15px/1.45 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b }
 h1 { margin-bottom: 0 } table { border-collapse: collapse; width: 100%; margin: .6rem 0 1.4rem }
 th, td { border-bottom: 1px solid #ccc; padding: .25rem .5rem; text-align: left; vertical-align: top }
 th { background: #f3f3f3 } code, .words { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
 .words { font-size: 1.05em; line-height: 1.8 } .rehearsal { background: #7a1f1f; color: #fff; padding: .5rem 1rem }
 .short td:not(:nth-child(5)) { white-space: nowrap }
 tr.refused td, tr.stopped td { background: #fff3e0 }
 @media print { body { margin: 0; max-width: none } tr { break-inside: avoid } }
</style></head><body>
$mark<h1>Minutes of $ceremony</h1>
<p>$kind ceremony of <b>$repository</b>, planned for $opens to $closes (UTC).</p>
<h2>Who signs what</h2>$roles
<h2>Keys</h2>$keys
<h2>What was signed</h2>$files
<p>Fingerprint of all payloads, as it was read aloud: the SHA-256 of one line <code>sha256  name</code> a file.</p>
<p class="words">$fingerprint</p><p><code>$fingerprint_hex</code></p>
<h2>What happened</h2>$entries
<h2>Check it yourself</h2>
<p>The head of the transcript, the SHA-256 of its last line: <code>$head</code></p><p class="words">$head_words</p>
<p>Run <code>ceremony verify</code> on the folder of the release: it needs no device and no network. Each payload is the
<code>signed</code> part of its file in canonical JSON, so any TUF client can check the signatures as well.</p>
</body></html>
""")


def minutes(bundle: Bundle) -> bytes:
    """The minutes of the ceremony in this bundle, as one HTML page that loads nothing from anywhere.

    Raises: TamperedError if what it holds as drafts is no metadata.
    """
    plan = bundle.plan
    fingerprint = fingerprint_of(bundle.files)
    mark = '<p class="rehearsal">REHEARSAL: nothing on this page is to be trusted.</p>' if plan.is_rehearsal else ""
    head = bundle.transcript.head
    return _PAGE.substitute(
        ceremony=escape(plan.id),
        mark=mark,
        kind=escape(plan.kind.capitalize()),
        repository=escape(plan.repository),
        opens=instant_text(plan.window.opens),
        closes=instant_text(plan.window.closes),
        roles=_roles(bundle),
        keys=_keys(bundle),
        files=_files(bundle),
        fingerprint=_numbered(fingerprint.words),
        fingerprint_hex=fingerprint.digest.hex(),
        entries=_entries(bundle.transcript.entries),
        head=head,
        head_words=_numbered(words_of(bytes.fromhex(head))),
    ).encode()


def _roles(bundle: Bundle) -> str:
    standings = {each.role: each for each in tally(bundle.files, bundle.quorums)}
    rows = []
    for role in bundle.plan.offline_roles:
        holders = [each.name for each in bundle.plan.holders_of(role)]
        signed = [bundle.roster.holder_of(keyid) for keyid in standings[role].signed] if role in standings else []
        threshold = f"{bundle.plan.thresholds[role]} of {len(holders)}"
        rows.append((role, threshold, ", ".join(signed) or "nobody", _end(bundle, role)))
    return _table(("role", "needs", "signed by", "ends"), rows)


def _end(bundle: Bundle, role: str) -> str:
    return instant_text(bundle.plan.expires[role]) if role in bundle.plan.expires else "as before"


def _keys(bundle: Bundle) -> str:
    rows = [
        (
            each.keyholder,
            f"{each.maker} {each.model}",
            each.serial,
            each.firmware,
            _attested(each),
            str(each.key.get("scheme")),
            each.keyid,
        )
        for each in bundle.roster.enrolments
    ]
    key = bundle.plan.online_key
    return _table(
        ("holder", "device", "serial", "firmware", "attested", "scheme", "keyid"),
        [*rows, ("online signer", "", "", "", "", key.scheme, key.keyid())],
    )


def _attested(each: Enrolment) -> str:
    found = each.attestation
    if found is None:
        return "no"
    asks = f", PIN {found.pin_policy}, touch {found.touch_policy}" if found.pin_policy else ""
    return f"by {found.maker or 'a root that is not pinned'}: made inside, slot {found.slot}{asks}"


def _files(bundle: Bundle) -> str:
    rows = [(each.name, str(len(each.payload)), sha256(each.payload).hexdigest()) for each in bundle.files]
    return _table(("file", "bytes signed", "SHA-256 of the bytes signed"), rows)


def _entries(entries: Iterable[Entry]) -> str:
    rows = [
        (str(number), instant_text(each.time), each.step, each.person, each.note, each.serial, each.result)
        for number, each in enumerate(entries, start=1)
    ]
    return _table(("", "time (UTC)", "step", "person", "what", "device", "result"), rows, result_column=6)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], result_column: int | None = None) -> str:
    cells = "".join(f"<th>{escape(head)}</th>" for head in heads)
    kind = "" if result_column is None else ' class="short"'
    lines = [f"<table{kind}><tr>{cells}</tr>"]
    for row in rows:
        kind = f' class="{escape(row[result_column])}"' if result_column is not None else ""
        lines.append(f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>")
    return "\n".join([*lines, "</table>"])


def _numbered(words: Iterable[str]) -> str:
    return " ".join(f"<small>{number}</small>&nbsp;{escape(word)}" for number, word in enumerate(words, start=1))
