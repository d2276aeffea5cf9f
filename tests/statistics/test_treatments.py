#!/usr/bin/env python3
"""Treatments against exact answers, through the real binary.

Every model below is a scenario or a shared event with losses of whole thousands, so that the law of
what a treatment leaves of a year is a sum over a lattice: its characteristic function at the M-th roots
of unity is written down in closed form or by quadrature, and one FFT gives every probability (as in
test_dependence.py). All models stand in one study, each with groups of its own: what treatment t leaves
of a model's year is the group's annual loss less what t saves of the portfolio's. A second study of the
same models makes all treatments of a model mandatory, in pairs: they act together in its one plan, whose
appetite points give the law there.

Each check is a test at five standard errors. With about 1,500 of them, all true, one fails by chance
with probability 1500 x 6e-7 = 9e-4 over seeds; the seed is fixed, so that a pass stays a pass. Figures that
the engine calls exact must agree to 1e-9.
"""
import itertools
import json
import math
import pathlib
import tempfile

import h5py
import numpy

from exact import SIGMAS, UNIT, check, check_mean, check_share, law_of, roots, tables_write
from program import call, checks_tell, tries

DATA = pathlib.Path(__file__).parent.parent / "data"
YEARS = tries(80_000, 150_000)


# ------------------------------------------------------------------------------- mathematics


def gauss(a, b, count=80):
    x, w = numpy.polynomial.legendre.leggauss(count)
    return (a + b) / 2 + (b - a) / 2 * x, (b - a) / 2 * w


def uniform(a, b, *cuts, count=80):
    """Nodes and weights of a uniform law; an integrand may have kinks at the cuts."""
    ends = [a, *sorted(c for c in cuts if a < c < b), b]
    parts = [gauss(u, v, count) for u, v in zip(ends, ends[1:])]
    return numpy.concatenate([x for x, _ in parts]), numpy.concatenate([w for _, w in parts]) / (b - a)


def beta_law(a, b, low=0.0, high=1.0, count=400):
    """Nodes and weights of low + (high - low) Beta(a, b)."""
    t, v = gauss(0, 1, count)  # x = t^3 (10 - 15 t + 6 t^2) flattens the ends
    x, w = t**3 * (10 - 15 * t + 6 * t * t), 30 * v * (t * (1 - t)) ** 2
    density = x ** (a - 1) * numpy.maximum(1 - x, 0) ** (b - 1)
    return low + (high - low) * x, w * density / (w * density).sum()


def pert(low, mode, high, shape=4):
    return beta_law(1 + shape * (mode - low) / (high - low), 1 + shape * (high - mode) / (high - low), low, high)


def mean_over(law, function):
    """E function(X): function returns a row of values at the roots of unity."""
    return sum(w * function(x) for x, w in zip(*law))


