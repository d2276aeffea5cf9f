#!/usr/bin/env python3
"""Order and membership independence over random studies, through the real binary: what is added elsewhere
changes no other draw. Every comparison is of all years, bit by bit, of every scenario and shared event.

The studies are drawn from a fixed seed: assets of several classes and quantities; scenarios of all counts,
with constant, narrow, wide and product rates from 0.001 to 20 a year (a unit: 0.1), with and without drivers; scenarios
of shared events with constant and uncertain hit probabilities, given susceptibilities, or capability
against resistance; events with and without drivers, own costs and correlated hits."""
import copy
import hashlib
import pathlib
import random
import tempfile

import h5py
import numpy

from exact import tables_write
from program import call, check, checks_tell, tries

STUDIES = tries(8, 24)
YEARS = 20_000  # two blocks and a half

# ------------------------------------------------------------------------------- random studies


def some_loss(r):
    return r.choice(["lognormal 9 1", "gamma 2 5000", "1000", "pert 100 2000 90000",
                     "product (lognormal 3 1) (uniform 10 200)"])


def some_rate(r, most):
    mean = most * 10 ** r.uniform(-4, 0)
    return r.choice([f"{mean:.4g}", f"pert {mean / 3:.4g} {mean:.4g} {3 * mean:.4g}",
                     f"gamma 0.5 {2 * mean:.4g}", f"lognormal90 {mean / 20:.4g} {mean * 5:.4g}",
                     f"product (uniform 0 {2 * mean:.4g}) (beta 2 2)"])


def some_probability(r):
    return r.choice(["1", "0.3", "0.02", "beta 1 4", "uniform 0 0.5", "product (beta 2 2) (uniform 0 1)"])


def scenario(r, name, events, drivers):
    s = {"scenario_id": name, "assets": r.choice(["*", "class=c0", "class=c1", "class in c1 c2", "q=1"]),
         "primary_total": some_loss(r)}
    if r.random() < 0.3:
        s |= {"primary_total": "", "primary_response": some_loss(r), "secondary_fines": some_loss(r),
              "secondary_probability": some_probability(r), "form_correlation": r.choice(["", "0.5"])}
    if r.random() < 0.3:
        s["threat_id"] = "t"
    else:
        s["susceptibility"] = r.choice(["1", "0.4", "beta 2 3"])
    if r.random() < 0.4:
        s["driver"] = r.choice(drivers)
    if events and r.random() < 0.5:
        s |= {"event": r.choice(events), "hit_probability": some_probability(r)}
        return s
    s["counts"] = r.choice(["", "", "poisson", "negbinomial 0.7", "at_most_once"])
    s["frequency_per"] = r.choice(["", "scenario", "unit"])
    s["frequency"] = r.choice(["0.3", "beta 1 5"]) if s["counts"] == "at_most_once" \
        else some_rate(r, 0.1 if s["frequency_per"] == "unit" else 20)
    return s


def shared_event(r, name, drivers):
    once = r.random() < 0.3
    return {"event_id": name, "frequency": r.choice(["0.3", "uniform 0 0.4"]) if once else some_rate(r, 1),
            "counts": "at_most_once" if once else r.choice(["", "negbinomial 2"]),
            "primary_response": r.choice(["", "lognormal 8 1"]), "hit_correlation": r.choice(["", "0.6"]),
            "driver": r.choice(["", *drivers])}


def driver(r, name):
    return {"driver": name, "frequency": r.choice(["gamma 4 0.25", "lognormal -0.32 0.8", "uniform 0 2"]),
            "severity_correlation": r.choice(["0.5", "-0.3", "0.9"])}


def study(r):
    drivers = [f"d{i}" for i in range(2)]
    events = [f"e{i}" for i in range(3)]
    return {
        "threats": [{"threat_id": "t", "capability": "pert 10 50 90"}],
        "assets": [{"asset_id": f"a{i}", "class": f"c{r.randrange(3)}", "q": r.randrange(2),
                    "quantity": r.choice([1, 1, 1, 2, 7, 40]), "resistance": r.choice(["uniform 0 60", "50"])}
                   for i in range(r.choice([3, 20, 90]))] + [
                       {"asset_id": f"z{c}", "class": f"c{c}", "q": 1, "quantity": 1, "resistance": "30"}
                       for c in range(3)],
        "drivers": [driver(r, d) for d in drivers],
        "events": [shared_event(r, e, drivers) for e in events],
        "scenarios": [scenario(r, f"s{i}", events, drivers) for i in range(8)] + [
            {"scenario_id": "fixed", "assets": "*", "frequency": "1", "primary_total": "lognormal 8 1",
             "threat_id": "t", "driver": "d0"}],
    }


# ------------------------------------------------------------------------------------ the runs


def write(folder, tables, by="scenario_id"):
    (folder / "study.ini").write_text(
        f"[study]\ntitle = membership\ncurrency = EUR\nyears = {YEARS}\nseed = 7\n[groups]\nby = {by}\n"
        "[report]\nquantiles = 0.9, 0.99\n")
    tables_write(folder, tables)


