#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Split the original table into train.csv and test.csv (see README.md for where it is from).

    python make_data.py germancredit.csv
"""
import csv
import sys


def main():
    with open(sys.argv[1], newline="", encoding="utf-8") as source:
        header, *rows = csv.reader(source)
    for name, part in (("test.csv", [r for i, r in enumerate(rows) if i % 5 == 0]),
                       ("train.csv", [r for i, r in enumerate(rows) if i % 5 != 0])):
        with open(name, "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(part)


if __name__ == "__main__":
    main()