def binomial_weights(n, p):
    return [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


# ------------------------------------------------------------------------------------- models
# A model: its tables, the transform of the year without treatments, and of the year that each treatment
# leaves. Ids are prefixed by the model's name, and selectors select by its tag.


def row(text, **cells):
    factor, operation, amount = text.split(" ", 2)
    return {"factor": factor, "operation": operation, "amount": amount, **cells}


class Model:
    def __init__(self, name, m, scenarios, *, assets=({},), event=None, driver=None, capability=None):
        self.name, self.m, self.z = name, m, roots(m)
        self.scenarios, self.assets, self.event, self.driver = scenarios, assets, event, driver
        self.capability = capability
        self.base = None
        self.treated = {}  # id: (rows, transform)
        self.together = []  # ([rows of each], transform)

    def treat(self, transform, *rows):
        self.treated[f"{self.name}-{len(self.treated)}"] = ([row(r) if isinstance(r, str) else r for r in rows],
                                                            transform)

    def pair(self, transform, *treatments):
        self.together.append(([[row(r) if isinstance(r, str) else r for r in rows] for rows in treatments],
                              transform))

    def tables(self):
        n = self.name
        assets = [{"asset_id": f"{n}-a{i}", "kit": n, **a} for i, a in enumerate(self.assets)]
        scenarios = []
        for i, s in enumerate(self.scenarios):
            own = {"scenario_id": f"{n}-s{i}", "model": n, "assets": f"kit={n}", **s}
            if "part" in own:
                own["assets"] = f"asset_id={n}-a{own.pop('part')}"
            scenarios.append(own)
        tables = {"assets": assets, "scenarios": scenarios}
        if self.event:
            tables["events"] = [{"event_id": f"{n}-e", **self.event}]
            for s in scenarios:
                s["event"] = f"{n}-e"
        if self.driver:
            tables["drivers"] = [{"driver": f"{n}-d", **self.driver}]
            for s in tables["events"] if self.event else scenarios:
                s["driver"] = f"{n}-d"
        if self.capability:
            tables["threats"] = [{"threat_id": f"{n}-t", "capability": self.capability}]
            for s in scenarios:
                s["threat_id"] = f"{n}-t"
        return tables

    def effects(self, treatment, rows):
        out = []
        for r in rows:
            own = {"treatment_id": treatment, **r}
            if "part" in own:
                own["assets"] = f"asset_id={self.name}-a{own.pop('part')}"
            if "scenario" in own:
                own["scenarios"] = f"scenario_id={self.name}-s{own.pop('scenario')}"
            elif own.pop("of_event", False):
                own["events"] = f"event_id={self.name}-e"
            else:
                own["scenarios"] = f"model={self.name}"
            if "overlap" in own:
                own["overlap"] = f"{treatment.rsplit('-', 1)[0]}-{own['overlap']}"
            out.append(own)
        return out

    def group(self):
        return ("event", f"{self.name}-e") if self.event else ("scenario.model", self.name)


def poisson(rate, one):
    return numpy.exp(rate * (one - 1))


def frequencies():
    x = Model("freq", 64, [{"frequency": 2, "primary_total": 1000}])
    z = x.z
    x.base = poisson(2, z)
    for amount in (0, 0.3, 0.999):
        x.treat(poisson(2 * amount, z), f"frequency multiply {amount}")
    x.treat(mean_over(uniform(0.2, 0.8), lambda a: poisson(2 * a, z)), "frequency multiply uniform 0.2 0.8")
    x.treat(mean_over(uniform(0.5, 2, 1), lambda a: poisson(2 * a, z)), "frequency multiply uniform 0.5 2")
    for amount in (1.5, -0.5, -2.5):
        x.treat(poisson(max(2 + amount, 0), z), f"frequency add {amount}")
    x.treat(mean_over(uniform(-3, 1, -2, 0), lambda a: poisson(max(2 + a, 0), z)), "frequency add uniform -3 1")
    for amount in (0, 0.4, 2, 3):
        x.treat(poisson(amount, z), f"frequency set {amount}")
    x.treat(mean_over(uniform(0.5, 4, 2), lambda a: poisson(a, z)), "frequency set uniform 0.5 4")
    for amount in (0, 0.4, 2, 5):
        x.treat(poisson(min(2, amount), z), f"frequency cap {amount}")
    x.treat(mean_over(uniform(0.5, 4, 2), lambda a: poisson(min(2, a), z)), "frequency cap uniform 0.5 4")
    return x


def frequencies_raised():
    x = Model("more", 64, [{"frequency": 2, "primary_total": 1000}])
    z = x.z
    x.base = poisson(2, z)
    x.treat(poisson(3, z), "frequency multiply 1.5")
    x.treat(poisson(6, z), "frequency multiply 1.5", "frequency multiply 2")
    x.treat(poisson(1.5, z), "frequency multiply 1.5", "frequency multiply 0.5")
    return x


def orders():
    """multiply, add, set, cap: in this order whatever that of the rows."""
    x = Model("orde", 64, [{"frequency": 2, "primary_total": 1000}])
    z = x.z
    x.base = poisson(2, z)
    x.treat(poisson(2, z), "frequency add 1", "frequency multiply 0.5")
    x.treat(poisson(4, z), "frequency add 1", "frequency multiply 1.5")
    x.treat(poisson(1.2, z), "frequency cap 1.2", "frequency add 1", "frequency multiply 0.5")
    x.treat(poisson(2.5, z), "frequency cap 2.5", "frequency add 1", "frequency multiply 1.5")
    x.treat(poisson(0.5, z), "frequency add 1", "frequency add -1.5", "frequency multiply 0.5")
    x.treat(poisson(0.6, z), "frequency set 0.8", "frequency set 0.6", "frequency multiply 0.1")
    x.treat(poisson(1.5, z), "frequency set 1.5", "frequency multiply 0.1")
    x.treat(poisson(0.3, z), "frequency set 0.5", "frequency cap 0.3")
    x.treat(poisson(2.5, z), "frequency set 4", "frequency set 3", "frequency cap 2.5", "frequency add 0.2")
    x.pair(poisson(2 * 1.5 * 1.2 * 0.5, z), ["frequency multiply 1.5"], ["frequency multiply 1.2"],
           ["frequency multiply 0.5"])
    x.pair(poisson(2, z), ["frequency multiply 0.5"], ["frequency add 1"])
    x.pair(poisson(0.7, z), ["frequency set 0.7"], ["frequency set 0.9", "frequency cap 0.8"])
    x.pair(poisson(2.4, z), ["frequency set 2.4"], ["frequency multiply 0.3"], ["frequency add 0.1"])
    x.pair(poisson(1.3, z), ["frequency set 1.3"], ["frequency multiply 0.3"], ["frequency multiply 1.7"])
    return x


def uncertain_frequency():
    x = Model("rate", 64, [{"frequency": "uniform 1 3", "primary_total": 1000}])
    law, z = uniform(1, 3, 1.5, 2), x.z
    x.base = mean_over(law, lambda u: poisson(u, z))
    x.treat(mean_over(law, lambda u: poisson(u / 2, z)), "frequency multiply 0.5")
    x.treat(mean_over(law, lambda u: poisson(1.5 * u, z)), "frequency multiply 1.5")
    x.treat(mean_over(law, lambda u: mean_over(uniform(0.5, 2, 1, count=20), lambda a: poisson(a * u, z))),
            "frequency multiply uniform 0.5 2")
    x.treat(mean_over(law, lambda u: poisson(min(u, 1.5), z)), "frequency cap 1.5")
    x.treat(poisson(0.5, z), "frequency set 0.5")
    x.treat(poisson(2, z), "frequency set 2")
    x.treat(mean_over(law, lambda u: poisson(u + 1, z)), "frequency add 1")
    x.treat(mean_over(law, lambda u: poisson(max(u - 1.5, 0), z)), "frequency add -1.5")
    x.treat(mean_over(uniform(1, 3, 1.5), lambda u: poisson(min(2 * u, 3), z)),
            "frequency multiply 2", "frequency cap 3")
    x.pair(mean_over(law, lambda u: poisson(0.6 * u + 1, z)), ["frequency multiply 1.2"], ["frequency add 1"],
           ["frequency multiply 0.5"])
    return x


def clustered():
    x = Model("clus", 256, [{"frequency": 1.5, "counts": "negbinomial 1.5", "primary_total": 1000}])
    z = x.z

    def counts(mean):
        return (1 + mean * (1 - z) / 1.5) ** -1.5

    x.base = counts(1.5)
    for text, mean in (("multiply 0.5", 0.75), ("multiply 2", 3), ("add 0.5", 2), ("add -0.5", 1),
                       ("cap 0.4", 0.4), ("set 1", 1), ("set 2", 2)):
        x.treat(counts(mean), f"frequency {text}")
    x.pair(counts(1.8), ["frequency multiply 2"], ["frequency multiply 0.6"])
    return x


def driven():
    x = Model("driv", 256, [{"frequency": 1, "primary_total": 1000}], driver={"frequency": "gamma 4 0.25"})
    z = x.z

    def counts(mean):
        return (1 + mean * (1 - z) / 4) ** -4.0

    x.base = counts(1)
    for text, mean in (("multiply 0.5", 0.5), ("multiply 2.5", 2.5), ("add 0.5", 1.5), ("add -0.4", 0.6),
                       ("cap 0.4", 0.4), ("set 0.3", 0.3), ("set 1.3", 1.3)):
        x.treat(counts(mean), f"frequency {text}")
    return x


def at_most_once():
    x = Model("once", 16, [{"frequency": 0.4, "counts": "at_most_once", "frequency_per": "unit",
                            "primary_total": 1000}], assets=[{"quantity": 2}, {}])
    z = x.z

    def counts(p):
        return (1 - p + p * z) ** 3

    x.base = counts(0.4)
    for text, p in (("multiply 0.5", 0.2), ("cap 0.1", 0.1), ("set 0.3", 0.3), ("add -0.15", 0.25), ("cap 1", 0.4)):
        x.treat(counts(p), f"frequency {text}")
    x.treat((0.7 * 1 + 0.3 * (0.6 + 0.4 * z)) ** 3, row("frequency multiply 0", coverage=0.7))
    x.treat(((0.6 + 0.4 * z) ** 2) * (0.8 + 0.2 * z), row("frequency multiply 0.5", part=1))
    return x


def susceptibilities():
    x = Model("susc", 64, [{"frequency": 4, "susceptibility": 0.5, "primary_total": 1000}])
    z = x.z
    x.base = poisson(2, z)
    for text, v in (("multiply 0.4", 0.2), ("set 0.2", 0.2), ("cap 0.3", 0.3), ("cap 0.6", 0.5), ("add -0.2", 0.3),
                    ("add -0.6", 0)):
        x.treat(poisson(4 * v, z), f"susceptibility {text}")
    x.treat(poisson(4 * 0.45, z), "susceptibility multiply 0.2", "susceptibility set 0.45")
    x.treat(mean_over(beta_law(2, 3), lambda a: poisson(2 * a, z)), "susceptibility multiply beta 2 3")
    x.treat(poisson(4 * 0.7 * 0.35, z), "frequency multiply 0.7", "susceptibility add -0.15")
    x.treat(poisson(4 * 1.5 * 0.35, z), "frequency multiply 1.5", "susceptibility add -0.15")
    x.pair(poisson(4 * 0.5 * 0.3, z), ["frequency multiply 0.5"], ["susceptibility cap 0.3"])
    x.pair(poisson(5 * 0.3, z), ["frequency add 1"], ["susceptibility cap 0.3"])
    return x


def uncertain_susceptibility():
    x = Model("weak", 64, [{"frequency": "uniform 2 6", "susceptibility": "uniform 0.2 0.8", "primary_total": 1000}])
    z, f, v = x.z, uniform(2, 6, count=40), uniform(0.2, 0.8, 0.4, 0.5, count=40)

    def law(change, rate=lambda u: u):
        return mean_over(f, lambda u: mean_over(v, lambda s: poisson(rate(u) * change(s), z)))

    x.base = law(lambda s: s)
    x.treat(law(lambda s: s / 2), "susceptibility multiply 0.5")
    x.treat(law(lambda s: min(s, 0.4)), "susceptibility cap 0.4")
    x.treat(law(lambda s: max(s - 0.5, 0)), "susceptibility add -0.5")
    x.treat(law(lambda s: s, lambda u: u + 1), "frequency add 1")
    x.treat(law(lambda s: s, lambda u: 2 * u), "frequency multiply 2")
    x.treat(law(lambda s: min(s, 0.4), lambda u: 2 * u), "frequency multiply 2", "susceptibility cap 0.4")
    return x


def resistances():
    """Capability uniform on [0, 100] against resistance uniform on [0, 50] or [30, 70], one unit each."""
    x = Model("resi", 64, [{"frequency": 3, "frequency_per": "unit", "primary_total": 1000}],
              assets=[{"resistance": "uniform 0 50"}, {"resistance": "uniform 30 70"}], capability="uniform 0 100")
    z = x.z
    laws = uniform(0, 50, 25, 35, 45), uniform(30, 70, 35, 45, 50, 200 / 3, 60)

    def through(best):
        """best(R): the larger of R and what the layers are; P(C > best)."""
        return [sum(w * (1 - min(max(best(r), r), 100) / 100) for r, w in zip(*law)) for law in laws]

    def counts(best):
        return poisson(3 * sum(through(best)), z)

    x.base = counts(lambda r: r)
    x.treat(counts(lambda r: r + 20), "resistance add 20")
    x.treat(counts(lambda r: r * 1.5), "resistance multiply 1.5")
    x.treat(counts(lambda r: 60), "resistance set 60")
    x.treat(counts(lambda r: 100), "resistance set 100")
    x.treat(counts(lambda r: max(r + 10, 35)), "resistance add 10", "resistance set 35")
    x.treat(mean_over(uniform(0, 40, 10, 20, 30, count=20), lambda a: counts(lambda r: r + a)),
            "resistance add uniform 0 40")
    v = through(lambda r: r)
    x.treat(poisson(3 * (min(v[0], 0.6) + min(v[1], 0.6)), z), "susceptibility cap 0.6")
    x.treat(poisson(3 * (v[0] - 0.1 + v[1] - 0.1), z), "susceptibility add -0.1")
    two = through(lambda r: max(r, 45))
    x.treat(poisson(3 * 0.5 * sum(two), z), "resistance set 45", "frequency multiply 0.5")
    x.treat(poisson(3 * 1.5 * sum(two), z), "resistance set 45", "frequency multiply 1.5")
    x.treat(poisson(3 * (two[0] + v[1]), z), row("resistance set 45", part=0))
    x.treat(numpy.prod([0.6 * poisson(3 * t, z) + 0.4 * poisson(3 * b, z) for t, b in zip(two, v)], axis=0),
            row("resistance set 45", coverage=0.6))
    x.treat(poisson(3 * (0.6 * sum(two) + 0.4 * sum(v)), z), row("resistance set 45", reliability=0.6))
    x.pair(counts(lambda r: max(r + 10, 35)), ["resistance add 10"], ["resistance set 35"])
    x.pair(numpy.prod([0.36 * poisson(3 * a, z) + 0.24 * poisson(3 * b, z) + 0.24 * poisson(3 * c, z)
                       + 0.16 * poisson(3 * d, z)
                       for a, b, c, d in zip(through(lambda r: max(r + 10, 35)), through(lambda r: r + 10),
                                             through(lambda r: 35), v)], axis=0),
           [row("resistance add 10", coverage=0.6)], [row("resistance set 35", coverage=0.6)])
    return x


def layered_controls():
    """Layers of one kind against one attacker (evaluator's "high" against "Managed"): published
    P(C > max of n layers) 0.673532, 0.565242, 0.507742, and an "Initial" layer worth nothing."""
    x = Model("laye", 64, [{"frequency": 2, "primary_total": 1000}],
              assets=[{"resistance": "pert 50 70 84"}], capability="pert 50 75 98 3")
    z = x.z
    c, w = pert(50, 75, 98, 3)
    r, u = pert(50, 70, 84)
    below = numpy.array([u[r < a].sum() for a in c])  # P(R < c)
    v = [float((w * below**n).sum()) for n in (1, 2, 3)]
    for n, published in enumerate((0.673532, 0.565242, 0.507742)):
        check("layers", "published", abs(v[n] - published) < 5e-3, f"{v[n]} {published}")
    x.base = poisson(2 * 0.673532, z)
    managed = "resistance set pert 50 70 84"
    x.layers = [([managed], 0.565242), ([managed, managed], 0.507742), (["resistance set pert 0 10 30"], 0.673532)]
    return x


def rare_success():
    """Only the attackers of one in 100,000 tries are strong enough: who they are decides."""
    x = Model("elit", 64, [{"frequency": 5e4, "primary_total": 1000}],
              assets=[{"resistance": "uniform 80 100"}], capability="pert 0 1 100")
    z = x.z

    # P(C > t) of the beta law by quadrature over what lies above, without a step
    def above(t):
        y, v = gauss(t / 100, 1, 200)
        a, b = 1 + 4 * 0.01, 1 + 4 * 0.99
        return float((v * y ** (a - 1) * (1 - y) ** (b - 1)).sum() * math.gamma(a + b) / math.gamma(a) / math.gamma(b))

    def rate(best):
        r, u = uniform(80, 100, 85, 90, count=60)
        return 5e4 * sum(weight * above(min(max(best(t), t), 100)) for t, weight in zip(r, u))

    x.base = poisson(rate(lambda t: t), z)
    x.treat(poisson(rate(lambda t: t + 3), z), "resistance add 3")
    x.treat(poisson(rate(lambda t: 85), z), "resistance set 85")
    return x


def outbreaks():
    """Occurrences with hits on 12 and 4 units, and a cost of their own if anything is hit."""
    own, n, k, p, q, rate = 40, 12, 4, 0.1, 0.3, 0.8
    x = Model("outb", 1024, [{"part": 0, "hit_probability": p, "primary_total": 1000},
                            {"part": 1, "hit_probability": q, "susceptibility": 0.5, "primary_total": 3000}],
              assets=[{"quantity": n}, {"quantity": k}],
              event={"frequency": rate, "primary_response": 1000 * own, "primary_fines": 5000,
                     "secondary_reputation": 10000, "secondary_probability": 0.5})
    z = x.z
    cost = z ** (own + 5) * (0.5 + 0.5 * z**10)

    def one(p, q, cost=cost):
        hits = (1 - p + p * z) ** n * (1 - q + q * z**3) ** k
        none = (1 - p) ** n * (1 - q) ** k
        return none + (hits - none) * cost

    q *= 0.5
    x.base = poisson(rate, one(p, q))
    for text, a, b in (("multiply 0.5", p / 2, q / 2), ("cap 0.05", 0.05, 0.025), ("set 0.08", 0.08, 0.04),
                       ("add -0.06", 0.04, 0.12), ("multiply 0", 0, 0), ("add -0.1", 0, 0.1)):
        x.treat(poisson(rate, one(a, b)), f"hit_probability {text}")
    x.treat(poisson(rate, one(p, q / 2)), row("hit_probability multiply 0.5", scenario=1))
    x.treat(poisson(rate, one(p, q / 2)), row("susceptibility cap 0.25", scenario=1))
    x.treat(poisson(rate, one(p, 0)), row("susceptibility multiply 0", scenario=1))
    x.treat(mean_over(uniform(0, 1), lambda a: poisson(rate, one(a * p, a * q))), "hit_probability multiply uniform 0 1")
    event = {"of_event": True}
    for text, r in (("multiply 0.25", 0.2), ("cap 0.3", 0.3), ("set 0.5", 0.5), ("add -0.5", 0.3), ("cap 2", 0.8)):
        x.treat(poisson(r, one(p, q)), row(f"frequency {text}", **event))
    x.treat(poisson(rate / 2, one(p / 2, q / 2)), row("frequency multiply 0.5", **event),
            "hit_probability multiply 0.5")
    x.treat(0.6 * poisson(rate / 2, one(p, q)) + 0.4 * x.base, row("frequency multiply 0.5", coverage=0.6, **event))
    x.treat(poisson(rate * 0.3, one(p, q)), row("frequency multiply 0", reliability=0.7, **event))
    x.treat(poisson(rate * 0.3, one(p, q)), row("hit_probability multiply 0", reliability=0.7))
    x.treat(poisson(rate, 0.7 * one(p / 2, q) + 0.3 * one(p, q)),
            row("hit_probability multiply 0.5", scenario=0, reliability=0.7))
    # covered units stay covered all year: a mixture over how many there are
    x.treat(sum(w * poisson(rate, (lambda none, hits: none + (hits - none) * cost)(
        (1 - p) ** (n - c) * (1 - q) ** k, (1 - p + p * z) ** (n - c) * (1 - q + q * z**3) ** k))
        for c, w in enumerate(binomial_weights(n, 0.6))), row("hit_probability multiply 0", scenario=0, coverage=0.6))
    # what the occurrence itself costs
    x.treat(poisson(rate, one(p, q, z ** (own // 2 + 5) * (0.5 + 0.5 * z**10))),
            row("primary_response multiply 0.5", **event))
    x.treat(poisson(rate, one(p, q, z**9 * (0.5 + 0.5 * z**10))), row("primary multiply 0.2", **event))
    x.treat(poisson(rate, one(p, q, z**30 * (0.5 + 0.5 * z**10))), row("primary cap 30000", **event))
    x.treat(poisson(rate, one(p, q, z**45 * (0.8 + 0.2 * z**10))), row("secondary_probability cap 0.2", **event))
    x.treat(poisson(rate, one(p, q, z**45 * (0.5 + 0.5 * z**12))), row("secondary_reputation add 2000", **event))
    x.treat(0.7 * poisson(rate, one(p, q, z**45)) + 0.3 * x.base, row("secondary multiply 0", coverage=0.7, **event))
    x.treat(poisson(rate, 0.7 * one(p, q, z**45) + 0.3 * one(p, q)), row("secondary multiply 0", reliability=0.7, **event))
    x.pair(poisson(rate * 0.4, one(p / 2, 0)), [row("frequency multiply 0.4", **event)],
           [row("hit_probability multiply 0.5", scenario=0)], [row("susceptibility multiply 0", scenario=1)])
    x.pair(poisson(0.5, one(p, q)), [row("frequency multiply 0.3", **event)], [row("frequency set 0.5", **event)])
    return x


def wide_and_narrow():
    """hit_probability and amounts that are drawn: once an occurrence, once a year."""
    n, rate = 10, 1.2
    x = Model("wide", 128, [{"hit_probability": "uniform 0 1", "primary_total": 1000}], assets=[{"quantity": n}],
              event={"frequency": "uniform 0.6 1.8"})
    z, f = x.z, uniform(0.6, 1.8, 1.2, count=30)

    def year(change, rate=lambda u: u):
        one = mean_over(uniform(0, 1, 0.2, 0.3, 0.5), lambda p: (1 - change(p) + change(p) * z) ** n)
        return mean_over(f, lambda u: poisson(rate(u), one))

    x.base = year(lambda p: p)
    x.treat(year(lambda p: min(p, 0.3)), "hit_probability cap 0.3")
    x.treat(year(lambda p: max(p - 0.2, 0)), "hit_probability add -0.2")
    x.treat(year(lambda p: p / 2), "hit_probability multiply 0.5")
    x.treat(year(lambda p: p, lambda u: min(u, 1.2)), row("frequency cap 1.2", of_event=True))
    x.treat(mean_over(f, lambda u: mean_over(uniform(0, 1), lambda a: poisson(
        u, mean_over(uniform(0, 1, count=20), lambda p: (1 - a * p + a * p * z) ** n)))),
        "hit_probability multiply uniform 0 1")
    return x


def one_attacker():
    """A capability for the whole occurrence: uniform on [0, 100], resistances uniform on [0, 50]."""
    n, rate, p = 8, 0.9, 0.8
    x = Model("atta", 256, [{"hit_probability": p, "primary_total": 1000}],
              assets=[{"quantity": n, "resistance": "uniform 0 50"}],
              event={"frequency": rate, "primary_response": 10000}, capability="uniform 0 100")
    z = x.z

    def one(through, *cuts):
        def given(c):
            v = p * through(c)
            return (1 - v) ** n + ((1 - v + v * z) ** n - (1 - v) ** n) * z**10
        return mean_over(uniform(0, 100, 50, *cuts), given)

    def weaker(c, by=0.0):
        return min(max(c - by, 0) / 50, 1)

    x.base = poisson(rate, one(weaker))
    x.treat(poisson(rate, one(lambda c: weaker(c, 15), 15, 65)), "resistance add 15")
    x.treat(poisson(rate, one(lambda c: weaker(c) if c > 30 else 0, 30)), "resistance set 30")
    x.treat(poisson(rate, one(lambda c: min(c / 75, 1), 75)), "resistance multiply 1.5")
    x.treat(poisson(rate, 0.6 * one(lambda c: weaker(c, 15), 15, 65) + 0.4 * one(weaker)),
            row("resistance add 15", reliability=0.6))
    return x


def secondary_coins():
    x = Model("coin", 256, [{"frequency": 1.5, "primary_response": 1000, "secondary_fines": 5000,
                             "secondary_reputation": 7000, "secondary_probability": 0.4,
                             "secondary_reputation_probability": 0.5}])
    z = x.z

    def counts(p, q, fines=5, reputation=7):
        return poisson(1.5, z * (1 - p + p * z**fines) * (1 - q + q * z**reputation))

    x.base = counts(0.4, 0.5)
    for text, p, q in (("multiply 0.5", 0.2, 0.25), ("set 0.1", 0.1, 0.1), ("cap 0.45", 0.4, 0.45),
                       ("add -0.1", 0.3, 0.4), ("multiply 0", 0, 0)):
        x.treat(counts(p, q), f"secondary_probability {text}")
    x.treat(counts(0.3, 0.3), "secondary_probability multiply 0.1", "secondary_probability set 0.3")
    x.treat(mean_over(uniform(0, 1), lambda a: counts(0.4 * a, 0.5 * a)), "secondary_probability multiply uniform 0 1")
    x.treat(counts(0.4, 0.5, 10, 14), "secondary multiply 2")
    x.treat(counts(0.4, 0.5, 8), "secondary_fines add 3000")
    x.treat(counts(0.2, 0.25, 2), "secondary_fines set 2000", "secondary_probability multiply 0.5")
    x.treat(0.6 * counts(0.4, 0.5, 0, 0) + 0.4 * x.base, row("secondary_probability multiply 0", coverage=0.6))
    both = 0.6 * z + 0.4 * z * (0.6 + 0.4 * z**5) * (0.5 + 0.5 * z**7)
    x.treat(poisson(1.5, both), row("secondary_probability multiply 0", reliability=0.6))
    x.pair(counts(0.2 * 0.5, 0.25 * 0.5), ["secondary_probability multiply 0.5"], ["secondary_probability multiply 0.5"])
    x.pair(counts(0.1, 0.1), ["secondary_probability multiply 0.5"], ["secondary_probability cap 0.1"])
    return x


def uncertain_coin():
    x = Model("toss", 64, [{"frequency": 2, "primary_response": 1000, "secondary_fines": 3000,
                            "secondary_probability": "uniform 0 0.8"}])
    z, law = x.z, uniform(0, 0.8, 0.3, 0.4)

    def counts(change):
        return mean_over(law, lambda p: poisson(2, z * (1 - change(p) + change(p) * z**3)))

    x.base = counts(lambda p: p)
    x.treat(counts(lambda p: min(p, 0.3)), "secondary_probability cap 0.3")
    x.treat(counts(lambda p: max(p - 0.4, 0)), "secondary_probability add -0.4")
    x.treat(counts(lambda p: p / 2), "secondary_probability multiply 0.5")
    return x


def losses():
    """Three forms: response 2 or 10, fines 4, reputation 6 with probability 0.5."""
    x = Model("loss", 512, [{"frequency": 1.2, "primary_response": "mixture 0.7 (2000) 0.3 (10000)",
                             "primary_fines": 4000, "secondary_total": 6000, "secondary_probability": 0.5}])
    z = x.z

    def counts(small, big, other=4, after=6):
        return poisson(1.2, (0.7 * z**small + 0.3 * z**big) * z**other * (0.5 + 0.5 * z**after))

    x.base = counts(2, 10)
    x.treat(counts(1, 5), "primary_response multiply 0.5")
    x.treat(counts(4, 20), "primary_response multiply 2")
    x.treat(counts(1, 5, 2), "primary multiply 0.5")
    x.treat(counts(1, 9), "primary_response add -1000")
    x.treat(counts(0, 7), "primary_response add -3000")
    x.treat(counts(5, 13), "primary_response add 3000")
    x.treat(counts(3, 11), "primary add 1000")
    x.treat(counts(3, 3), "primary_response set 3000")
    x.treat(counts(2, 5), "primary_response cap 5000")
    x.treat(counts(2, 6), "primary cap 10000")
    x.treat(counts(1, 1), "primary set 5000")
    x.treat(counts(2, 10, 4, 2), "secondary cap 2000")
    x.treat(counts(2, 10, 4, 7), "secondary_total add 1000")
    x.treat(counts(2, 10, 4, 0), "secondary set 0")
    x.treat(counts(1, 4, 1), "primary_response multiply 0.5", "primary_fines set 1000", "primary cap 5000")
    x.treat(counts(2, 4), "primary_response cap 4000", "primary_response multiply 0.5", "primary_response add 1000")
    x.treat(counts(2, 2, 4), "primary_response set 2000", "primary_response set 5000")
    x.treat(0.6 * counts(1, 5) + 0.4 * x.base, row("primary_response multiply 0.5", coverage=0.6))
    x.treat(poisson(1.2, (0.7 * (0.6 * z + 0.4 * z**2) + 0.3 * (0.6 * z**5 + 0.4 * z**10)) * z**4 * (0.5 + 0.5 * z**6)),
            row("primary_response multiply 0.5", reliability=0.6))
    x.pair(counts(1, 4, 1), ["primary_response multiply 0.5"], ["primary_fines set 1000"], ["primary cap 5000"])
    x.pair(poisson(0.6, (0.7 * z + 0.3 * z**5) * z**4 * (0.8 + 0.2 * z**6)), ["primary_response multiply 0.5"],
           ["frequency multiply 0.5"], ["secondary_probability multiply 0.4"])
    return x


def coverages():
    """Five units that stay covered all year."""
    x = Model("cove", 128, [{"frequency": 1.2, "frequency_per": "unit", "susceptibility": 0.5, "primary_total": 1000}],
              assets=[{"quantity": 3}, {}, {}])
    z, r = x.z, 0.6

    def units(*parts):
        return sum(w * poisson(r * kept, z) for w, kept in parts) ** 5

    x.base = units((1, 1))
    x.treat(units((0.6, 0), (0.4, 1)), row("frequency multiply 0", coverage=0.6))
    x.treat(units((0.6, 0.5), (0.4, 1)), row("frequency multiply 0.5", coverage=0.6))
    x.treat(units((0.6, 0.5), (0.4, 1)), row("susceptibility cap 0.25", coverage=0.6))
    x.treat(units((0.6, 0.5), (0.4, 1)), row("frequency set 0.6", coverage=0.6))
    x.treat(units((0.5, 2), (0.5, 1)), row("frequency multiply 2", coverage=0.5))
    x.treat(units((0.5, 1.5), (0.5, 1)), row("frequency add 0.6", coverage=0.5))
    x.treat(poisson(5 * r * 0.44, z), row("frequency multiply 0.2", reliability=0.7))
    x.treat(poisson(5 * r * 1.6, z), row("frequency multiply 2", reliability=0.6))
    # rows of one treatment nest: those that the narrower one covers, the wider one covers too
    x.treat(units((0.3, 0.25), (0.5, 0.5), (0.2, 1)), row("frequency multiply 0.5", coverage=0.3),
            row("susceptibility multiply 0.5", coverage=0.8))
    x.treat(poisson(5 * r * (0.3 * 0.25 + 0.5 * 0.5 + 0.2), z), row("frequency multiply 0.5", reliability=0.3),
            row("susceptibility multiply 0.5", reliability=0.8))
    x.treat(units((0.3, 0.375), (0.7, 0.75)), row("frequency multiply 0.5", coverage=0.3),
            row("susceptibility multiply 0.5", reliability=0.5))
    x.treat((0.6 + 0.4 * poisson(r, z)) ** 3 * poisson(r, z) ** 2, row("frequency multiply 0", coverage=0.6, part=0))
    x.treat(poisson(4 * r, z), row("frequency multiply 0", part=1))
    # two treatments cover units of their own
    x.pair(units((0.36, 0.25), (0.48, 0.5), (0.16, 1)), [row("frequency multiply 0.5", coverage=0.6)],
           [row("susceptibility multiply 0.5", coverage=0.6)])
    x.pair(poisson(5 * r * 0.7**2, z), [row("frequency multiply 0.5", reliability=0.6)],
           [row("frequency multiply 0.5", reliability=0.6)])
    return x


def covered_selection():
    """As above, the rate being the whole selection's, and two scenarios on the same units."""
    x = Model("sele", 128, [{"frequency": 3, "primary_total": 1000}, {"frequency": 1, "primary_total": 2000}],
              assets=[{"quantity": 4}])
    z = x.z
    unit = numpy.exp(0.75 * (z - 1) + 0.25 * (z**2 - 1))
    x.base = unit**4
    x.treat((0.6 + 0.4 * unit) ** 4, row("frequency multiply 0", coverage=0.6))
    x.treat((0.6 * numpy.exp(0.25 * (z**2 - 1)) + 0.4 * unit) ** 4, row("frequency multiply 0", coverage=0.6, scenario=0))
    x.treat((0.3 + 0.4 * numpy.exp(0.75 * (z - 1)) + 0.3 * unit) ** 4, row("frequency multiply 0", coverage=0.3, scenario=0),
            row("frequency multiply 0", coverage=0.7, scenario=1))
    return x


def overlaps():
    x = Model("over", 64, [{"frequency": 3, "primary_total": 1000}])
    z = x.z
    x.base = poisson(3, z)
    for r in (0, 0.5, 1):
        kept = r * 0.4 + (1 - r) * 0.2
        x.treat(poisson(3 * kept, z), row("frequency multiply 0.5", overlap=f"one{r} {r}"),
                row("frequency multiply 0.4", overlap=f"one{r} {r}"))
        x.pair(poisson(3 * kept, z), [row("frequency multiply 0.5", overlap=f"g{r} {r}")],
               [row("frequency multiply 0.4", overlap=f"g{r} {r}")])
        three = r * 0.4 + (1 - r) * 0.12
        x.pair(poisson(3 * three * 0.5, z), [row("frequency multiply 0.5", overlap=f"h{r} {r}")],
               [row("frequency multiply 0.4", overlap=f"h{r} {r}"), row("frequency multiply 0.6", overlap=f"h{r} {r}")],
               ["frequency multiply 0.5"])
    return x


MODELS = [frequencies, frequencies_raised, orders, uncertain_frequency, clustered, driven, at_most_once, susceptibilities,
          uncertain_susceptibility, resistances, layered_controls, rare_success, outbreaks, wide_and_narrow,
          one_attacker, secondary_coins, uncertain_coin, losses, coverages, covered_selection, overlaps]


# ------------------------------------------------------------------------------------ the runs


def simulate(folder, tables, *, years=YEARS, seed=20261124, more=""):
    """Runs the study of these tables; the open HDF5 file."""
    (folder / "study.ini").write_text(
        f"[study]\ntitle = exact answers\ncurrency = EUR\nyears = {years}\nseed = {seed}\n"
        f"[report]\ndetail = 0\n{more}")
    tables_write(folder, tables)
    out = folder / "run.h5"
    call("run", folder, "-o", out, "--quiet")
    return h5py.File(out)


def merge(models):
    tables = {}
    for model in models:
        for name, rows in model.tables().items():
            tables.setdefault(name, []).extend(rows)
    return tables


def points_of(law):
    """Lattice points at 0 and some quantiles."""
    below = numpy.cumsum(law)
    points = {0} | {int(numpy.searchsorted(below, p)) for p in (0.25, 0.5, 0.9, 0.99, 0.999)}
    return [(k, below[k]) for k in sorted(points) if below[k] < 1 - 1e-7]


def check_lattice(name, law):
    check(name, "the lattice is long enough", law[-len(law) // 16:].sum() < 1e-10, law[-len(law) // 16:].sum())


def check_law(name, loss, law):
    check(name, "whole thousands", (loss % 1000 == 0).all() and (loss >= 0).all())
    for k, below in points_of(law):
        check_share(name, f"<= {k} thousand", int((loss <= k * UNIT).sum()), len(loss), below)


def mean_of(law):
    return UNIT * float((numpy.arange(len(law)) * law).sum())


def group_years(f, model):
    column, name = model.group()
    group = f[f"group/{column}"]
    names = [n.decode() for n in group["group"][:]]
    return group["annual_loss"][names.index(name)]




def groups(models):
    return "[groups]\nby = scenario.model" + (", event" if any(m.event for m in models) else "") + "\n"


def each_alone(models):
    """In portions whose years of every treatment are all kept in the file."""
    portion = []
    for model in models:
        if sum(len(m.treated) for m in portion + [model]) * YEARS > 24e6:
            portion_alone(portion)
            portion = []
        portion.append(model)
    portion_alone(portion)


def portion_alone(models):
    tables = merge(models)
    tables["treatments"] = [{"treatment_id": t, "cost_annual": 1} for model in models for t in model.treated]
    tables["effects"] = [r for model in models for t, (rows, _) in model.treated.items() for r in model.effects(t, rows)]
    with tempfile.TemporaryDirectory() as folder, simulate(pathlib.Path(folder), tables, more=groups(models)) as f:
        all_loss = f["portfolio/annual_loss"][:]
        where = {t.decode(): i for i, t in enumerate(f["treatment/treatment_id"][:])}
        told, error, exact = (f[f"treatment/{k}"][:] for k in
                              ("aal_reduction", "aal_reduction_error", "aal_reduction_exact"))
        for model in models:
            base, base_law = group_years(f, model), law_of(model.base)
            check_lattice(model.name, base_law)
            check_law(model.name, base, base_law)
            for t, (rows, transform) in model.treated.items():
                name = f"{t} {'; '.join(' '.join(str(v) for v in r.values()) for r in rows)}"
                saved = all_loss - f["treatment/annual_loss"][where[t]]
                law = law_of(transform)
                mean = mean_of(base_law) - mean_of(law)
                check_lattice(name, law)
                check_law(name, base - saved, law)
                check_mean(name, "saved", saved, mean)
                check(name, "aal_reduction", abs(told[where[t]] - saved.mean()) <= 1e-9 * all_loss.mean(),
                      f"{told[where[t]]} {saved.mean()}")
                check(name, "aal_reduction_error",
                      abs(error[where[t]] - saved.std() / math.sqrt(YEARS - 1)) <= 1e-6 * error[where[t]] + 1e-9,
                      f"{error[where[t]]}")
                if not math.isnan(exact[where[t]]):
                    check(name, "aal_reduction_exact", abs(exact[where[t]] - mean) <= 1e-9 * mean_of(base_law),
                          f"{exact[where[t]]}, should be {mean}")


def layers_alone(model):
    """Layers whose strength is drawn once a year: only the mean is that of one attacker."""
    tables = model.tables()
    tables["treatments"], tables["effects"] = [], []
    for i, (rows, _) in enumerate(model.layers):
        tables["treatments"].append({"treatment_id": f"l{i}", "cost_annual": 1})
        for k, r in enumerate(rows):  # two rows of the same amount are two layers if anything differs
            tables["effects"].append({**model.effects(f"l{i}", [row(r)])[0], "assets": "*" * k})
    with tempfile.TemporaryDirectory() as folder, simulate(pathlib.Path(folder), tables) as f:
        base = f["portfolio/annual_loss"][:]
        for i, (rows, through) in enumerate(model.layers):
            check_mean("layers", f"{len(rows)} more", f["treatment/annual_loss"][i], 2000 * through)
            saved = base - f["treatment/annual_loss"][i]
            error = saved.std() / math.sqrt(YEARS)  # published to six digits
            check("layers", f"{len(rows)} more save", abs(saved.mean() - 2000 * (0.673532 - through))
                  <= SIGMAS * error + 2e-3, f"{saved.mean()} +- {error}")


def together(models):
    """Plans of what is mandatory: the k-th combination of every model in one study."""
    for k in range(max(len(m.together) for m in models)):
        some = [m for m in models if len(m.together) > k]
        tables = merge(some)
        tables["treatments"], tables["effects"], tables["appetite"] = [], [], []
        for model in some:
            column, name = model.group()
            treatments, transform = model.together[k]
            for i, rows in enumerate(treatments):
                treatment = f"{model.name}-{i}"
                tables["treatments"].append({"treatment_id": treatment, "cost_annual": 1, "state": "mandatory"})
                tables["effects"] += model.effects(treatment, rows)
            for point, _ in points_of(law_of(transform)):
                tables["appetite"].append({"scope": f"{column}={name}", "loss": UNIT * point + 1, "probability": 0.5})
        with tempfile.TemporaryDirectory() as folder, simulate(pathlib.Path(folder), tables, more=groups(some)) as f:
            check("together", "one plan", f["plan/chosen"].shape[0] == 1 and f["plan/chosen"][:].all(), f["plan/chosen"][:])
            scope = [s.decode() for s in f["appetite/scope"][:]]
            loss, over = f["appetite/loss"][:], f["plan/exceeds"][0]
            expected = saved = 0
            for model in some:
                law = law_of(model.together[k][1])
                expected += mean_of(law)
                saved += mean_of(law_of(model.base)) - mean_of(law)
                for point, below in points_of(law):
                    at = [i for i in range(len(scope)) if scope[i] == "=".join(model.group())
                          and loss[i] == UNIT * point + 1]
                    check_share(f"{model.name} together {k}", f"above {point} thousand", over[at[0]] * YEARS, YEARS,
                                1 - below)
            error = f["plan/aal_reduction_error"][0]
            told = f["plan/aal_reduction"][0]
            check(f"together {k}", "saved", abs(told - saved) <= SIGMAS * error, f"{told}, exact {saved} +- {error}")
            left, sd = f["plan/aal"][0], f["plan/sd"][0]
            check(f"together {k}", "left", abs(left - expected) <= SIGMAS * sd / math.sqrt(YEARS), f"{left} {expected}")


# --------------------------------------------------------------------- a portfolio of treatments


J1 = json.loads((DATA / "treatments.json").read_text())["J1"]


def j1_tables():
    ids = [t["id"] for t in J1["treatments"]]
    effects = []
    for t in J1["treatments"]:
        for scenario, change in t["effects"].items():
            for factor, key in (("frequency", "rate_factor"), ("primary", "severity_scale")):
                if change[key] != 1:
                    effects.append({"treatment_id": t["id"], "scenarios": f"scenario_id={scenario}", "factor": factor,
                                    "operation": "multiply", "amount": change[key]})
    return ids, {
        "assets": [{"asset_id": "firm"}],
        "scenarios": [{"scenario_id": s["id"], "assets": "*", "frequency": s["rate"],
                       "primary_total": f"lognormal {s['mu']} {s['sigma']}"} for s in J1["scenarios"]],
        "treatments": [{"treatment_id": t["id"], "cost_annual": t["cost"]} for t in J1["treatments"]],
        "effects": effects,
    }


def difference_fourth(treatment):
    """Fourth cumulant of a year's difference: a compound Poisson sum of X where an event is blocked, of
    what is taken from X where not."""
    sum4 = 0
    for s in J1["scenarios"]:
        change = treatment["effects"].get(s["id"])
        if change:
            rate, mu, sigma = (float(s[k]) for k in ("rate", "mu", "sigma"))
            kept, scale = change["rate_factor"], change["severity_scale"]
            sum4 += rate * math.exp(4 * mu + 8 * sigma * sigma) * (1 - kept + kept * (1 - scale) ** 4)
    return sum4


def check_figures(what, loss, figures):
    """figures: eal, var and tvar of the year's law."""
    check_mean(what, "AAL", loss, float(figures["eal"]))
    for p, value in figures["var"].items():
        exact, beyond = float(value), 1 - float(p)
        check_share(what, f"VaR {p}", int((loss > exact).sum()), len(loss), beyond)
        check_mean(what, f"TVaR {p}", numpy.maximum(loss - exact, 0), beyond * (float(figures["tvar"][p]) - exact))


def j1_singles(years=1_000_000):
    """What each treatment saves. The stated error's square is tested against the exact variance of the
    difference with the standard deviation that its exact fourth cumulant gives: by Chebyshev's inequality
    a true one fails with probability below 1/25, and these laws are so skewed that little more can be said."""
    ids, tables = j1_tables()
    with tempfile.TemporaryDirectory() as folder, \
            simulate(pathlib.Path(folder), tables, years=years, seed=7, more="quantiles = 0.95, 0.99\n") as f:
        t, base = f["treatment"], f["portfolio/annual_loss"][:]
        check_figures("J1", base, J1["baseline"])
        order = [i.decode() for i in t["treatment_id"][:]]
        reduction, error = t["aal_reduction"][:], t["aal_reduction_error"][:]
        for single, treatment in zip(J1["single"], J1["treatments"]):
            k = order.index(single["treatment"])
            loss, exact = t["annual_loss"][k], float(single["eal_reduction"])
            name = single["treatment"]
            check_figures(name, loss, single)
            check(name, "reduction", abs(reduction[k] - exact) <= SIGMAS * error[k], f"{reduction[k]} {exact} {error[k]}")
            check(name, "exact reduction", abs(t["aal_reduction_exact"][k] / exact - 1) < 1e-9)
            cost, net = treatment["cost"], float(single["net_benefit"])
            check(name, "net benefit", abs(t["net_benefit"][k] - net) <= SIGMAS * error[k])
            check(name, "ROSI", abs(t["rosi"][k] - float(single["rosi"])) <= SIGMAS * error[k] / cost)
            tail, tail_error = float(single["tvar99_reduction"]), t["tvar_reduction_error"][k, 1]
            check(name, "TVaR reduction", abs(t["tvar_reduction"][k, 1] - tail) <= SIGMAS * tail_error,
                  f"{t['tvar_reduction'][k, 1]} {tail} {tail_error}")
            variance, stated = float(single["crn_var_of_difference"]), error[k] ** 2 * years
            spread = math.sqrt((difference_fourth(treatment) + 2 * variance**2) / years)
            check(name, "stated error", abs(stated - variance) <= SIGMAS * spread, f"{stated} {variance} {spread}")
            ratio = (base.var() + loss.var()) / stated
            check(name, "as sharp as promised", ratio >= 5 or float(single["crn_variance_ratio"]) < 5, ratio)
        # ranks, where the truth is far apart beside the paired error of the difference
        truth = {s["treatment"]: float(s["eal_reduction"]) for s in J1["single"]}
        years_lost = {i: t["annual_loss"][order.index(i)] for i in ids}
        told = 0
        for a, b in itertools.combinations(ids, 2):
            apart = (years_lost[a] - years_lost[b]).std() / math.sqrt(years)
            if abs(truth[a] - truth[b]) > 8 * apart:
                better, worse = (a, b) if truth[a] > truth[b] else (b, a)
                ranks = [t["rank"][order.index(i)] for i in (better, worse)]
                limits = t["rank_upper"][order.index(better)], t["rank_lower"][order.index(worse)]
                check("J1", f"{better} before {worse}", ranks[0] < ranks[1] and ranks[0] <= limits[0]
                      and limits[1] <= ranks[1], ranks)
                told += 1
        check("J1", "ranks told apart", told >= 20, told)
        for i in range(len(ids)):
            check("J1", "limits of ranks", t["rank_lower"][i] <= t["rank"][i] <= t["rank_upper"][i])
        check("J1", "a rank for each", sorted(t["rank"][:]) == list(range(1, len(ids) + 1)))


def shapley(values, n):
    share = [0.0] * n
    for bits in itertools.product((0, 1), repeat=n):
        k = sum(bits)
        for i in range(n):
            if not bits[i]:
                more = bits[:i] + (1,) + bits[i + 1:]
                share[i] += (values[bits] - values[more]) / (math.comb(n - 1, k) * n)
    return share


def j1_plans():
    ids, tables = j1_tables()
    values = {tuple(int(b) for b in bits): float(v) for bits, v in J1["all_subsets_eal"].items()}
    costs = [t["cost"] for t in J1["treatments"]]
    for objective in ("aal", "net_benefit", "tvar"):
        with tempfile.TemporaryDirectory() as folder, \
                simulate(pathlib.Path(folder), tables, years=2000,
                         more=f"return_periods = 10\nquantiles = 0.9\n[treatment]\nobjective = {objective}\n") as f:
            plan = f["plan"]
            order = [i.decode() for i in plan["treatment_id"][:]]
            plans = []
            for k in range(len(plan["chosen"])):
                bits = tuple(int(plan["chosen"][k][order.index(i)]) for i in ids)
                cost = sum(c for c, b in zip(costs, bits) if b)
                value = values[bits] + (cost if objective == "net_benefit" else 0)
                plans.append((cost, value, bits))
                check(objective, "cost", plan["budget_cost"][k] == cost == plan["annualised_cost"][k], cost)
                check(objective, "bound", plan["bound"][k] <= plan["value"][k] * (1 + 1e-12))
                if objective == "tvar":
                    continue
                check(objective, "value", abs(plan["value"][k] / value - 1) < 1e-9, f"{plan['value'][k]} {value}")
                check(objective, "not modelled", plan["modelled"][k] == 0)
                best = min(v + (objective == "net_benefit") * c for b, v in values.items()
                           for c in [sum(x for x, y in zip(costs, b) if y)] if c <= cost)
                check(objective, "the best at its cost", abs(value / best - 1) < 1e-9, f"{value} {best}")
                check(objective, "bound holds", plan["bound"][k] <= best * (1 + 1e-9), f"{plan['bound'][k]} {best}")
            check(objective, "ascending", all(a[0] < b[0] and (a[1] > b[1] or objective == "tvar")
                                              for a, b in zip(plans, plans[1:])), plans)
            if objective == "net_benefit":
                wanted = tuple(int(i in J1["min_total_cost"]["set"]) for i in ids)
                check(objective, "least total cost", plans[-1][2] == wanted, plans[-1])
                check(objective, "its value", abs(plans[-1][1] / float(J1["min_total_cost"]["value"]) - 1) < 1e-9)
            elif objective == "aal":
                for answer in J1["optimum_eal_by_budget"]:
                    within = [p for p in plans if p[0] <= answer["budget"]]
                    check(objective, f"budget {answer['budget']}",
                          within[-1][2] == tuple(int(i in answer["best"]) for i in ids), within[-1])
            exact = shapley(values, len(ids))
            for i, share in zip(ids, exact):
                told = f["treatment/aal_share"][[x.decode() for x in f["treatment/treatment_id"][:]].index(i)]
                check(objective, f"Shapley share of {i}", abs(told / share - 1) < 1e-9, f"{told} {share}")


# ------------------------------------------------------------------------- exact averages alone


def exact_averages():
    """Averages that are known exactly though no lattice holds them, each a study of one treatment."""
    # mean of the fines below: E[M X], both lognormal with a loading of 0.5 on one normal
    lifted = math.exp(2 + 0.5 * 0.3**2 + 0.5 * 0.3 * 0.6)
    driver = [{"driver": "d", "frequency": "lognormal -0.18 0.6", "severity_correlation": 0.5}]
    form = {"scenario_id": "s", "assets": "*", "frequency": 2, "driver": "d", "primary_response": 5,
            "primary_fines": "lognormal 2 0.3"}
    assets = [{"asset_id": "a", "value": 3000, "quantity": 2, "kind": "x"}, {"asset_id": "b", "value": 1000, "kind": "y"}]
    by_value = {"scenario_id": "s", "assets": "*", "frequency": 3, "loss_basis": "value", "primary_total": "uniform 0 0.5",
                "secondary_fines": 0.25, "secondary_probability": 0.4}
    unit = [{"asset_id": "a"}]
    simple = {"scenario_id": "s", "assets": "*", "frequency": 0.1, "primary_total": 1000}
    all_losses = 3 * 0.35 / 3 * (3000 * 2 + 1000)
    hours = {"scenario_id": "s", "assets": "*", "frequency": 2, "outage_hours": "uniform 2 10", "driver": "d",
             "primary_productivity": "uniform 100 300", "primary_response": 50}
    cases = [
        ("what a driver makes dearer", unit, form, driver, ["primary_fines multiply 0.5"], lifted),
        ("what it does not", unit, form, driver, ["primary_response multiply 0.5"], 5.0),
        ("both", unit, form, driver, ["primary multiply 0.5"], 5 + lifted),
        ("values", assets, by_value, None, ["frequency multiply 0.4"], 0.6 * all_losses),
        ("values of one kind", assets, by_value, None, [row("frequency multiply 0.4", assets="kind=x")],
         0.6 * 0.35 * 6000),
        ("values, one form", assets, by_value, None, [row("secondary multiply 0.5", assets="kind=y")], 0.05 * 1000),
        ("values, half covered", assets, by_value, None,
         [row("frequency multiply 0.5", coverage=0.5), row("primary multiply 0.5", coverage=0.25)],
         all_losses - sum(w * f * (0.25 * p + 0.1) * 7000 for w, f, p in
                          ((0.25, 0.5, 0.5), (0.25, 0.5, 1), (0.5, 1, 1)))),
        ("CRML, 0.9 x 0.8", unit, simple, None, [row("frequency multiply 0.1", reliability=0.8)], 100 * 0.72),
        ("CRML, 0.9 x 0.95", unit, simple, None, [row("frequency multiply 0.1", coverage=0.95)], 100 * 0.855),
        ("CRML, two controls", unit, simple, None, ["frequency multiply 0.2", "susceptibility multiply 0.3"], 100 - 6),
        ("hours", unit, hours, driver, ["primary_response multiply 0"], 100),
    ]
    for name, some, scenario, drivers, rows, saved in cases:
        tables = {"assets": some, "scenarios": [scenario], "treatments": [{"treatment_id": "t", "cost_annual": 1}],
                  "effects": [{"treatment_id": "t", "scenarios": "*", **(row(r) if isinstance(r, str) else r)}
                              for r in rows]}
        if drivers:
            tables["drivers"] = drivers
        with tempfile.TemporaryDirectory() as folder, \
                simulate(pathlib.Path(folder), tables, years=100_000, more="[treatment]\nhorizon_years = 1\n") as f:
            told, exact, error = (f[f"treatment/{k}"][0] for k in
                                  ("aal_reduction", "aal_reduction_exact", "aal_reduction_error"))
        check(name, "sampled", abs(told - saved) <= SIGMAS * error, f"{told} +- {error}, exact {saved}")
        check(name, "exact", abs(exact / saved - 1) < 1e-8, f"{exact}, should be {saved}")


def costs():
    """Published: ENISA's ROSI 1.40, and two options whose present values rank unlike their first years."""
    tables = {"assets": [{"asset_id": "a"}],
              "scenarios": [{"scenario_id": "virus", "assets": "*", "frequency": 5, "primary_total": 15000}],
              "treatments": [{"treatment_id": "antivirus", "cost_annual": 25000}],
              "effects": [{"treatment_id": "antivirus", "scenarios": "*", **row("frequency multiply 0.2")}]}
    with tempfile.TemporaryDirectory() as folder, simulate(pathlib.Path(folder), tables) as f:
        t = f["treatment"]
        check("ROSI", "exact", abs((t["aal_reduction_exact"][0] - 25000) / 25000 - 1.4) < 1e-9)
        check("ROSI", "sampled", abs(t["rosi"][0] - 1.4) <= SIGMAS * t["aal_reduction_error"][0] / 25000, t["rosi"][0])
        check("ROSI", "its sum", t["rosi"][0] == t["net_benefit"][0] / t["cost_annualised"][0]
              and t["benefit_cost"][0] == t["aal_reduction"][0] / t["cost_annualised"][0])
        saved = f["portfolio/annual_loss"][:] - t["annual_loss"][0]
        check("ROSI", "payback", t["payback_probability"][0] == (saved >= 25000).mean())
    tables = {"assets": [{"asset_id": "a"}],
              "scenarios": [{"scenario_id": "s", "assets": "*", "frequency": 0.5, "counts": "at_most_once",
                             "primary_total": 20000}],
              "treatments": [{"treatment_id": "one", "cost_upfront": 500, "cost_annual": 1000, "lifetime_years": 8},
                             {"treatment_id": "two", "cost_upfront": 5000, "cost_annual": 5000, "lifetime_years": 8}],
              "effects": [{"treatment_id": "one", "scenarios": "*", **row("frequency multiply 0.8")},
                          {"treatment_id": "two", "scenarios": "*", **row("frequency multiply 0.2")}]}
    annuity = (1 - 1.06**-8) / 0.06
    with tempfile.TemporaryDirectory() as folder, \
            simulate(pathlib.Path(folder), tables,
                     more="[treatment]\ndiscount_rate = 0.06\nobjective = net_benefit\n") as f:
        t = f["treatment"]
        for k, present in enumerate((5709.79381096955, 13629.3814329087)):
            net = (t["aal_reduction_exact"][k] - t["cost_annualised"][k]) * annuity
            check("present value", f"option {k + 1}", abs(net / present - 1) < 1e-9, f"{net} {present}")
        check("present value", "rank", list(t["rank"][:]) == [2, 1])
        check("present value", "first year", list(t["cost_first_year"][:]) == [1500, 10000])


# ------------------------------------------------------------------------------------ insurance


def severity_cell(law):
    return {"lognormal": "lognormal {mu} {sigma}", "gamma": "gamma {shape} {scale}", "gpd": "gpd {loc} {beta} {xi}",
            "weibull": "weibull {shape} {scale}", "pert": "pert {min} {mode} {max} {lam}"}[law["type"]].format(**law)


def offers():
    """Layers of layers.json, each an offer on a scenario of its own."""
    cases = json.loads((DATA / "layers.json").read_text())
    cases = cases if isinstance(cases, list) else cases["cases"]
    tables = {"assets": [{"asset_id": "a"}], "scenarios": [], "treatments": [], "insurance": []}
    for i, case in enumerate(cases):
        frequency = case.get("frequency") or case["model"]["frequency"]
        severity = case.get("severity") or case["model"]["severity"]
        counts = f"negbinomial {frequency['r']}" if frequency["type"] == "negbin" else ""
        tables["scenarios"].append({"scenario_id": f"s{i}", "assets": "*", "frequency": frequency["mean"],
                                    "counts": counts, "primary_total": severity_cell(severity)})
        offer = {"treatment_id": f"o{i}", "policy": "P", "scenarios": f"scenario_id=s{i}"}
        if case["id"] == "F1":
            offer |= {"retention": case["deductible"], "limit": case["limit"]}
        elif case["id"].startswith("F2"):
            offer |= {"basis": "year", "retention": case["aggregate_attachment"], "limit": case["aggregate_limit"]}
        else:
            offer |= {"retention": case["occurrence_deductible"], "limit": case["occurrence_limit"],
                      "aggregate_limit": case["aggregate_limit"]}
        for share in (1, 0.6):
            own = dict(offer, treatment_id=f"{offer['treatment_id']}-{share}", share=share)
            if share < 1 and "aggregate_limit" in own:
                own["aggregate_limit"] *= share
            tables["treatments"].append({"treatment_id": own["treatment_id"], "option": "share", "cost_annual": 1,
                                         "state": "forbidden"})  # priced, but in no plan
            tables["insurance"].append(own)
    with tempfile.TemporaryDirectory() as folder, \
            simulate(pathlib.Path(folder), tables, years=YEARS, seed=5) as f:
        t, base = f["treatment"], f["portfolio/annual_loss"][:]
        order = [x.decode() for x in t["treatment_id"][:]]
        for i, case in enumerate(cases):
            mean = float(case.get("annual_mean") or case["expected_recovery"])
            for share in (1, 0.6):
                k = order.index(f"o{i}-{share}")
                name, ceded = f"{case['id']} {i} share {share}", base - t["annual_loss"][k]
                check_mean(name, "recovery", ceded, share * mean)
                check(name, "aal_reduction", abs(t["aal_reduction"][k] - ceded.mean()) <= 1e-9 * base.mean())
                check(name, "never exact", math.isnan(t["aal_reduction_exact"][k]))
                if "annual_sd" in case:
                    check_mean(name, "second moment", ceded**2, share**2 * (float(case["annual_sd"])**2 + mean**2))
                if case["id"].startswith("F2"):
                    check_share(name, "attach", int((ceded > 0).sum()), YEARS, float(case["P_attach"]))
                    check_share(name, "exhaust", int((ceded >= share * case["aggregate_limit"] - 0.006).sum()), YEARS,
                                float(case["P_exhaust"]))


def one_year_event(loss, p=0.3, **more):
    """A loss that comes once a year with probability p, or not at all."""
    return {"scenario_id": "s", "assets": "*", "frequency": p, "counts": "at_most_once", **loss, **more}


def policies():
    """Sums that a claims clerk can check: what is left of one loss a year."""
    unit = [{"asset_id": "a"}]
    total = one_year_event({"primary_total": 1000})
    forms = one_year_event({"primary_response": 600, "primary_fines": 400})
    hours = one_year_event({"outage_hours": 20, "primary_productivity": 50, "primary_response": 100})
    half = {"treatment_id": "half", "scenarios": "*", **row("primary multiply 0.5")}

    def layer(who="offer", **cells):
        return {"treatment_id": who, "policy": "P", **cells}

    cases = [  # name, scenario, layers, effects, loss left by: current alone, the offer, a plan of all
        ("an offer above current", total, [layer("current", retention=200, limit=500), layer(retention=100)], [],
         500, 100, 100),
        ("two layers", total, [layer(retention=100, limit=300), layer(layer=2, retention=100)], [], 1000, 100, 100),
        ("share", total, [layer("current", retention=200, share=0.9), layer(retention=100, share=0.5)], [], 280, 190, 190),
        ("one form", forms, [layer(forms="fines", retention=100)], [], 1000, 700, 700),
        ("a sublimit", forms, [layer(forms="fines", limit=150, layer=2), layer(retention=200)], [], 1000, 450, 450),
        ("what an hour costs", hours, [layer(forms="productivity", waiting=8)], [], 1100, 500, 500),
        ("waiting and retention", hours, [layer(waiting=8, retention=200)], [], 1100, 600, 600),
        ("after controls", total, [layer(retention=300)], [half], 1000, 300, 300),
        ("controls below a retention", total, [layer("current", retention=300), layer(retention=250)],
         [{**half, "amount": 0.2}], 300, 250, 200),
        ("current eats what controls save", total, [layer("current", retention=300)], [half], 300, 300, 300),
        ("aggregate retention", total, [layer(retention=100, aggregate_retention=500)], [], 1000, 600, 600),
    ]
    for name, scenario, layers, effects, base, offered, planned in cases:
        tables = {"assets": unit, "scenarios": [scenario], "insurance": layers, "effects": effects, "treatments": [
            {"treatment_id": "nothing", "option": "retain"}]}
        if any(x["treatment_id"] == "offer" for x in layers):
            tables["treatments"].append({"treatment_id": "offer", "option": "share", "state": "mandatory", "cost_annual": 1})
        if effects:
            tables["treatments"].append({"treatment_id": "half", "state": "mandatory", "cost_annual": 1})
        else:
            del tables["effects"]
        with tempfile.TemporaryDirectory() as folder, simulate(pathlib.Path(folder), tables, years=2000,
                                                               more="return_periods = 10\nquantiles = 0.9\n") as f:
            t = f["treatment"]
            order = [x.decode() for x in t["treatment_id"][:]]
            lost = f["portfolio/annual_loss"][:] > 0
            check(name, "some years", 500 < lost.sum() < 700)
            left = {k: t["annual_loss"][order.index(k)] for k in order}
            check(name, "the base", (left["nothing"] == lost * base).all(), left["nothing"].max())
            check(name, "the portfolio", (f["portfolio/annual_loss"][:] == lost * base).all())
            if "offer" in order:
                check(name, "the offer", (left["offer"] == lost * offered).all(), left["offer"].max())
                k = order.index("offer")
                check(name, "aal_reduction", abs(t["aal_reduction"][k] - lost.mean() * (base - offered)) < 1e-6)
            if name == "current eats what controls save":
                check(name, "control", (left["half"] == lost * 300).all() and t["aal_reduction"][order.index("half")] == 0)
                check(name, "not exact", math.isnan(t["aal_reduction_exact"][order.index("half")]))
            check(name, "the plan", abs(f["plan/aal"][0] - lost.mean() * planned) < 1e-6,
                  f"{f['plan/aal'][0] / lost.mean()}")


def insured_occurrence():
    """An occurrence on 3 and 2 units, with a cost of its own, is one event to a layer."""
    tables = {
        "assets": [{"asset_id": "a", "quantity": 3, "kind": "x"}, {"asset_id": "b", "quantity": 2, "kind": "y"}],
        "events": [{"event_id": "e", "frequency": 0.3, "counts": "at_most_once", "primary_response": 2000}],
        "scenarios": [{"scenario_id": "s", "assets": "*", "event": "e", "hit_probability": 1, "primary_fines": 1000}],
        "treatments": [{"treatment_id": t, "option": "share", "cost_annual": 1} for t in ("all", "fines", "kind")]
        + [{"treatment_id": "less", "cost_annual": 1}, {"treatment_id": "none", "cost_annual": 1}],
        "effects": [{"treatment_id": "less", "scenarios": "*", **row("primary multiply 0.5"), "assets": "kind=x"},
                    {"treatment_id": "none", "scenarios": "*", **row("hit_probability multiply 0"), "assets": "kind=x"}],
        "insurance": [{"treatment_id": "current", "policy": "C", "retention": 6000},
                      {"treatment_id": "all", "policy": "P", "retention": 4000},
                      {"treatment_id": "fines", "policy": "P", "retention": 3000, "forms": "fines"},
                      {"treatment_id": "kind", "policy": "P", "retention": 500, "forms": "fines", "assets": "kind=y"}],
    }
    with tempfile.TemporaryDirectory() as folder, simulate(pathlib.Path(folder), tables, years=2000,
                                                           more="return_periods = 10\nquantiles = 0.9\n") as f:
        t, lost = f["treatment"], f["portfolio/annual_loss"][:] > 0
        # current pays 1000 of 7000, 1000 / 7 of what each form and unit costs
        wanted = {"all": 4000, "fines": 6000 - (5000 * 6 / 7 - 3000), "kind": 6000 - (2000 * 6 / 7 - 500), "less": 5500,
                  "none": 4000}
        for k, x in enumerate(t["treatment_id"][:]):
            left = t["annual_loss"][k]
            check("insured occurrence", x.decode(), (abs(left - lost * wanted[x.decode()]) < 0.02).all(), left.max())


def aggregates_in_worlds():
    """Losses of 1 or 3 thousand; current pays what is above 1 of each, 4 a year: what is left is N + 2 max(0,
    big - 2)."""
    x = Model("aggr", 128, [{"frequency": 3, "primary_total": "mixture 0.5 (1000) 0.5 (3000)"}])

    def net(rate, size=2):
        law = numpy.zeros(x.m)
        small = [math.exp(-rate / 2) * (rate / 2) ** k / math.factorial(k) for k in range(40)]
        for n, p in enumerate(small):
            for big, q in enumerate(small):
                if n + 3 * big < x.m:
                    law[n + big + size * big - min(size * big, 4)] += p * q
        return law

    x.treat(None, "frequency multiply 0.5")
    x.treat(None, "frequency multiply 2")
    x.treat(None, "frequency add 1.5")
    x.treat(None, "primary cap 2000")
    x.treat(None, row("frequency multiply 0", reliability=0.4))
    laws = [net(1.5), net(6), net(4.5), net(3, size=1), net(1.8)]
    tables = x.tables()
    tables["treatments"] = [{"treatment_id": t, "cost_annual": 1} for t in x.treated] + [
        {"treatment_id": "z", "option": "retain"}]
    tables["effects"] = [r for t, (rows, _) in x.treated.items() for r in x.effects(t, rows)]
    tables["insurance"] = [{"treatment_id": "current", "policy": "C", "retention": 1000, "aggregate_limit": 4000}]
    with tempfile.TemporaryDirectory() as folder, simulate(pathlib.Path(folder), tables) as f:
        t = f["treatment"]
        base = t["annual_loss"][len(laws)]
        check_law("aggregate, base", base, net(3))
        for k, law in enumerate(laws):
            check_law(f"aggregate, world {k}", t["annual_loss"][k], law)
            check_mean(f"aggregate, world {k}", "saved", base - t["annual_loss"][k], mean_of(net(3)) - mean_of(law))
            check(f"aggregate, world {k}", "not exact", math.isnan(t["aal_reduction_exact"][k]))
        check("aggregate", "net", (f["portfolio/annual_loss"][:] == base).all())
        check("aggregate", "gross", (f["portfolio/annual_loss_gross"][:] >= base).all())


def main():
    models = [make() for make in MODELS]
    each_alone([m for m in models if m.treated])
    layers_alone(next(m for m in models if m.name == "laye"))
    together([m for m in models if m.together])
    j1_singles()
    j1_plans()
    exact_averages()
    costs()
    offers()
    policies()
    insured_occurrence()
    aggregates_in_worlds()


main()
checks_tell()
