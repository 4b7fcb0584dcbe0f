"""Which language a browser is answered in."""

from reunite import i18n


def negotiate(cookie: str | None, accept: str | None, default: str) -> str:
    """The language to answer in: the one chosen, else the best of the browser's, else the default."""
    if cookie in i18n.languages():
        return cookie
    wanted = [_wish(part) for part in (accept or "")[:500].split(",")]
    for tag, _ in sorted((wish for wish in wanted if wish[1] > 0), key=lambda wish: -wish[1]):
        if found := i18n.spoken(tag):
            return found
    return default


def _wish(part: str) -> tuple[str, float]:
    tag, _, quality = part.lower().replace(" ", "").partition(";q=")
    try:
        return tag, float(quality or 1)
    except ValueError:
        return tag, 0.0