def run(tables, *options, by="scenario_id"):
    """Annual losses of every scenario (or group) and event, by name, and the file's content hash."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder, tables, by)
        out = folder / "run.h5"
        call("run", folder, "-o", out, "--quiet", *options)
        with h5py.File(out) as f:
            group = f[f"group/{by}"]
            losses = dict(zip(group["group"].asstr()[:], group["annual_loss"][:]))
            losses |= {"event " + e: x for e, x in zip(f["event/event_id"].asstr()[:], f["event/annual_loss"][:])}
            return losses, hashlib.sha256(out.read_bytes()).hexdigest()


def unchanged(what, before, after, but=()):
    for name, losses in before.items():
        if name not in but and name in after:
            check(what, numpy.array_equal(losses, after[name]),
                  f"{name} differs in {numpy.count_nonzero(losses != after[name])} years")


def check_study(r):
    tables = study(r)
    before, digest = run(tables)

    shuffled = copy.deepcopy(tables)
    for rows in shuffled.values():
        r.shuffle(rows)
    after, _ = run(shuffled)
    check("shuffled rows keep every name", set(before) == set(after))
    unchanged("rows shuffled", before, after)

    more = copy.deepcopy(tables)
    more["drivers"].insert(0, driver(r, "d-more"))
    more["events"].insert(1, shared_event(r, "e-more", ["d-more"]))
    more["scenarios"].insert(2, scenario(r, "s-more", ["e-more"], ["d-more"]) | {
        "event": "e-more", "hit_probability": "0.5", "frequency": "", "counts": "", "frequency_per": ""})
    more["assets"].insert(3, {"asset_id": "elsewhere", "class": "c-more", "q": 0, "quantity": 5,
                              "resistance": "20"})
    for row in more["scenarios"]:
        if row["assets"] == "*":
            row["assets"] = "class!=c-more"
    more["scenarios"].append({"scenario_id": "s-last", "assets": "class=c-more", "frequency": "2",
                              "primary_total": "5", "susceptibility": "1"})
    after, _ = run(more)
    unchanged("a driver, an event, scenarios and an asset added elsewhere", before, after, but=("",))

    named = [s for s in tables["scenarios"] if s.get("event")]
    if named:
        joined = copy.deepcopy(tables)
        joined["scenarios"].append(dict(named[0]) | {"scenario_id": "s-joins"})
        after, _ = run(joined)
        unchanged("a scenario joins an event", before, after, but=("", "event " + named[0]["event"]))

    check("threads change no byte", digest == run(tables, "--threads", 2)[1])
    check("instruction sets change no byte", digest == run(tables, "--isa", "v2")[1])
    longer, _ = run(tables, "--years", 2 * YEARS)
    for name, losses in before.items():
        check("more years keep those drawn", numpy.array_equal(losses, longer[name][:YEARS]), name)


def an_asset_added_to_an_event_shifts_few_hits():
    tables = {
        "assets": [{"asset_id": f"a{i}"} for i in range(300)],
        "events": [{"event_id": "e", "frequency": 2}],
        "scenarios": [{"scenario_id": "s", "assets": "*", "event": "e", "hit_probability": 0.05,
                       "primary_total": "lognormal 8 1"}],
    }
    before, _ = run(tables, by="asset_id")
    tables["assets"].append({"asset_id": "one-more"})
    after, _ = run(tables, by="asset_id")
    moved = [name for name in before if not numpy.array_equal(before[name], after[name])]
    check("an asset added to an event", 0 <= len(moved) - 1 <= 8, moved)  # the event itself is in the list
    check("it is hit, too", after["one-more"].any())


def asset_figures(tables, *options):
    """Of each asset what it loses, bit by bit; those that are not in detail have nan."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder, tables)
        call("run", folder, "-o", folder / "run.h5", "--quiet", *options)
        with h5py.File(folder / "run.h5") as f:
            ids = f["asset/asset_id"].asstr()[:]
            columns = [f[f"asset/{c}"][:].reshape(len(ids), -1) for c in ("aal", "sd", "var", "tvar")]
            return dict(zip(ids, numpy.concatenate(columns, axis=1)))


def many_assets_elsewhere_change_no_sum():
    """Hits on so many assets wait until a neighbourhood's are added together; on few they do not."""
    tables = {
        "assets": [{"asset_id": f"a{i}", "class": "few"} for i in range(200)],
        "scenarios": [{"scenario_id": f"s{i}", "assets": "class=few", "frequency": rate,
                       "primary_total": "lognormal 8 2"} for i, rate in enumerate(["3", "pert 1 4 9"])],
    }
    few = asset_figures(tables)
    many = [{"asset_id": f"b{i}", "class": "many"} for i in range(40_000)]
    for i, row in enumerate(tables["assets"]):
        many.insert(i * 201, row)
    tables["assets"] = many
    tables["scenarios"].append({"scenario_id": "more", "assets": "class=many", "frequency": "30",
                                "primary_total": "uniform 1 2"})
    for threads in 1, 2:
        after = asset_figures(tables, "--threads", threads)
        for name, figures in few.items():
            check("assets elsewhere change no asset's figures", numpy.array_equal(figures, after[name]), name)
        total = round(100 * YEARS * sum(x[0] for x in after.values()))
        check("each hit is added once", 100 * YEARS * 30 <= total - round(100 * YEARS * sum(x[0] for x in few.values()))
              <= 100 * YEARS * 60, total)


def main():
    for number in range(STUDIES):
        check_study(random.Random(number))
    an_asset_added_to_an_event_shifts_few_hits()
    many_assets_elsewhere_change_no_sum()


main()
checks_tell()
