"""Numbers as they are written in dates and ages: digits, Chinese numerals, and digits read out one by one."""

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")}
_DIGITS |= {"〇": 0, "○": 0, "两": 2}
_TENS = {"十": 10, "廿": 20, "卅": 30}
HAN_DIGITS = "".join((*_DIGITS, *_TENS))
"""The characters that Chinese numbers are made of here."""


def number(written: str) -> int | None:
    """A number below 100 in ASCII digits or Chinese numerals (二十三, 廿三); None if it is neither."""
    if written.isascii() and written.isdigit():
        return int(written) if len(written) <= 4 else None
    total = 0
    for at, sign in enumerate(written):
        if sign in _TENS:
            total = (total or 1) * 10 if sign == "十" and at else _TENS[sign] + total
        elif sign in _DIGITS and (at == 0 or written[at - 1] in _TENS):
            total += _DIGITS[sign]
        else:
            return None
    return total if written else None


def spelt_out(written: str) -> int | None:
    """A year's digits one by one, Chinese or not: 一九九八 and 1998 → 1998; None if there is anything else."""
    digits = ["" if sign in _TENS else str(_DIGITS.get(sign, sign)) for sign in written]
    joined = "".join(digits)
    return int(joined) if len(joined) == len(written) and joined.isascii() and joined.isdigit() else None
