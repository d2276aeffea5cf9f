#!/usr/bin/env python3
"""Losses that depend on each other against exact answers, through the real binary.

Each model has losses that are whole thousands, so that the law of a year is a sum over a lattice: its
characteristic function at the M-th roots of unity is written down in closed form or by quadrature over
what a year or an occurrence shares, and one FFT gives every probability. With z a root of unity, a
compound Poisson year of rate r and loss X has E z^S = exp(r (E z^X - 1)); what is shared is integrated
over outside of that. M is so large that less than 1e-12 of a year's law lies beyond.

Each check is a test at five standard errors: with about 240 checks, all true, one fails by chance with
probability 240 x 6e-7 = 1.4e-4 over seeds; the seed is fixed, so that a pass stays a pass. Exact means that
the engine computes itself must agree to 1e-8.
"""
import json
import math
import pathlib
import tempfile

import h5py
import numpy

from exact import SIGMAS, UNIT, check, check_mean, check_share, law_of, roots, tables_write
from program import call, checks_tell, tries

ANNUAL = pathlib.Path(__file__).parent.parent / "data" / "annual.json"
YEARS = tries(250_000, 1_000_000)
BIG_AT = 0.8416212335729143  # normal score with probability 0.2 above it


# ------------------------------------------------------------------------------- mathematics


def normal_nodes(count=400, end=9.0):
    """Trapezoidal rule for a standard normal: exact to rounding for smooth integrands."""
    x = numpy.linspace(-end, end, count)
    w = numpy.exp(-x * x / 2)
    return x, w / w.sum()


def gauss(a, b, count=120):
    x, w = numpy.polynomial.legendre.leggauss(count)
    return (a + b) / 2 + (b - a) / 2 * x, (b - a) / 2 * w


def beta_nodes(a, b, low=0.0, high=1.0):
    """Nodes and weights of low + (high - low) Beta(a, b)."""
    t, v = gauss(0, 1)  # x = t^3 (10 - 15 t + 6 t^2) flattens the ends, where the density may be steep
    x, w = t**3 * (10 - 15 * t + 6 * t * t), 30 * v * (t * (1 - t)) ** 2
    density = x ** (a - 1) * (1 - x) ** (b - 1)
    return low + (high - low) * x, w * density / (w * density).sum()


def pert_nodes(low, mode, high):
    return beta_nodes(1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low), low, high)


def survival(z):
    return 0.5 * numpy.vectorize(math.erfc)(z / math.sqrt(2))


def binomial(n, p, z):
    return (1 - p + p * z) ** n


def expect(weights, values):
    return numpy.tensordot(weights, values, axes=1)


def bigger(loading, score):
    """P(a score with that loading on `score` exceeds BIG_AT)."""
    return survival((BIG_AT - loading * score) / math.sqrt(1 - loading * loading))


TWO_SIZES = "mixture 0.8 (1000) 0.2 (20000)"


def lognormal_multiplier(z, s):
    return numpy.exp(s * z - s * s / 2)


# ------------------------------------------------------------------------------------ models
# A model returns its tables, E z^S of a year, and what else is known: the law of an occurrence with its
# rate (for the year's largest event), events per year.


def hits_of_a_thousand_units(m):
    z = roots(m)
    one = binomial(1000, 0.01, z)
    tables = {
        "assets": [{"asset_id": "a", "quantity": 600}, {"asset_id": "b", "quantity": 399},
                   {"asset_id": "c", "quantity": 1}],
        "events": [{"event_id": "e", "frequency": 0.8}],
        "scenarios": [{"scenario_id": "s", "assets": "*", "event": "e", "hit_probability": 0.01,
                       "primary_total": 1000}],
    }
    return tables, numpy.exp(0.8 * (one - 1)), {"occurrence": (0.8, one), "events": 0.8 * (1 - 0.99**1000)}


