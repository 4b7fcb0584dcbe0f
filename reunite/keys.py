"""The installation's secret keys and what is derived from them.

The root key, 256 bits outside the database, is made once and never changes: by HKDF-SHA256 (RFC 5869) each purpose gets
a key of its own, so that a receipt's hash and the audit chain never share one. Beside it lie wrapping keys with
numbers; the newest wraps the reports' own data keys (reunite.vault) and can be changed at any time.
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
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reunite.problems import StartupError

NONCE = 12
"""Bytes of a random nonce: 96 bits, as AES-GCM wants (NIST SP 800-38D)."""
FIRST = 1
"""The wrapping key that is derived from the root; later ones are keys of their own."""
_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points the curve P-256 has (FIPS 186-5)."""
_PAIR = 48
"""Bytes of which a number below it is made: with 64 bits more than it has, none is likelier (FIPS 186-5, A.2.1)."""


class Keys:
    """Keyed hashes and sealed values, each bound to a purpose; wrapping keys by their number."""

    def __init__(
        self, root: bytes, wrapping: dict[int, bytes] | None = None, file: Path | None = None
    ) -> None:
        if len(root) != 32:
            raise StartupError("The secret key must have 32 bytes (64 hex digits). Restore the key file.")
        self._derive = cache(lambda purpose: _hkdf(root, purpose))
        self._pair = cache(lambda purpose: _hkdf(root, purpose, _PAIR))
        self._first = self._derive("wrap")
        self._wrapping = {FIRST: self._first, **(wrapping or {})}
        self._file, self._read_at = file, _changed_at(file)

    def mac(self, purpose: str, *parts: str) -> str:
        """HMAC-SHA256 in hex over the parts, with lengths, so that no two lists of parts look alike."""
        message = json.dumps(parts, ensure_ascii=True).encode()
        return hmac.new(self._derive(purpose), message, hashlib.sha256).hexdigest()

    def seal(self, purpose: str, context: str, plain: str) -> bytes:
        """Encrypt by AES-256-GCM, bound to its context (whose value, which column)."""
        return self.seal_bytes(purpose, context, plain.encode())

    def seal_bytes(self, purpose: str, context: str, plain: bytes) -> bytes:
        """The same of bytes, as files are."""
        return sealed_with(self._derive(purpose), context, plain)

    def open(self, purpose: str, context: str, sealed: bytes) -> str:
        """Decrypt what `seal` gave; raises ValueError where key or context is another."""
        return self.open_bytes(purpose, context, sealed).decode()

    def open_bytes(self, purpose: str, context: str, sealed: bytes) -> bytes:
        """Decrypt what `seal_bytes` gave; raises ValueError as `open` does."""
        return opened_with(self._derive(purpose), context, sealed)

    def signing_key(self, purpose: str) -> ec.EllipticCurvePrivateKey:
        """A key pair on P-256, derived and so always the same: it need not be stored."""
        number = int.from_bytes(self._pair(purpose), "big") % (_P256 - 1) + 1
        return ec.derive_private_key(number, ec.SECP256R1())

    def newest(self) -> tuple[int, bytes]:
        """Number and bytes of the key that wraps now; a key added to the file while we run is found."""
        self._read_again()
        version = max(self._wrapping)
        return version, self._wrapping[version]

    def wrapping(self, version: int) -> bytes:
        """The wrapping key of this number; raises StartupError where the key file no longer has it."""
        if version not in self._wrapping:
            self._read_again()
        if version not in self._wrapping:
            raise StartupError(f"The key file has no wrapping key {version}. Restore the key file.")
        return self._wrapping[version]

    def _read_again(self) -> None:
        if self._file is not None and (changed := _changed_at(self._file)) != self._read_at:
            _, wrapping = _parse(self._file.read_text(), str(self._file))
            self._wrapping, self._read_at = {FIRST: self._first, **wrapping}, changed


def sealed_with(key: bytes, context: str, plain: bytes) -> bytes:
    """AES-256-GCM under this key with a fresh random nonce in front, bound to the context."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def opened_with(key: bytes, context: str, sealed: bytes) -> bytes:
    """The opposite of `sealed_with`; raises ValueError where key, context or content is another."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], context.encode())
    except (InvalidTag, ValueError) as error:
        raise ValueError("sealed with another key, or for another place, or changed") from error


def _hkdf(root: bytes, purpose: str, length: int = 32) -> bytes:
    info = f"reunite/{purpose}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=info).derive(root)


def load_keys(path: Path, *, create: bool, text: str = "") -> Keys:
    """The keys of `text` (a platform's secret) or else of the file; make a file, readable by its owner only, where
    `create` allows it (an empty database)."""
    if text:
        return Keys(*_parse(text, "REUNITE_KEY"))
    if not path.exists():
        if not create:
            raise StartupError(
                f"The database holds reports but the key file {path} is missing. "
                "Restore it from your backup, or set REUNITE_KEY_FILE to where it is."
            )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, [secrets.token_hex(32)])
    try:
        return Keys(*_parse(path.read_text(), f"the key file {path}"), file=path)
    except (OSError, UnicodeDecodeError) as error:
        raise StartupError(f"The key file {path} cannot be read as 64 hex digits. Restore it.") from error


def add_wrapping_key(path: Path, *, keep: set[int]) -> int:
    """Write a new wrapping key into the key file, which wraps from now on, and leave out those not in `keep` that no
    report needs; gives its number."""
    text = path.read_text()
    _, wrapping = _parse(text, str(path))
    version = max([FIRST, *wrapping]) + 1
    lines = [text.split()[0]]
    lines += [f"{number}:{key.hex()}" for number, key in sorted(wrapping.items()) if number in keep]
    _write(path, [*lines, f"{version}:{secrets.token_hex(32)}"])
    return version


def _parse(text: str, where: str) -> tuple[bytes, dict[int, bytes]]:
    """The first word is the root key in hex, each further one `number:hex`."""
    words = text.replace(",", " ").split()
    try:
        root = bytes.fromhex(words[0])
        wrapping = {
            int(number): bytes.fromhex(key) for number, _, key in (word.partition(":") for word in words[1:])
        }
    except (ValueError, IndexError) as error:
        raise StartupError(f"The key in {where} cannot be read as 64 hex digits. Restore it.") from error
    if any(len(key) != 32 for key in [root, *wrapping.values()]) or any(
        number <= FIRST for number in wrapping
    ):
        raise StartupError(f"The key in {where} cannot be read as 64 hex digits. Restore it.")
    return root, wrapping


def _write(path: Path, lines: list[str]) -> None:
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Have the folder's entries on the disk: a new or replaced file in it survives a power cut."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _changed_at(file: Path | None) -> int:
    return file.stat().st_mtime_ns if file is not None and file.exists() else 0
