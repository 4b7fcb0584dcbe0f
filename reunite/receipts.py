"""Case numbers and secrets: what a family holds in its hands.

A case number is a letter for the side, seven random characters of Crockford's base 32 and a check character (Luhn
mod 32: every single wrong character and nearly every swap of neighbours shows). The secret has 120 bits.
"""

import hashlib
import hmac
import re
import secrets

from stdnum import luhn

from reunite.keys import Keys

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_LETTER = {"missing": "M", "found": "F"}
_BOTH = re.compile(r"([MF](?:-?[0-9A-Z]{4}){2})[\s,;]+((?:[0-9A-Z]{4}-?){6})")


def new_case_number(kind: str) -> str:
    """A random case number such as M-7K3Q-9XT2."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(7))
    digits = body + luhn.calc_check_digit(body, alphabet=ALPHABET)
    return f"{_LETTER[kind]}-{digits[:4]}-{digits[4:]}"


def read_case_number(text: str) -> str | None:
    """What somebody typed, in its written form; None where it cannot be a case number."""
    plain = re.sub(r"[\s\-–—]", "", text.upper()[:40])
    letter, digits = plain[:1], as_digits(plain[1:])
    if letter not in "MF" or len(digits) != 8 or not luhn.is_valid(digits, alphabet=ALPHABET):
        return None
    return f"{letter}-{digits[:4]}-{digits[4:]}"


def as_digits(text: str) -> str:
    """Capital letters and digits with those that look alike made one, as case numbers and secrets are compared."""
    return text.translate(_LOOKALIKES)


def new_secret() -> str:
    """A random secret of 120 bits, in groups of four."""
    return _grouped(secrets.token_bytes(15))


def new_code() -> str:
    """A random code of 80 bits, in groups of four: short enough to be typed into another phone."""
    return _grouped(secrets.token_bytes(10))


def plain(typed: str) -> str:
    """What somebody typed of a secret or code: typing marks and look-alikes do not matter."""
    return as_digits(re.sub(r"[\s\-–—]", "", typed.upper()[:80]))


def secret_for(keys: Keys, idempotency_key: str, body_hash: str) -> str:
    """The secret of a request that may be repeated: the same request gives the same, and nothing stored tells it."""
    return _grouped(bytes.fromhex(keys.mac("receipt-repeat", idempotency_key, body_hash))[:15])


def hash_secret(keys: Keys, case_number: str, secret: str) -> str:
    """The keyed hash that is stored; typing marks and look-alikes do not matter."""
    return keys.mac("receipt", case_number, plain(secret))


def written_secret(secret: str) -> str:
    """A secret that fits, in its written form: groups of four."""
    symbols = plain(secret)
    return "-".join(symbols[start : start + 4] for start in range(0, len(symbols), 4))


def read_both(text: str) -> tuple[str, str] | None:
    """Case number and secret of a receipt that was copied or scanned whole; None where the text is something else."""
    found = _BOTH.fullmatch(as_digits(text.upper().strip()[:80]))
    return (found[1], found[2]) if found else None


def same(left: str, right: str) -> bool:
    """Compare two hashes in constant time."""
    return hmac.compare_digest(left, right)


def digest(text: str) -> str:
    """Plain SHA-256 in hex, for telling whether two request bodies are the same."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _grouped(raw: bytes) -> str:
    number, length = int.from_bytes(raw), len(raw) * 8 // 5
    symbols = "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(length)))
    return "-".join(symbols[start : start + 4] for start in range(0, length, 4))
