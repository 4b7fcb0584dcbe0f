"""The tables of signing in: sessions, second factors, recovery codes, links for a new password, tries that failed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base


class SessionRow(Base):
    """A signed-in browser: only the keyed hash of its cookie is kept. Until `whole` it may do nothing but show the
    second factor."""

    __tablename__ = "staff_session"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    whole: Mapped[bool]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    proved_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(Integer)


class FactorRow(Base):
    """A member's authenticator app. A code counts once: `last_step` is the time step of the last one taken."""

    __tablename__ = "second_factor"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime]


class RecoveryCodeRow(Base):
    """A code that replaces the app once; it is removed when used."""

    __tablename__ = "recovery_code"
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)


class ResetRow(Base):
    """A link that sets a new password once; a newer one replaces it."""

    __tablename__ = "password_reset"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]


class SignInFailureRow(Base):
    """Failed tries of one counter (an account, an account's known browser, its codes), so that guessing is slow."""

    __tablename__ = "sign_in_failure"
    account_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    not_before: Mapped[datetime]
