"""The page in R or in Octave, run on a file made here: it prints what h5py reads, and draws the curve.
read_run.py LOSSMILL R|octave

Where the language is not installed, the test is skipped (status 77) - but fails if
LOSSMILL_TESTS_COMPLETE is set, as .ci/run does."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import h5py
import numpy as np

LOSSMILL = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).parents[2]
PAGES = ROOT / "scripts" / "notebooks"
COMMANDS = {"R": (["Rscript", "--vanilla"], "read_run.R"),
            "octave": (["octave-cli", "--norc", "--quiet"], "read_run.m")}
# said by Octave 7 on leaving after any script
IDLE = "error: ignoring const execution_exception& while preparing to exit\n"
SKIPPED = 77
passed = failed = 0


def claim(name, truth, detail=""):
    global passed, failed
    if truth:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {name} {detail}")


def says_what_h5py_reads(printed, run):
    with h5py.File(run) as file:
        claim("title", file.attrs["title"].decode() in printed, printed)
        aal = re.search(r"^AAL +([\d.]+) EUR, standard error ([\d.]+)$", printed, re.M)
        expected = [file["summary/aal"][0], file["summary/aal_error"][0]]
        claim("AAL and its error", aal and np.allclose([float(x) for x in aal.groups()], expected, atol=0.01), printed)
        rows = re.findall(r"^ *([\d.]+) % +VaR +([\d.]+) +TVaR +([\d.]+)$", printed, re.M)
        rows = {round(float(level) / 100, 6): (float(var), float(tvar)) for level, var, tvar in rows}
        for level, var, tvar in zip(file["summary/quantile"][:], file["summary/var"][0], file["summary/tvar"][0]):
            if level >= 0.9:
                claim("VaR and TVaR", np.allclose(rows.get(level, (0, 0)), (var, tvar), atol=0.01), level)
        ids, aal = file["scenario/scenario_id"].asstr()[:], file["scenario/aal"][:]
        largest = [ids[s] for s in np.argsort(-aal)[:5]]
        claim("the largest scenarios, in order", re.findall(r"\b(S\d\d-[\w-]+)", printed) == largest, printed)


def main():
    command, page = COMMANDS[sys.argv[2]]
    if shutil.which(command[0]) is None:
        print(f"{command[0]} is not installed: {page} is not tested. scripts/packages.sh names its packages.")
        return 1 if "LOSSMILL_TESTS_COMPLETE" in os.environ else SKIPPED
    with tempfile.TemporaryDirectory() as name:
        run, picture = pathlib.Path(name, "run.h5"), pathlib.Path(name, "curve.svg")
        done = subprocess.run([LOSSMILL, "run", ROOT / "datasets" / "midsize-manufacturer", "-o", run, "--years", "10000",
                               "--quiet"], capture_output=True, text=True, check=False)
        claim("lossmill run", done.returncode == 0, done.stderr)
        done = subprocess.run([*command, PAGES / page, run, picture], capture_output=True, text=True, check=False,
                              cwd=name, encoding="utf-8")
        claim("the page runs", done.returncode == 0, done.stderr)
        claim("and warns of nothing", done.stderr.replace(IDLE, "") == "", done.stderr)
        says_what_h5py_reads(done.stdout, run)
        drawn = list(xml.etree.ElementTree.parse(picture).iter()) if picture.exists() else []
        claim("the curve is drawn", len(drawn) > 30, len(drawn))
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