def wide_and_narrow_outbreaks(m):
    """hit_probability beta(0.5, 5): hits are beta-binomial."""
    n, a, b = 1000, 0.5, 5
    log_pmf = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
               + math.lgamma(k + a) + math.lgamma(n - k + b) - math.lgamma(n + a + b)
               - math.lgamma(a) - math.lgamma(b) + math.lgamma(a + b) for k in range(n + 1)]
    pmf = numpy.zeros(m)
    pmf[: n + 1] = numpy.exp(log_pmf)
    one = numpy.fft.fft(pmf)
    tables = {
        "assets": [{"asset_id": f"a{i}", "quantity": 10} for i in range(100)],
        "events": [{"event_id": "e", "frequency": 0.5}],
        "scenarios": [{"scenario_id": "s", "assets": "*", "event": "e", "hit_probability": "beta 0.5 5",
                       "primary_total": 1000}],
    }
    return tables, numpy.exp(0.5 * (one - 1)), {"occurrence": (0.5, one), "events": 0.5 * (1 - pmf[0])}


def own_cost_if_anything_is_hit(m):
    z = roots(m)
    sizes = 0.8 * z + 0.2 * z**20
    hits = (0.5 + 0.5 * sizes) ** 3 * binomial(2, 0.2 * 0.5, z**2)
    none = 0.5**3 * 0.9**2
    one = none + (hits - none) * z**50 * (0.75 + 0.25 * z**20)
    tables = {
        "assets": [{"asset_id": "a", "quantity": 3}, {"asset_id": "b"}, {"asset_id": "c"}],
        "events": [{"event_id": "e", "frequency": 1.5, "primary_response": 50000, "secondary_fines": 20000,
                    "secondary_probability": 0.25}],
        "scenarios": [
            {"scenario_id": "s", "assets": "asset_id=a", "event": "e", "hit_probability": 0.5,
             "primary_total": TWO_SIZES},
            {"scenario_id": "t", "assets": "asset_id in b c", "event": "e", "hit_probability": 0.2,
             "susceptibility": 0.5, "primary_total": 2000},
        ],
    }
    return tables, numpy.exp(1.5 * (one - 1)), {"occurrence": (1.5, one), "events": 1.5 * (1 - none)}


def one_driver_two_scenarios(m):
    """Gamma multiplier of shape 4: E exp(-M a) = (1 + a/4)^-4."""
    z = roots(m)
    tables = {
        "assets": [{"asset_id": "a"}, {"asset_id": "b"}],
        "drivers": [{"driver": "d", "frequency": "gamma 4 0.25"}],
        "scenarios": [
            {"scenario_id": "s", "assets": "asset_id=a", "frequency": 2, "driver": "d",
             "primary_total": 1000},
            {"scenario_id": "t", "assets": "asset_id=b", "frequency": 0.5, "driver": "d",
             "primary_total": 7000},
        ],
    }
    return tables, (1 + (2 * (1 - z) + 0.5 * (1 - z**7)) / 4) ** -4.0, {"events": 2.5}


def bad_years_are_dear_years(m):
    z, (y, w) = roots(m), normal_nodes()
    big = bigger(0.5, y)[:, None]
    loss = (1 - big) * z + big * z**20
    tables = {
        "assets": [{"asset_id": "a"}],
        "drivers": [{"driver": "d", "frequency": "lognormal -0.245 0.7", "severity_correlation": 0.5}],
        "scenarios": [{"scenario_id": "s", "assets": "*", "frequency": 1, "driver": "d",
                       "primary_total": TWO_SIZES}],
    }
    year = expect(w, numpy.exp(lognormal_multiplier(y, 0.7)[:, None] * (loss - 1)))
    return tables, year, {"events": 1}


def rare_unbounded_rate(m):
    z, (y, w) = roots(m), normal_nodes()
    rate = 0.01 * lognormal_multiplier(y, 1.5)[:, None]
    tables = {
        "assets": [{"asset_id": "a"}],
        "scenarios": [{"scenario_id": "s", "assets": "*", "primary_total": 1000,
                       "frequency": f"lognormal {math.log(0.01) - 1.125!r} 1.5"}],
    }
    return tables, expect(w, numpy.exp(rate * (z - 1))), {"events": 0.01}


