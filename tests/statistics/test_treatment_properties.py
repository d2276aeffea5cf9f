#!/usr/bin/env python3
"""What holds for treatments in every study, tried on random ones through the real binary.

Nothing here is statistics but one check (a copy of a treatment under another id saves the same in
expectation: at five standard errors of the difference, on about 50 treatments, one true one fails with
probability 50 x 6e-7 = 3e-5; seeds are fixed). Everything else must hold to the bit.
"""
import math
import pathlib
import random
import subprocess
import tempfile

import h5py
import numpy

from exact import SIGMAS, check, tables_write
from program import LOSSMILL, call, checks_tell, tries

STUDIES = tries(8, 24)

# ------------------------------------------------------------------------------ random studies


def severity_cells(r, own_cost=False):
    cells = {}
    forms = r.sample(["productivity", "response", "replacement", "fines", "reputation"], r.randint(1, 3))
    for form in forms:
        cells[f"primary_{form}"] = r.choice(
            ["1000", "lognormal 7 1", "uniform 100 5000", "pert 100 500 9000", "mixture 0.7 (500) 0.3 (8000)"])
    if r.random() < 0.4:
        cells["secondary_fines"] = r.choice(["2500", "lognormal 8 0.7"])
        cells["secondary_probability"] = r.choice(["0.3", "beta 2 3"])
    if "primary_productivity" in cells and r.random() < 0.4 and not own_cost:
        cells["outage_hours"] = r.choice(["uniform 1 30", "12"])
    return cells


def study_make(seed):
    r = random.Random(seed)
    kinds = ["x", "y", "z"]
    assets = [{"asset_id": f"a{i}", "kind": r.choice(kinds), "quantity": r.choice([1, 1, 2, 5, 12]),
               "resistance": r.choice(["uniform 0 60", "pert 20 40 70", "55"])} for i in range(r.randint(3, 7))]
    drivers = [{"driver": "d", "frequency": "lognormal -0.08 0.4", "severity_correlation": r.choice([-0.3, 0.4])}]
    events = [{"event_id": f"e{i}", "frequency": r.choice(["0.5", "uniform 0.2 0.9", "1.5"]),
               "counts": r.choice(["", "", "negbinomial 2"]), **(severity_cells(r, True) if r.random() < 0.6 else {})}
              for i in range(r.randint(1, 2))]
    scenarios = []
    for i in range(r.randint(4, 9)):
        own = {"scenario_id": f"s{i}", "pool": r.choice("AB"), **severity_cells(r),
               "assets": r.choice(["*", "kind=x or kind=y", f"asset_id=a{r.randrange(len(assets))}", "kind!=z"])}
        if not any(a["kind"] in "xy" for a in assets):
            own["assets"] = "*"
        how = r.random()
        if how < 0.3:
            own |= {"event": r.choice(events)["event_id"], "hit_probability": r.choice(["0.2", "beta 1 4", "0.7"])}
        else:
            own |= {"frequency": r.choice(["0.3", "1", "4", "uniform 0.2 2", "gamma 2 0.5"]),
                    "frequency_per": r.choice(["scenario", "unit"]) if sum(a["quantity"] for a in assets) < 30 else "",
                    "counts": r.choice(["", "", "", "negbinomial 1.5"])}
            if r.random() < 0.15:
                own |= {"frequency": "0.3", "counts": "at_most_once"}
            if r.random() < 0.3:
                own["driver"] = "d"
        if i == 0 or r.random() < 0.3:
            own["threat_id"] = "t"
        else:
            own["susceptibility"] = r.choice(["0.5", "beta 3 2", "1"])
        scenarios.append(own)
    named = {s.get("event") for s in scenarios}
    events = [e for e in events if e["event_id"] in named]
    if not any(s.get("driver") for s in scenarios):
        scenarios[0]["driver"] = "d"
    tables = {"assets": assets, "scenarios": scenarios, "drivers": drivers,
              "threats": [{"threat_id": "t", "capability": r.choice(["uniform 0 100", "pert 10 50 90"])}]}
    if events:
        tables["events"] = events
    treatments_make(r, tables)
    return tables


