#!/usr/bin/env python3
"""What the fuzzer's targets start from, made of the example studies and the cases of tests/malformed.

corpus.py LOSSMILL TARGET PROGRAM     feeds it and regressions/TARGET to PROGRAM, which must come back
corpus.py LOSSMILL TARGET -o FOLDER   writes it
"""

import csv
import io
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "malformed"))
import test_malformed as malformed  # pylint: disable=wrong-import-position

DATA = HERE.parent / "data"


def studies():
    """Name -> bytes of every study of tests/malformed, without folders, then of the examples."""
    for name, study in malformed.STUDIES.items():
        yield study
        for _, files, _, _ in malformed.cases(name, study):
            yield {file: content for file, content in files.items() if content is not None}
    for folder in sorted((ROOT / "datasets").glob("*/study.ini")):
        yield {file.name: file.read_bytes() for file in sorted(folder.parent.iterdir())
               if file.suffix in (".csv", ".ini")}


def files(suffix):
    for study in studies():
        yield from (content for name, content in study.items() if name.endswith(suffix))


def cells(wanted):
    """Cells of the columns that `wanted` takes."""
    for content in files(".csv"):
        try:
            rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        except (UnicodeDecodeError, csv.Error):
            continue
        for row in rows:
            for column, cell in row.items():
                if isinstance(cell, str) and isinstance(column, str) and wanted(column):
                    yield cell.encode()


def studies_joined():
    for study in studies():
        if sum(map(len, study.values())) < 100_000:
            yield b"\n".join(b"=== " + name.encode() + b"\n" + content for name, content in study.items())


def imports():
    """The header that each tool's export has, with two rows below."""
    with open(ROOT / "datasets/catalogues/register-columns.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    tables = ["assets", "scenarios", "controls", "treatments", "decisions"]
    for tool, table in sorted({(row["tool"], row["table"]) for row in rows}):
        header = [row["source"].split("|")[0] for row in rows if row["tool"] == tool and row["table"] == table]
        number = tables.index(table) if table in tables else 0
        text = io.StringIO(newline="")
        csv.writer(text).writerows([header, ["1"] * len(header), ["High, 2026-01-02"] * len(header)])
        yield bytes([8 * number]) + text.getvalue().encode()


def fits():
    losses = b"\n".join((DATA / "fit_losses.csv").read_bytes().split(b"\n")[:60]) + b"\n"
    counts = (DATA / "fit_counts.csv").read_bytes()
    for option in range(4):
        for data in (losses, counts, b"loss,deductible,capped,count,at_risk\n1,0,no,2,10\n5,1,yes,0,12\n"):
            yield bytes([option]) + data


def results(damaged_too):
    """A small run of a study that has everything; for the fuzzer damaged ones too, of which the HDF5 library itself
    may die: tests/commands/test_hostile.py gives such to the program."""
    with tempfile.TemporaryDirectory() as folder:
        settings = malformed.GOVERNANCE["study.ini"].replace(b"2, 10, 100", b"2, 10").replace(b"0.99", b"0.9")
        malformed.write(folder, malformed.GOVERNANCE | {"study.ini": settings})
        run = os.path.join(folder, "run.h5")
        subprocess.run([malformed.LOSSMILL, "run", folder, "-o", run, "--years", "100", "--quiet"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        whole = pathlib.Path(run).read_bytes()
    yield whole
    chance = random.Random(1)
    for _ in range(60 if damaged_too else 0):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        yield bytes(damaged)


def checkpoints():
    for phase in range(2):
        for scenarios in range(4):
            yield bytes([phase, scenarios])
            yield bytes([phase, scenarios]) + struct.pack("<q", 1000) * 100
            yield bytes([phase, scenarios]) + b"\xff" * 8000


SEEDS = {
    "cell": lambda: cells(lambda column: column not in ("name", "owner", "source", "notes")),
    "selector": lambda: cells(lambda column: column in ("assets", "scenarios", "events")),
    "ini": lambda: files(".ini"),
    "csv": lambda: (bytes([0xf0 * (i % 8 == 0) + i % 2]) + content for i, content in enumerate(files(".csv"))),
    "study": studies_joined,
    "import": imports,
    "fit": fits,
    "results": lambda: results("-o" in sys.argv),
    "checkpoint": checkpoints,
}


def write(target, folder):
    for i, seed in enumerate(sorted(set(SEEDS[target]()))):
        (pathlib.Path(folder) / f"seed-{i:05}").write_bytes(seed)


def main():
    target = sys.argv[2]
    if sys.argv[3] == "-o":
        os.makedirs(sys.argv[4], exist_ok=True)
        write(target, sys.argv[4])
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write(target, folder)
        harmful = HERE / "regressions" / target
        done = subprocess.run([sys.argv[3], folder, *([str(harmful)] if harmful.is_dir() else [])], check=False,
                              timeout=600)
        return done.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
