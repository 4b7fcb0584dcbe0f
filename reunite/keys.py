"""The installation's secret key and what is derived from it.

One 256-bit key lies outside the database. Purposes get keys of their own by HKDF-SHA256 (RFC 5869), so that a
receipt's hash, the audit chain and the contact data never share one.
"""

import hashlib
import hmac
import json
import os
import secrets
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reunite.problems import StartupError

_NONCE = 12


class Keys:
    """Keyed hashes and sealed values, each bound to a purpose."""

    def __init__(self, master: bytes) -> None:
        if len(master) != 32:
            raise StartupError("The secret key must have 32 bytes (64 hex digits). Restore the key file.")
        self._derive = cache(lambda purpose: _hkdf(master, purpose))

    def mac(self, purpose: str, *parts: str) -> str:
        """HMAC-SHA256 in hex over the parts, with lengths, so that no two lists of parts look alike."""
        message = json.dumps(parts, ensure_ascii=True).encode()
        return hmac.new(self._derive(purpose), message, hashlib.sha256).hexdigest()

    def seal(self, purpose: str, context: str, plain: str) -> bytes:
        """Encrypt by AES-256-GCM, bound to its context (whose value, which column)."""
        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self._derive(purpose)).encrypt(nonce, plain.encode(), context.encode())
        return nonce + sealed

    def open(self, purpose: str, context: str, sealed: bytes) -> str:
        """Decrypt what `seal` gave; raises ValueError where key or context is another."""
        try:
            plain = AESGCM(self._derive(purpose)).decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())
        except InvalidTag as error:
            raise ValueError("sealed with another key, or for another place") from error
        return plain.decode()


def _hkdf(master: bytes, purpose: str) -> bytes:
    info = f"reunite/{purpose}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(master)


def load_keys(path: Path, *, create: bool) -> Keys:
    """Read the key file; make one, readable by its owner only, where `create` allows it (an empty database)."""
    if not path.exists():
        if not create:
            raise StartupError(
                f"The database holds reports but the key file {path} is missing. "
                "Restore it from your backup, or set REUNITE_KEY_FILE to where it is."
            )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
    try:
        master = bytes.fromhex(path.read_text().strip())
    except (ValueError, OSError) as error:
        raise StartupError(f"The key file {path} cannot be read as 64 hex digits. Restore it.") from error
    return Keys(master)