def effect_make(r, tables):
    """A row that reduces, or None where this scenario has nothing of the kind."""
    s = r.choice(tables["scenarios"])
    where = {"scenarios": f"scenario_id={s['scenario_id']}"}
    amount = r.choice(["0.5", "0.2", "beta 2 3", "uniform 0 1"])
    kind = r.choice(["frequency", "susceptibility", "resistance", "hit_probability", "secondary_probability", "loss",
                     "loss", "occurrence"])
    if kind == "occurrence":
        if "events" not in tables:
            return None
        e = r.choice(tables["events"])
        operation = r.choice([("multiply", amount), ("add", "-0.2"), ("cap", "uniform 0.1 0.6")])
        where, factor = {"events": f"event_id={e['event_id']}"}, "frequency"
        if any(c.startswith("primary") for c in e) and r.random() < 0.4:
            factor, operation = "primary", ("multiply", amount)
    elif kind == "frequency":
        if s.get("event"):
            return None
        factor, operation = kind, r.choice([("multiply", amount), ("add", "-0.2"), ("cap", "uniform 0.1 0.6")])
    elif kind == "susceptibility":
        factor, operation = kind, r.choice([("multiply", amount), ("add", "-0.2"), ("cap", "0.3")])
    elif kind == "resistance":
        if not s.get("threat_id"):
            return None
        factor, operation = kind, r.choice([("multiply", "1.3"), ("add", "uniform 5 20"), ("set", "60")])
    elif kind == "hit_probability":
        if not s.get("event"):
            return None
        factor, operation = kind, r.choice([("multiply", amount), ("add", "-0.1"), ("cap", "0.15")])
    elif kind == "secondary_probability":
        if "secondary_probability" not in s:
            return None
        factor, operation = kind, r.choice([("multiply", amount), ("cap", "0.1")])
    else:
        forms = [c for c in s if c.startswith("primary_")]
        factor = r.choice([r.choice(forms), "primary"])
        operation = r.choice([("multiply", amount), ("add", "-300"), ("cap", "uniform 400 2000")])
    out = {**where, "factor": factor, "operation": operation[0], "amount": operation[1]}
    if r.random() < 0.3:
        out["coverage"] = r.choice([0.3, 0.8])
    if r.random() < 0.3:
        out["reliability"] = r.choice([0.5, 0.9])
    if "scenarios" in where and r.random() < 0.3 and s["assets"] == "*":
        out["assets"] = f"kind={r.choice(tables['assets'])['kind']}"
    if operation[0] == "multiply" and factor != "resistance" and r.random() < 0.3:
        out["overlap"] = "group 0.5"
    return out


def raise_make(r, tables):
    """Rows that make things worse."""
    own = [s for s in tables["scenarios"] if not s.get("event") and s["counts"] != "at_most_once"]
    if not own:
        return []
    rows = []
    for s in r.sample(own, min(len(own), 2)):
        operation = r.choice([("multiply", "uniform 0.5 2"), ("add", "0.5"), ("multiply", "1.4"), ("set", "1.2")])
        rows.append({"scenarios": f"scenario_id={s['scenario_id']}", "factor": "frequency", "operation": operation[0],
                     "amount": operation[1], "coverage": r.choice([1, 0.5])})
    rows.append({"scenarios": f"scenario_id={r.choice(own)['scenario_id']}", "factor": "primary", "operation": "add",
                 "amount": "250"})
    return rows


def nothing_make(r, tables, k):
    """Rows that change nothing."""
    s = r.choice(tables["scenarios"])
    where = {"scenarios": f"scenario_id={s['scenario_id']}"}
    rows = [{**where, "factor": "primary", "operation": "multiply", "amount": 1},
            {**where, "factor": "primary", "operation": "cap", "amount": 1e12},
            {**where, "factor": "susceptibility", "operation": "cap", "amount": 1},
            {**where, "factor": "susceptibility", "operation": "multiply", "amount": 0.1, "coverage": 0},
            {**where, "factor": "susceptibility", "operation": "multiply", "amount": 0.1, "reliability": 0},
            {**where, "factor": "primary", "operation": "add", "amount": 0},
            {**where, "factor": "secondary", "operation": "multiply", "amount": 1},
            {**where, "factor": "susceptibility", "operation": "add", "amount": 0}]
    return rows[k % len(rows)]


