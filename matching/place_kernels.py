"""A query's places against all distinct places and texts of a column, and against the rows.

The levels are those of `matching.places.level_of`; a test holds them equal.
"""

import math

import numpy as np

from matching.compiled import Bits, Codes, Ints, kernel
from matching.places import PLACE_LEVELS

FEATURES = 8
(_COUNTRY, _PROVINCE, _CITY, _CODE, _RANK, _X, _Y, _Z) = range(FEATURES)
"""What a place is in numbers: the codes of its country, province, city (-1: none) and its own, the index of its level
among country, province, city and county, and its point on the unit sphere."""
SILENT = len(PLACE_LEVELS)
"""The level of a row without a place: after all others, so that the lower of two levels is the one that is said."""
_EARTH_KM = 6371.0088
_NEAR_COSINE, _REGION_COSINE = (np.float32(math.cos(km / _EARTH_KM)) for km in (100.0, 400.0))
(
    _SAME_COUNTY, _SAME_CITY, _NEAR, _SAME_PROVINCE, _OTHER_CITY, _REGION, _SAME_COUNTRY, _FAR, _OTHER_COUNTRY
) = (
    PLACE_LEVELS.index(one) for one in (
        "same_county", "same_city", "near", "same_province", "other_city", "region", "same_country", "far",
        "other_country",
    )
)  # fmt: skip


@kernel("u1[::1](f4[::1], f4[:, ::1], i8)")
def place_levels(q: Bits, t: Bits, count: int) -> Codes:
    """The level of each of `count` places, the columns of `t`, against the place `q`; at the end the lowest level, for
    no place."""
    levels = np.empty(count + 1, np.uint8)
    levels[count] = SILENT - 1
    for n in range(count):
        cosine = t[_X, n] * q[_X] + t[_Y, n] * q[_Y] + t[_Z, n] * q[_Z]
        cities = t[_CITY, n] >= 0 and q[_CITY] >= 0
        if t[_COUNTRY, n] != q[_COUNTRY]:
            levels[n] = _OTHER_COUNTRY
        elif t[_RANK, n] == 0 or q[_RANK] == 0:
            levels[n] = _SAME_COUNTRY
        elif t[_CODE, n] == q[_CODE] and t[_RANK, n] == 3:
            levels[n] = _SAME_COUNTY
        elif cities and t[_CITY, n] == q[_CITY]:
            levels[n] = _SAME_CITY
        elif t[_PROVINCE, n] == q[_PROVINCE] and q[_PROVINCE] >= 0 and not cities:
            levels[n] = _SAME_PROVINCE
        elif cosine >= _NEAR_COSINE and cities:
            levels[n] = _NEAR
        elif t[_PROVINCE, n] == q[_PROVINCE] and q[_PROVINCE] >= 0:
            levels[n] = _OTHER_CITY
        else:
            levels[n] = _REGION if cosine >= _REGION_COSINE else _FAR
    return levels


@kernel("u1[::1](u1[:, ::1], f4[::1], i4[:, ::1], f4[:, ::1], i8, f4[::1])")
def text_levels(levels: Codes, own: Bits, readings: Ints, shares: Bits, count: int, strength: Bits) -> Codes:
    """SILENT, then for each of `count` texts the level of the likeliest two readings.

    `levels` and `own` are, for each reading of the query, the levels of all places and log2 of its share, `readings`
    (-1: none) and `shares` those of the texts, `strength` the rough bits of each level.
    """
    found = np.empty(count + 1, np.uint8)
    found[0] = SILENT
    for n in range(count):
        best, level = np.float32(-np.inf), np.uint8(0)
        for reading in range(len(own)):
            for at in range(len(readings)):
                if at and readings[at, n] < 0:
                    continue
                here = levels[reading, readings[at, n]]
                score = shares[at, n] + (own[reading] + strength[here])
                if score > best:
                    best, level = score, here
        found[n + 1] = level
    return found


@kernel("u1[::1](u1[::1], u1[::1], i4[:, ::1], i8, u1[:, ::1], i8)")
def origin_codes(one: Codes, other: Codes, parts: Ints, count: int, coded: Codes, detail: int) -> Codes:
    """UNKNOWN, then for each of `count` distinct origins the code of its best level.

    `one` and `other` are the levels of all texts against the two places of the query, `parts` the two texts of an
    origin and its detail, `coded` the codes by detail and level. `detail` is the query's where that decides, else -1.
    """
    levels = np.minimum(one, other)
    codes = np.empty(count + 1, np.uint8)
    codes[0] = 0
    for n in range(count):
        level = min(levels[parts[0, n]], levels[parts[1, n]])
        codes[n + 1] = coded[detail if detail >= 0 else parts[2, n], level]
    return codes


@kernel("u1[::1](u1[::1], u1[:, ::1], i4[::1], f4[::1], f4, i8)")
def found_codes(levels: Codes, coded: Codes, at: Ints, days: Bits, day: float, soon: int) -> Codes:
    """For each row the code of its text's level, by whether its day is within `soon` days of `day` (row 0 of `coded`)
    or not, or not known (row 1)."""
    codes = np.empty(at.size, np.uint8)
    for row in range(at.size):
        codes[row] = 0 if abs(days[row] - day) <= soon else 1
    for row in range(at.size):
        codes[row] = coded[codes[row], levels[at[row]]]
    return codes
