#!/usr/bin/env python3
"""Annual losses of whole models against exact answers, through the real binary.

tests/data/annual.json holds means, quantiles and TVaR computed independently in extended precision
(Laplace inversion; its README names the methods). Each check below is a test at five standard errors:
with about 450 checks, all true, one fails by chance with probability 450 x 6e-7 = 3e-4 over seeds;
the seed is fixed, so that a pass stays a pass.

Distribution-free where possible: the number of simulated years above the exact quantile at p is
binomial(N, 1 - p), whatever the law.
"""
import json
import math
import pathlib
import tempfile

import h5py
import numpy

from exact import check, check_mean, check_share, tables_write
from program import FULL, call, checks_tell

DATA = pathlib.Path(__file__).parent.parent / "data" / "annual.json"
YEARS = 1_000_000 if FULL else 250_000  # fewer would miss quantiles on a lattice, which are compared exactly
# No family expresses the inverse Gaussian of E01; G01, a shared event, is in test_dependence.py.
ELSEWHERE = {"E01", "G01"}



def cell(law):
    kind = law["type"]
    if kind == "lognormal":
        return f"lognormal {law['mu']} {law['sigma']}"
    if kind == "gamma":
        return f"gamma {law['shape']} {law['scale']}"
    if kind == "gpd":
        return f"gpd {law['loc']} {law['beta']} {law['xi']}"
    if kind == "weibull":
        return f"weibull {law['shape']} {law['scale']}"
    if kind == "pert":
        return f"pert {law['min']} {law['mode']} {law['max']} {law['lam']}"
    if kind == "constant":
        return str(law["value"])
    raise ValueError(kind)


def study_rows(model):
    """Columns of the scenario, the asset and the threat that mean the model."""
    scenario = {"scenario_id": "s", "assets": "*"}
    asset = {"asset_id": "a"}
    threat = {"threat_id": "t"}
    frequency, severity = model["frequency"], model["severity"]
    if frequency["type"] == "poisson":
        scenario["frequency"] = frequency["mean"]
    elif frequency["type"] == "negbin":
        scenario |= {"frequency": frequency["mean"], "counts": f"negbinomial {frequency['r']}"}
    elif frequency["type"] == "binomial":
        scenario |= {"frequency": frequency["p"], "counts": "at_most_once", "frequency_per": "unit"}
        asset["quantity"] = frequency["n"]
    elif frequency["type"] == "poisson_mixed":
        tef, second = frequency["rate"]["factors"]
        scenario["frequency"] = cell(tef)
        if second["type"] == "vulnerability":
            scenario["threat_id"] = "t"
            threat["capability"] = cell(second["tcap"])
            asset["resistance"] = cell(second["rs"])
        else:
            scenario["susceptibility"] = cell(second)
    else:
        raise ValueError(frequency["type"])
    if severity["type"] == "primary_plus_secondary":
        scenario |= {
            "primary_response": cell(severity["primary"]),
            "secondary_fines": cell(severity["secondary"]),
            "secondary_probability": severity["p_secondary"],
        }
    else:
        scenario["primary_total"] = cell(severity)
    return scenario, asset, threat


def simulate(folder, model, years):
    scenario, asset, threat = study_rows(model)
    (folder / "study.ini").write_text(
        f"[study]\ntitle = exact answers\ncurrency = EUR\nas_of = 2026-01-01\nyears = {years}\nseed = 20260101\n"
        "[report]\ndetail = 0\n"
    )
    tables_write(folder, {"scenarios": [scenario], "assets": [asset], "threats": [threat]})
    out = folder / "run.h5"
    call("run", folder, "-o", out, "--quiet")
    with h5py.File(out) as f:
        return (f["portfolio/annual_loss"][:], f["portfolio/largest_event"][:],
                f["summary/aal_exact"][0])


def check_case(case):
    answers, name = case["answers"], case["id"]
    years = YEARS // 10 if case["model"]["frequency"].get("mean", 0) > 100 else YEARS
    with tempfile.TemporaryDirectory() as folder:
        loss, largest, exact_mean = simulate(pathlib.Path(folder), case["model"], years)
    mean = float(answers["mean"])
    check(name, "exact AAL", abs(exact_mean / mean - 1) < 1e-9, f"{exact_mean!r}, exact {mean!r}")
    check_mean(name, "AAL", loss, mean)
    if "p_zero" in answers:
        zero = float(answers["p_zero"])
        check_share(name, "P(no loss)", int((loss == 0).sum()), years, zero)
    lattice = case["model"]["severity"]["type"] == "constant"
    for p, value in answers["var"].items():
        exact = float(value)
        if lattice:
            check(name, f"VaR {p}", numpy.sort(loss)[math.ceil(years * float(p)) - 1] == exact, value)
            continue
        if exact > 0:
            check_share(name, f"VaR {p}", int((loss > exact).sum()), years, 1 - float(p))
        # E (S - v)+ = (1 - p) (TVaR - v)
        excess = (1 - float(p)) * (float(answers["tvar"][p]) - exact)
        check_mean(name, f"TVaR {p}", numpy.maximum(loss - exact, 0), excess)
    for period, value in answers.get("oep", {}).items():
        exact = float(value)
        if exact > 0 and not lattice:
            check_share(name, f"OEP {period}", int((largest > exact).sum()), years, 1 / float(period))


def main():
    cases = [c for c in json.loads(DATA.read_text())["cases"] if c["id"] not in ELSEWHERE]
    for case in cases:
        check_case(case)


main()
checks_tell()