def treatments_make(r, tables):
    treatments, effects = [], []

    def add(treatment, rows, **cells):
        treatments.append({"treatment_id": treatment, "cost_annual": r.randint(1, 9) * 100,
                           "cost_upfront": r.choice(["", "", "1000"]), **cells})
        effects.extend({"treatment_id": treatment, **row} for row in rows)

    for i in range(r.randint(3, 8)):
        rows = [row for row in (effect_make(r, tables) for _ in range(r.randint(1, 4))) if row]
        unique = [row for k, row in enumerate(rows) if row not in rows[:k]]
        if unique:
            add(f"less{i}", unique)
    for i in range(2):
        add(f"none{i}", [nothing_make(r, tables, r.randrange(8))])
    add("retain", [], option="retain", cost_annual="", cost_upfront="")
    rows = raise_make(r, tables)
    if rows:
        add("more", rows)
    groups = [e for e in effects if "overlap" in e]
    if len(groups) == 1:
        del groups[0]["overlap"]
    less = [t for t in treatments if t["treatment_id"].startswith("less")]
    if len(less) >= 3:
        a, b, c = r.sample(less, 3)
        a["requires"], b["excludes"] = b["treatment_id"], c["treatment_id"]
        if r.random() < 0.5:
            c["state"] = r.choice(["forbidden", "mandatory", "approved"])
    if r.random() < 0.5:
        tables["insurance"] = []
        if r.random() < 0.6:
            tables["insurance"].append({"treatment_id": "current", "policy": "C", "retention": 2000, "limit": 20000,
                                        "aggregate_limit": r.choice(["", 30000]), "share": r.choice([1, 0.8])})
        treatments.append({"treatment_id": "offer", "option": "share", "cost_annual": 500})
        tables["insurance"].append({"treatment_id": "offer", "policy": "P", "retention": 1000, "scenarios": r.choice(
            ["*", "pool=A or pool=B"]), "basis": r.choice(["event", "year"]), "limit": r.choice(["", 15000]),
            "share": r.choice([1, 0.5])})
    tables["treatments"], tables["effects"] = treatments, effects
    tables["appetite"] = [{"scope": "portfolio", "loss": 20000, "probability": 0.1},
                          {"scope": "portfolio", "loss": 5000, "probability": 0.5},
                          {"scope": f"pool={tables['scenarios'][0]['pool']}", "loss": 5000, "probability": 0.4}]


# ------------------------------------------------------------------------------------ the runs


def write(folder, tables, years, more=""):
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / "study.ini").write_text(
        f"[study]\ntitle = random\ncurrency = EUR\nyears = {years}\nseed = 99\n[groups]\nby = pool\n"
        f"[report]\ndetail = 3\nreturn_periods = 10, 50\nquantiles = 0.9, 0.99\n[treatment]\n{more}\n")
    tables_write(folder, tables)


def run(folder, out, *options):
    call("run", folder, "-o", out, "--quiet", *options)


def arrays(path):
    """All of a file but /study and what depends on the input's bytes."""
    found = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset) and not name.startswith("study/"):
            found[name] = item[...]

    with h5py.File(path) as f:
        f.visititems(take)
    return found


def same(x, y):
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


def years_of(path):
    with h5py.File(path) as f:
        gross = f["portfolio/annual_loss_gross" if "portfolio/annual_loss_gross" in f else "portfolio/annual_loss"][:]
        net = f["portfolio/annual_loss"][:]
        treated = {t.decode(): f["treatment/annual_loss"][i] for i, t in enumerate(f["treatment/treatment_id"][:])}
    check(path, "the base is what retaining leaves", same(treated["retain"], net))
    return treated, gross


def shuffled(r, tables):
    out = {}
    for name, rows in tables.items():
        rows = [dict(r.sample(list(row.items()), len(row))) for row in rows]
        r.shuffle(rows)
        out[name] = rows
    return out


def check_worlds(n, tables, treated, gross):
    """annual_loss of every treatment beside the base net of what insurance there is."""
    net = treated["retain"]
    current = any(i["treatment_id"] == "current" for i in tables.get("insurance", []))
    check(n, "net is at most gross", (net <= gross).all())
    check(n, "no insurance, no recovery", current or same(net, gross))
    for t, loss in treated.items():
        if t.startswith("none"):
            rows = [e for e in tables["effects"] if e["treatment_id"] == t]
            check(n, f"{t} changes nothing", same(loss, net), f"{rows} {(loss != net).sum()}")
        elif t != "more":
            worse = loss > net
            rows = [e for e in tables["effects"] if e["treatment_id"] == t]
            check(n, f"{t} makes no year worse", not worse.any(), f"{worse.sum()} years, {rows}")


