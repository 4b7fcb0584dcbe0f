"""Mails that came back, as servers write them."""

from reunite import bounces
from reunite.keys import Keys

HASH = "ab" * 16
OURS = "bounces@example.org"


def address(keys: Keys, to_hash: str = HASH) -> str:
    """Where mails to this recipient come back to."""
    return bounces.sender(keys, OURS, to_hash)


def report(to: str, *statuses: str, action: str = "failed", kind: str = "report", more: str = "") -> bytes:
    """A report to this address about a recipient a status; `more`: further header lines."""
    recipients = "\r\n".join(
        f"Final-Recipient: rfc822; reporter@example.invalid\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no reporter@example.invalid here\r\n"
        for status in statuses
    )
    return (
        f"From: MAILER-DAEMON@mx.example.invalid\r\nTo: {to}\r\nSubject: Undelivered\r\n{more}"
        f"Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/{kind}; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example.invalid\r\nArrival-Date: Mon, 2 Mar 2026 08:00:00 +0800\r\n\r\n"
        f"{recipients}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "To: reporter@example.invalid\r\nSubject: words\r\n\r\nwords\r\n--b--\r\n"
    ).encode()


def away(to: str) -> bytes:
    """An automatic answer of somebody who is on holiday."""
    return (
        f"From: reporter@example.invalid\r\nTo: {to}\r\nAuto-Submitted: auto-replied\r\nSubject: Status: 5.1.1\r\n\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\n\r\nI am back on Monday.\r\n"
    ).encode()