def product_of_uncertain_rates(m):
    z = roots(m)
    (f, v), (g, w), (s, u) = pert_nodes(0.05, 0.2, 1.2), beta_nodes(2, 3), beta_nodes(2, 5)
    pair = numpy.outer(f, g).ravel(), numpy.outer(v, w).ravel()
    year = numpy.zeros(m, complex)
    for a, weight in zip(s, u):
        year += weight * expect(pair[1], numpy.exp(a * pair[0][:, None] * (z[None, :] - 1)))
    tables = {
        "assets": [{"asset_id": "a"}],
        "scenarios": [{"scenario_id": "s", "assets": "*", "primary_total": 1000,
                       "frequency": "product (pert 0.05 0.2 1.2) (beta 2 3)", "susceptibility": "beta 2 5"}],
    }
    mean = (0.05 + 0.8 + 1.2) / 6 * 0.4 * 2 / 7
    return tables, year, {"events": mean}


def rare_and_clustered(m):
    """negbinomial K given the year's rate u: (1 + u (1 - z) / K)^-K."""
    z, (u, w) = roots(m), gauss(0.005, 0.035)
    tables = {
        "assets": [{"asset_id": "a"}, {"asset_id": "b"}],
        "scenarios": [{"scenario_id": "s", "assets": "*", "frequency": "uniform 0.005 0.035",
                       "counts": "negbinomial 0.2", "primary_total": 1000}],
    }
    year = expect(w / 0.03, (1 + u[:, None] * (1 - z) / 0.2) ** -0.2)
    return tables, year, {"events": 0.02}


def clustered_occurrences(m):
    """A shared event of uncertain frequency, negbinomial counts and a driver."""
    z, (u, v), (y, w) = roots(m), gauss(0.1, 0.5, 40), normal_nodes(200)
    one = binomial(6, 0.3, z)
    year = numpy.zeros(m, complex)
    for rate, weight in zip(u, v / 0.4):
        x = rate * lognormal_multiplier(y, 0.8)[:, None]
        year += weight * expect(w, (1 + x * (1 - one) / 1.5) ** -1.5)
    tables = {
        "assets": [{"asset_id": "a", "quantity": 6}],
        "drivers": [{"driver": "d", "frequency": "lognormal -0.32 0.8"}],
        "events": [{"event_id": "e", "frequency": "uniform 0.1 0.5", "counts": "negbinomial 1.5", "driver": "d"}],
        "scenarios": [{"scenario_id": "s", "assets": "*", "event": "e", "hit_probability": 0.3,
                       "primary_total": 1000}],
    }
    return tables, year, {"events": 0.3 * (1 - 0.7**6)}


def at_most_one_occurrence(m):
    z, (y, w) = roots(m), normal_nodes()
    some = 1 - expect(w, numpy.exp(math.log(0.8) * lognormal_multiplier(y, 1)))
    tables = {
        "assets": [{"asset_id": "a", "quantity": 5}],
        "drivers": [{"driver": "d", "frequency": "lognormal -0.5 1"}],
        "events": [{"event_id": "e", "frequency": 0.2, "counts": "at_most_once", "driver": "d"}],
        "scenarios": [{"scenario_id": "s", "assets": "*", "event": "e", "hit_probability": 0.5,
                       "primary_total": 1000}],
    }
    return tables, 1 - some + some * binomial(5, 0.5, z), {"events": some * (1 - 0.5**5)}


def one_attacker_many_defences(m):
    """The capability c is one for an occurrence: units with resistance below it fall together."""
    z = roots(m)
    one, none = numpy.zeros(m, complex), 0.0
    for a, b in ((0, 40), (40, 50), (50, 100)):
        c, w = gauss(a, b, 40)
        weak, strong = numpy.minimum(c / 50, 1), numpy.maximum(c - 40, 0) / 60
        hits = binomial(30, 0.6 * weak[:, None], z) * binomial(10, 0.6 * strong[:, None], z)
        miss = (1 - 0.6 * weak) ** 30 * (1 - 0.6 * strong) ** 10
        one += expect(w / 100, miss[:, None] + (hits - miss[:, None]) * z**25)
        none += (w / 100 * miss).sum()
    tables = {
        "threats": [{"threat_id": "t", "capability": "uniform 0 100"}],
        "assets": [{"asset_id": "a", "quantity": 30, "resistance": "uniform 0 50"},
                   {"asset_id": "b", "quantity": 10, "resistance": "uniform 40 100"}],
        "events": [{"event_id": "e", "frequency": 0.7, "primary_response": 25000}],
        "scenarios": [
            {"scenario_id": "s", "assets": "asset_id=a", "threat_id": "t", "event": "e",
             "hit_probability": 0.6, "primary_total": 1000},
            {"scenario_id": "u", "assets": "asset_id=b", "threat_id": "t", "event": "e",
             "hit_probability": 0.6, "primary_total": 1000},
        ],
    }
    return tables, numpy.exp(0.7 * (one - 1)), {"occurrence": (0.7, one), "events": 0.7 * (1 - none)}