def check_figures(n, path, treated, gross, tables):
    with h5py.File(path) as f:
        t, plan, appetite = f["treatment"], f["plan"], f["appetite"]
        ids = [x.decode() for x in t["treatment_id"][:]]
        net = treated["retain"]
        for k, x in enumerate(ids):
            saved, n_years = net - treated[x], len(net)
            scale = 1e-9 * max(net.mean(), 1)
            check(n, f"{x}: figures", abs(t["aal_reduction"][k] - saved.mean()) < scale
                  and abs(t["aal"][k] - treated[x].mean()) < scale
                  and abs(t["sd"][k] - treated[x].std()) < 1e-3 * max(net.std(), 1))
            check(n, f"{x}: VaR", t["var"][k, 1] == numpy.sort(treated[x])[math.ceil(n_years * 0.99 - 1e-6) - 1])
        losses = appetite["loss"][:]
        for p, scope in enumerate(appetite["scope"][:]):
            if scope == b"portfolio":
                check(n, "appetite", appetite["exceeds"][p] == (net > losses[p]).mean())
                for k, x in enumerate(ids):
                    check(n, f"{x}: exceeds", t["exceeds"][k, p] == (treated[x] > losses[p]).mean())
        check_plans(n, plan, ids, t, tables, treated)


def check_plans(n, plan, ids, t, tables, treated):
    state = {row["treatment_id"]: row.get("state") or "candidate" for row in tables["treatments"]}
    requires = {row["treatment_id"]: row["requires"] for row in tables["treatments"] if row.get("requires")}
    excludes = {row["treatment_id"]: row["excludes"] for row in tables["treatments"] if row.get("excludes")}
    cost = dict(zip(ids, t["cost_first_year"][:]))
    before = -1
    for k in range(len(plan["chosen"])):
        chosen = {x for i, x in enumerate(ids) if plan["chosen"][k][i]}
        check(n, "decided ones", all((state[x] not in ("mandatory", "approved")) or x in chosen for x in ids)
              and not any(state[x] in ("forbidden", "existing") for x in chosen), chosen)
        check(n, "requires", all(requires[x] in chosen for x in chosen if x in requires), chosen)
        check(n, "excludes", not any(excludes[x] in chosen for x in chosen if x in excludes), chosen)
        check(n, "cost", abs(plan["budget_cost"][k] - sum(cost[x] for x in chosen)) < 1e-6)
        check(n, "ascending cost", plan["budget_cost"][k] > before)
        before = plan["budget_cost"][k]
        check(n, "bound", plan["bound"][k] <= plan["value"][k] and 0 <= plan["gap"][k] <= 1e-4, plan["gap"][k])
        if len(chosen) == 1:
            only = next(iter(chosen))
            check(n, "a plan of one treatment", plan["aal"][k] == t["aal"][ids.index(only)]
                  and same(plan["var"][k], t["var"][ids.index(only)]), only)
        if not any(x in ("more", "offer") for x in chosen) and "insurance" not in tables:
            least = min([treated[x].mean() for x in chosen], default=treated["retain"].mean())
            check(n, "more treatments leave no more", plan["aal"][k] <= least * (1 + 1e-12), chosen)
    values = plan["value"][:]
    check(n, "ascending worth", (numpy.diff(values) < 0).all(), values)
    check(n, "some plan", len(values) >= 1)


def check_copies(n, folder, tables, years):
    """A copy has draws of its own, and the same law."""
    copies = {k: [dict(row) for row in rows] for k, rows in tables.items()}
    copied = [t for t in tables["treatments"] if t["treatment_id"].startswith("less")][:2]
    for t in copied:
        copies["treatments"].append({**t, "treatment_id": "copy-" + t["treatment_id"], "excludes": "", "requires": ""})
        copies["effects"] += [{**e, "treatment_id": "copy-" + t["treatment_id"]} for e in tables["effects"]
                              if e["treatment_id"] == t["treatment_id"]]
    write(folder, copies, years)
    run(folder, folder / "copies.h5")
    treated, _ = years_of(folder / "copies.h5")
    with h5py.File(folder / "copies.h5") as f:
        exact = dict(zip((x.decode() for x in f["treatment/treatment_id"][:]), f["treatment/aal_reduction_exact"][:]))
    for t in copied:
        one, other = t["treatment_id"], "copy-" + t["treatment_id"]
        apart = treated[one] - treated[other]
        check(n, f"{other} is worth as much", abs(apart.mean()) <= SIGMAS * apart.std() / math.sqrt(years) + 1e-9,
              f"{apart.mean()} +- {apart.std() / math.sqrt(years)}")
        check(n, f"{other} exactly", exact[one] == exact[other] or (math.isnan(exact[one]) and math.isnan(exact[other])))
    return treated


