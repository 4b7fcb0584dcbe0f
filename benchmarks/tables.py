"""How long a dry run of a large XLSX takes, and how much memory.

    python -m benchmarks.tables [--rows 100000]

Prints lines for docs/integrate.md. The rows are of the project's own generator, under headings of a foreign table.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import openpyxl

from benchmarks.generator import generate

HEADS = {
    "source_id": "登记编号", "name": "儿童姓名", "sex": "性别", "birth_date": "出生日期", "event_date": "走失时间",
    "place_event": "走失地点", "place_home": "家庭住址", "height_cm": "身高（cm）", "marks": "体貌特征",
    "clothing": "衣着", "relatives": "家庭成员", "languages": "口音", "memories": "走失经过",
    "reporter_phone": "联系电话",
}  # fmt: skip


def main() -> None:
    """Write the table, look it through in a process of its own, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "table.xlsx"
        write(path, given.rows)
        command = [sys.executable, "-m", "reunite", "import-table", str(path), "--source", "bench", "--kind", "missing",
                   "--dry-run"]  # fmt: skip
        began, environment = time.perf_counter(), {**os.environ, "REUNITE_DATA_DIR": scratch}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        took = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(done.stdout.splitlines()[-1] if done.stdout else done.stderr[-500:])
        size = f"{given.rows:,} rows, {len(HEADS)} columns, {path.stat().st_size / 1e6:.1f} MB"
        print(f"| {size} | {took:.1f} s | {peak:.0f} MiB |")


def write(path: Path, rows: int) -> None:
    """An XLSX table of invented reports with foreign headings."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("登记表")
    sheet.append(list(HEADS.values()))
    for fields in generate(rows, 0, 0, 1, "demo").missing:
        sheet.append([fields.get(column, "") for column in HEADS])
    book.save(path)


if __name__ == "__main__":
    main()