def hits_that_are_alike(m):
    z, (o, w) = roots(m), normal_nodes()
    big = bigger(0.7, o)[:, None]
    one = expect(w, ((1 - big) * z + big * z**20) ** 30)
    tables = {
        "assets": [{"asset_id": "a", "quantity": 30}],
        "events": [{"event_id": "e", "frequency": 0.5, "hit_correlation": 0.7}],
        "scenarios": [{"scenario_id": "s", "assets": "*", "event": "e", "hit_probability": 1,
                       "primary_total": TWO_SIZES}],
    }
    return tables, numpy.exp(0.5 * (one - 1)), {"occurrence": (0.5, one), "events": 0.5}


def event_and_scenario_with_one_driver(m):
    z, (y, w) = roots(m), normal_nodes()
    big = bigger(0.6, y)[:, None]
    loss = (1 - big) * z + big * z**20
    one = binomial(4, 0.5, z) * (0.6 + 0.4 * loss) ** 3
    year = expect(w, numpy.exp(lognormal_multiplier(y, 0.5)[:, None] * (0.6 * (one - 1) + 1.5 * (z**2 - 1))))
    tables = {
        "assets": [{"asset_id": "a", "quantity": 4}, {"asset_id": "b", "quantity": 3}, {"asset_id": "c"}],
        "drivers": [{"driver": "d", "frequency": "lognormal -0.125 0.5", "severity_correlation": 0.6}],
        "events": [{"event_id": "e", "frequency": 0.6, "driver": "d"}],
        "scenarios": [
            {"scenario_id": "s", "assets": "asset_id=a", "event": "e", "hit_probability": 0.5,
             "primary_total": 1000},
            {"scenario_id": "t", "assets": "asset_id=b", "event": "e", "hit_probability": 0.4, "driver": "d",
             "primary_total": TWO_SIZES},
            {"scenario_id": "u", "assets": "asset_id=c", "frequency": 1.5, "driver": "d",
             "primary_total": 2000},
        ],
    }
    return tables, year, {"events": 1.5 + 0.6 * (1 - 0.5**4 * 0.6**3)}


def units_at_most_once_under_a_driver(m):
    """p uniform, common to the three units of a year; multiplier M: 1 - (1 - p)^M each."""
    z, (p, v) = roots(m), gauss(0.05, 0.3, 40)
    x, w = gauss(0, 1, 200)
    # gamma of shape 4 by substitution m = x / (1 - x), beta prime tails cut below 1e-15
    mult = x / (1 - x)
    density = 4**4 / 6 * mult**3 * numpy.exp(-4 * mult) / (1 - x) ** 2
    year, events = numpy.zeros(m, complex), 0.0
    for q, weight in zip(p, v / 0.25):
        hit = 1 - numpy.exp(math.log(1 - q) * mult)
        year += weight * expect(w * density, binomial(3, hit[:, None], z))
        events += weight * 3 * (w * density * hit).sum()
    tables = {
        "assets": [{"asset_id": "a", "quantity": 2}, {"asset_id": "b"}],
        "drivers": [{"driver": "d", "frequency": "gamma 4 0.25"}],
        "scenarios": [{"scenario_id": "s", "assets": "*", "frequency": "uniform 0.05 0.3", "driver": "d",
                       "counts": "at_most_once", "frequency_per": "unit", "primary_total": 1000}],
    }
    return tables, year, {"events": events}


