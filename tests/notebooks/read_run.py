"""The page in R or in Octave, run on a file made here: it prints what h5py reads, and draws the curve.
read_run.py LOSSMILL R|octave

Where the language is not installed, the test is skipped (status 77) - but fails if
LOSSMILL_TESTS_COMPLETE is set, as .ci/run does."""
import os
import pathlib
import re
import shutil
import sys
import xml.etree.ElementTree

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "commands"))
from program import DATASETS, ROOT, SHARED, SKIPPED, call, check, checks_tell, execute

PAGES = ROOT / "scripts" / "notebooks"
COMMANDS = {"R": (["Rscript", "--vanilla"], "read_run.R"),
            "octave": (["octave-cli", "--norc", "--quiet"], "read_run.m")}
# said by Octave 7 on leaving after any script
IDLE = "error: ignoring const execution_exception& while preparing to exit\n"


def says_what_h5py_reads(printed, run):
    with h5py.File(run) as file:
        check("title", file.attrs["title"].decode() in printed, printed)
        aal = re.search(r"^AAL +([\d.]+) EUR, standard error ([\d.]+)$", printed, re.M)
        expected = [file["summary/aal"][0], file["summary/aal_error"][0]]
        check("AAL and its error", aal and np.allclose([float(x) for x in aal.groups()], expected, atol=0.01), printed)
        rows = re.findall(r"^ *([\d.]+) % +VaR +([\d.]+) +TVaR +([\d.]+)$", printed, re.M)
        rows = {round(float(level) / 100, 6): (float(var), float(tvar)) for level, var, tvar in rows}
        for level, var, tvar in zip(file["summary/quantile"][:], file["summary/var"][0], file["summary/tvar"][0]):
            if level >= 0.9:
                check("VaR and TVaR", np.allclose(rows.get(level, (0, 0)), (var, tvar), atol=0.01), level)
        ids, aal = file["scenario/scenario_id"].asstr()[:], file["scenario/aal"][:]
        largest = [ids[s] for s in np.argsort(-aal)[:5]]
        check("the largest scenarios, in order", re.findall(r"\b(S\d\d-[\w-]+)", printed) == largest, printed)


def main():
    command, page = COMMANDS[sys.argv[2]]
    if shutil.which(command[0]) is None:
        print(f"{command[0]} is not installed: {page} is not tested. scripts/packages.sh names its packages.")
        sys.exit(1 if "LOSSMILL_TESTS_COMPLETE" in os.environ else SKIPPED)
    run, picture = SHARED / "run.h5", SHARED / "curve.svg"
    call("run", DATASETS / "midsize-manufacturer", "-o", run, "--years", 10000, "--quiet")
    out, err = execute(*command, PAGES / page, run, picture, cwd=SHARED)
    check("the page warns of nothing", err.replace(IDLE, "") == "", err)
    says_what_h5py_reads(out, run)
    drawn = list(xml.etree.ElementTree.parse(picture).iter()) if picture.exists() else []
    check("the curve is drawn", len(drawn) > 30, len(drawn))


main()
checks_tell()
