#!/usr/bin/env python3
"""Reads a monthly public-health data sharing file and changes no value.

On the command line:

    python read_phds.py                      # the file in this script's folder
    python read_phds.py FILE.csv             # another one

says how many rows, clients and doses it has. In a program:

    from read_phds import read_with_pandas
    shots = read_with_pandas()               # or read_with_polars()

Ids and codes are text: ZIP code 00501 stays 00501, CVX code 03 stays 03, and somebody who is called NA stays NA. A blank text
is an empty one. Dates become dates, numbers become whole numbers; a blank one is missing.

Needs pandas or polars.
"""

import pathlib
import sys

# The columns, in their order.
COLUMNS = [
@COLUMNS@
]
DATES = [@DATES@]
WHOLE_NUMBERS = [@WHOLE_NUMBERS@]
CLIENT_ID = @CLIENT_ID@
DOSE_ID = @DOSE_ID@


def find_file():
    """The one data sharing file in this script's folder."""
    folder = pathlib.Path(__file__).resolve().parent
    files = [file for file in folder.glob("PHDS_*.csv") if not file.name.endswith("_excel.csv")]
    if len(files) != 1:
        raise SystemExit(f"{len(files)} files PHDS_*.csv in {folder}: name the one to read")
    return files[0]


def check_columns(file, found):
    if list(found) != COLUMNS:
        raise SystemExit(f"{file}: its columns are not those that this script came with")


def read_with_pandas(file=None):
    """The file as a pandas DataFrame."""
    import pandas

    file = file or find_file()
    # na_filter=False: no text is taken for a missing value. utf-8-sig: with a byte order mark or without.
    table = pandas.read_csv(file, dtype=str, na_filter=False, encoding="utf-8-sig", skip_blank_lines=False)
    check_columns(file, table.columns)
    for name in DATES:
        table[name] = pandas.to_datetime(table[name], format="%Y-%m-%d")
    for name in WHOLE_NUMBERS:
        numbers = [int(text) if text else None for text in table[name]]
        table[name] = pandas.array(numbers, dtype="Int64")
    return table


def read_with_polars(file=None):
    """The file as a polars DataFrame."""
    import polars

    file = file or find_file()
    # infer_schema=False: every column is text, and no text is taken for a missing value.
    # The header is read as a row: as a header its quotes would stay doubled.
    table = polars.read_csv(file, has_header=False, infer_schema=False, encoding="utf8").fill_null("")
    header = [name.removeprefix("\ufeff") for name in table.row(0)]
    check_columns(file, header)
    table = table.slice(1).rename(dict(zip(table.columns, header)))
    numbers = [polars.col(name).replace({"": None}).cast(polars.Int64) for name in WHOLE_NUMBERS]
    return table.with_columns(polars.col(DATES).str.to_date("%Y-%m-%d"), *numbers)


def main():
    file = sys.argv[1] if len(sys.argv) > 1 else find_file()
    try:
        table = read_with_pandas(file)
    except ModuleNotFoundError:
        try:
            table = read_with_polars(file)
        except ModuleNotFoundError:
            raise SystemExit("this needs pandas or polars: python -m pip install pandas")
    clients, doses = len(set(table[CLIENT_ID])), len(set(table[DOSE_ID]))
    print(f"{file}: {len(table):,} rows, {clients:,} clients, {doses:,} doses")


if __name__ == "__main__":
    main()