MODELS = {
    hits_of_a_thousand_units: 1024,
    wide_and_narrow_outbreaks: 8192,
    own_cost_if_anything_is_hit: 4096,
    one_driver_two_scenarios: 1024,
    bad_years_are_dear_years: 4096,
    rare_unbounded_rate: 512,
    product_of_uncertain_rates: 64,
    rare_and_clustered: 256,
    clustered_occurrences: 2048,
    at_most_one_occurrence: 16,
    one_attacker_many_defences: 2048,
    hits_that_are_alike: 16384,
    event_and_scenario_with_one_driver: 4096,
    units_at_most_once_under_a_driver: 16,
}


# ---------------------------------------------------------------------------------- the runs


def simulate(folder, tables, *, years=YEARS, groups=""):
    """Runs the study of these tables; the open HDF5 file."""
    (folder / "study.ini").write_text(
        f"[study]\ntitle = exact answers\ncurrency = EUR\nyears = {years}\nseed = 20261124\n"
        f"[report]\ndetail = 10\n{groups}")
    tables_write(folder, tables)
    out = folder / "run.h5"
    call("run", folder, "-o", out, "--quiet")
    return h5py.File(out)


def check_law(case, what, sample, law):
    """The share of years up to some lattice points of the law, and at 0."""
    whole = numpy.rint(sample / UNIT)
    check(case, what, (whole * UNIT == sample).all(), "not whole thousands")
    below = numpy.cumsum(law)
    points = {0} | {int(numpy.searchsorted(below, p)) for p in (0.5, 0.9, 0.95, 0.99, 0.995, 0.999)}
    for k in sorted(points):
        if below[k] < 1 - 1e-7:
            check_share(case, f"{what} <= {k} thousand", int((whole <= k).sum()), len(sample), below[k])


