# ruff: noqa: E501 - a table
"""Hostile texts: those that are known to break programs, and generated ones of the same kind. MARK finds them again."""

from collections.abc import Iterator
from random import Random

MARK = "zqx7"
SUM = 19_113 * 7
_KNOWN = (
    f"<{MARK}>", f'"{MARK}', f"'{MARK}", f"<script>{MARK}()</script>", f'"><img src=x onerror={MARK}()>',
    f"javascript:{MARK}()", f"//{MARK}.example.invalid", f"/\\{MARK}.example.invalid", f"https://{MARK}.example.invalid",
    f"{{{{{SUM // 7}*7}}}}", f"${{{SUM // 7}*7}}", "{value.__class__}", "{0.__init__.__globals__}", "%s%n%x", "{", "}}",
    f"' OR '1'='1' -- {MARK}", f"'; DROP TABLE report; -- {MARK}", f"1 UNION SELECT {MARK}", "%' OR 1=1", "\\", "%", "_",
    "../../../../etc/passwd", "..\\..\\x", "file:///etc/passwd", "/dev/null", f"a\r\nX-{MARK}: 1", f"a\nSet-Cookie: {MARK}=1",
    "\0", f"a\0{MARK}", "\x1b[31m", "\x7f", "\u202e" + MARK, "\u2066" + MARK, "\ufeff", "\ufffe", "\u0300" * 50, "e\u0301",
    "𝕿𝖊𝖘𝖙", "👨‍👩‍👧", "ﷺ", "İ", "ß", "٣", "１２", "", " ", "\t\n", "-1", "0", "1e999", "NaN", "Infinity", "9" * 400,
    str(2**63),
    "0x10", "1_000", "true", "null", "[]", "{}", "2026-02-30", "lunar:9999-99-99", "0000", "99999-01-01", "1998/1990",
    "=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-2+3", f"{MARK}@example.invalid", "a@b", "A" * 301, "A" * 5001, "字" * 2000,
    "a;" * 2000, "(" * 3000, "M-0000-0000", "0000-0000-0000-0000-0000-0000", "reunite_" + "0" * 60,
)  # fmt: skip


def texts(random: Random) -> Iterator[str]:
    """The known ones first, then endless mixtures of them and of characters from all over Unicode."""
    yield from _KNOWN
    yield from mixtures(random)


def mixtures(random: Random) -> Iterator[str]:
    """Generated ones, without end."""
    while True:
        parts = [random.choice(_KNOWN)[:400] for _ in range(random.randrange(1, 3))]
        parts += ["".join(_character(random) for _ in range(random.randrange(12)))]
        random.shuffle(parts)
        yield "".join(parts)


def _character(random: Random) -> str:
    while True:
        code = random.choice((random.randrange(0x80), random.randrange(0x3000), random.randrange(0x11_0000)))
        if not 0xD800 <= code <= 0xDFFF:
            return chr(code)


def leaks(text: str, kind: str) -> str:
    """What an answer of this content type does with a hostile text that it must not; empty where all is well."""
    if "html" in kind:
        for sign in ("<", '"', "'"):
            if f"{sign}{MARK}" in text or f"<script>{MARK}" in text:
                return "echoed without escaping"
    if "json" in kind and MARK in text:
        return "echoed in a problem"
    if str(SUM) in text:
        return "reckoned by a template"
    for trace in ("Traceback (most recent", "sqlalchemy", "sqlite3", "<class ", 'File "'):
        if trace in text:
            return "an error of ours shown"
    return ""