def check_study(n, folder):
    tables, r = study_make(1000 + n), random.Random(n)
    years = r.choice([3000, 3000, 8192, 9000, 20000])
    objective = r.choice(["aal", "net_benefit", "tvar"])
    more = f"objective = {objective}"
    study, first, other = folder / "study", folder / "first.h5", folder / "other.h5"
    write(study, tables, years, more)
    run(study, first, "--threads", "2")
    treated, gross = years_of(first)
    check_worlds(n, tables, treated, gross)
    check_figures(n, first, treated, gross, tables)

    for options in (("--threads", "1"), ("--isa", ISAS[n % len(ISAS)])):
        run(study, other, *options)
        check(n, f"the same bytes with {options}", first.read_bytes() == other.read_bytes())

    write(study, shuffled(r, tables), years, more)
    run(study, other)
    one, two = arrays(first), arrays(other)
    away = [name for name in one if name not in two or not same(one[name], two[name])]
    check(n, "the order of rows", one.keys() == two.keys() and not away, away)

    write(study, tables, years + r.choice([1, 5000]), more)
    run(study, other)
    longer, longer_gross = years_of(other)
    check(n, "more years keep the first", same(longer_gross[:years], gross)
          and all(same(longer[t][:years], treated[t]) for t in treated))

    fewer = dict(tables)  # without every other treatment, and with a scenario elsewhere
    kept = {t["treatment_id"] for i, t in enumerate(tables["treatments"]) if i % 2 == n % 2} | {"retain"}
    fewer["treatments"] = [{**t, "requires": "", "excludes": ""} for t in tables["treatments"] if t["treatment_id"] in kept]
    fewer["effects"] = [e for e in tables["effects"] if e["treatment_id"] in kept]
    if "insurance" in tables:
        fewer["insurance"] = [i for i in tables["insurance"] if i["treatment_id"] in kept | {"current"}]
    for name in ("effects", "insurance"):
        if name in fewer and not fewer[name]:
            del fewer[name]
    write(study, fewer, years, more)
    run(study, other)
    alone, alone_gross = years_of(other)
    check(n, "other treatments change no bit", same(alone_gross, gross) and all(same(alone[t], treated[t]) for t in alone),
          [t for t in alone if not same(alone[t], treated[t])])

    wider = dict(tables)
    wider["assets"] = tables["assets"] + [{"asset_id": "far", "kind": "w", "quantity": 3}]
    wider["scenarios"] = [dict(s, assets=f"({s['assets'].replace('*', 'kind!=w')}) and kind!=w") for s in tables["scenarios"]] \
        + [{"scenario_id": "far", "pool": "Z", "assets": "kind=w", "frequency": 2, "primary_response": "lognormal 6 1"}]
    if "insurance" not in tables:
        write(study, wider, years, more)
        run(study, other)
        there, there_gross = years_of(other)
        cents = {t: numpy.rint(100 * (gross - treated[t])) for t in treated}
        away = [t for t in treated if not same(numpy.rint(100 * (there_gross - there[t])), cents[t])]
        check(n, "a scenario elsewhere changes no saving", not away, away)

    copied = check_copies(n, study, tables, years)
    check(n, "a copy changes no bit", all(same(copied[t], treated[t]) for t in treated))


def isas():
    """Those that this processor has."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder / "study", {"assets": [{"asset_id": "a"}], "scenarios": [
            {"scenario_id": "s", "pool": "A", "assets": "*", "frequency": 1, "primary_response": 1}]}, 1000, "")
        return [isa for isa in ("v2", "v3", "v4")
                if subprocess.run([LOSSMILL, "run", folder / "study", "-o", folder / "x.h5", "--quiet", "--isa", isa],
                                  capture_output=True).returncode == 0]


ISAS = isas()


def main():
    check("-", "an instruction set", ISAS)
    for n in range(STUDIES):
        with tempfile.TemporaryDirectory() as folder:
            check_study(n, pathlib.Path(folder))


main()
checks_tell()