def check_model(model, m):
    tables, year, known = model(m)
    name = model.__name__
    law = law_of(year)
    mean = UNIT * (numpy.arange(m) * law).sum()
    check(name, "the lattice is long enough", law[-m // 16:].sum() < 1e-11, law[-m // 16:].sum())
    with tempfile.TemporaryDirectory() as folder, simulate(pathlib.Path(folder), tables) as f:
        loss, largest = f["portfolio/annual_loss"][:], f["portfolio/largest_event"][:]
        exact = f["summary/aal_exact"][0]
        check(name, "exact AAL", abs(exact / mean - 1) < 1e-8, f"{exact!r}, should be {mean!r}")
        check_mean(name, "AAL", loss, mean)
        check_law(name, "annual loss", loss, law)
        check_mean(name, "events", f["portfolio/event_count"][:].astype(float), known["events"])
        if "occurrence" in known:
            rate, one = known["occurrence"]
            below = numpy.minimum(numpy.cumsum(law_of(one)), 1)
            largest_law = numpy.diff(numpy.exp(-rate * (1 - below)), prepend=0)
            check_law(name, "largest event", largest, largest_law)
            check(name, "exact rate of events", abs(f["event/event_rate"][0] / known["events"] - 1) < 1e-8,
                  f["event/event_rate"][0])
        for table in ("scenario", "event"):
            t = f[table]
            if len(t["aal"]) > 0:
                away = numpy.abs(t["aal"][:] - t["aal_exact"][:]) / numpy.maximum(t["aal_error"][:], 1e-300)
                check(name, f"{table} AALs", (away <= SIGMAS).all(), away)


def shared_shock():
    """G01 of annual.json: three scenarios with events of their own, and a shock that strikes all three."""
    case = next(c for c in json.loads(ANNUAL.read_text())["cases"] if c["id"] == "G01")
    model, answers = case["model"], case["answers"]
    cells = ["lognormal 12 1.2", "lognormal 11 1.5", "gamma 2 20000"]
    scenarios = []
    for i, (own, hit) in enumerate(zip(model["own"], model["hit_prob"])):
        row = {"assets": f"asset_id=a{i}", "primary_total": cells[i]}
        scenarios.append({"scenario_id": f"own{i}", "frequency": own["frequency"]["mean"], **row})
        scenarios.append({"scenario_id": f"shock{i}", "event": "shock", "hit_probability": hit, **row})
    tables = {"assets": [{"asset_id": f"a{i}"} for i in range(3)], "scenarios": scenarios,
              "events": [{"event_id": "shock", "frequency": model["shock_rate"]}]}
    with tempfile.TemporaryDirectory() as folder, \
            simulate(pathlib.Path(folder), tables, groups="[groups]\nby = asset_id\n") as f:
        loss, parts = f["portfolio/annual_loss"][:], f["group/asset_id/annual_loss"][:]
    check_mean("G01", "AAL", loss, float(answers["mean"]))
    check_share("G01", "P(no loss)", int((loss == 0).sum()), YEARS, float(answers["p_zero"]))
    for p, value in answers["var"].items():
        exact, tail = float(value), 1 - float(p)
        check_share("G01", f"VaR {p}", int((loss > exact).sum()), YEARS, tail)
        check_mean("G01", f"TVaR {p}", numpy.maximum(loss - exact, 0), tail * (float(answers["tvar"][p]) - exact))
    for pair, value in model["covariance"].items():
        x, y = (parts[int(i)] - parts[int(i)].mean() for i in pair)
        check_mean("G01", f"covariance {pair}", x * y, float(value))


def marginals_stay_as_given():
    """One event a year for sure: a year's loss is one draw of the severity, whatever the year is like; and
    two scenarios' normal scores correlate by the square of the loading, two hits' by both loadings."""
    tables = {
        "assets": [{"asset_id": "a"}, {"asset_id": "b"}],
        "drivers": [{"driver": "d", "severity_correlation": 0.8}],
        "scenarios": [{"scenario_id": f"s{i}", "assets": f"asset_id={i}", "frequency": 1, "driver": "d",
                       "counts": "at_most_once", "primary_total": "lognormal 12 1.5"} for i in "ab"],
    }
    with tempfile.TemporaryDirectory() as folder, \
            simulate(pathlib.Path(folder), tables, groups="[groups]\nby = asset_id\n") as f:
        a, b = (numpy.log(x) / 1.5 - 8 for x in f["group/asset_id/annual_loss"][:])
    for name, score in (("a", a), ("b", b)):
        for z in (-2, -1, 0, 1, 2, 3):
            check_share("marginals", f"{name} above {z}", int((score > z).sum()), YEARS, float(survival(z)))
    check_mean("marginals", "correlation of two scenarios", a * b, 0.64)


def drivers_are_the_same_years_for_all():
    """Counts of two scenarios and of an event with one driver: their covariance is r s Var M."""
    tables = {
        "assets": [{"asset_id": "a"}, {"asset_id": "b"}],
        "drivers": [{"driver": "d", "frequency": "gamma 2 0.5"}],
        "events": [{"event_id": "e", "frequency": 0.4, "driver": "d"}],
        "scenarios": [
            {"scenario_id": "s", "assets": "asset_id=a", "frequency": 0.3, "driver": "d", "primary_total": 1000},
            {"scenario_id": "t", "assets": "asset_id=b", "event": "e", "hit_probability": 1,
             "primary_total": 1000},
        ],
    }
    with tempfile.TemporaryDirectory() as folder, \
            simulate(pathlib.Path(folder), tables, groups="[groups]\nby = asset_id\n") as f:
        a, b = f["group/asset_id/annual_loss"][:] / UNIT
        cut = f["dependence/var_independent"][:].copy()
        whole = f["summary/var"][0]
    check_mean("one driver", "covariance", (a - 0.3) * (b - 0.4), 0.3 * 0.4 * 0.5)
    # without the driver's common years: the sum of two independent negative binomials of shape 2
    z = roots(256)
    law = law_of((1 + 0.3 * (1 - z) / 2) ** -2.0 * (1 + 0.4 * (1 - z) / 2) ** -2.0)
    for p, value in zip((0.9, 0.95, 0.99, 0.995), cut):
        k = int(value / UNIT)
        below, before = law[: k + 1].sum(), law[:k].sum()
        slack = SIGMAS * math.sqrt(p * (1 - p) / YEARS)
        check("one driver", f"independent VaR {p}", before - slack <= p <= below + slack, (before, p, below))
    check("one driver", "dependence costs", whole[3] > cut[3], (whole, cut))


def main():
    for model, m in MODELS.items():
        check_model(model, m)
    shared_shock()
    marginals_stay_as_given()
    drivers_are_the_same_years_for_all()


main()
checks_tell()
