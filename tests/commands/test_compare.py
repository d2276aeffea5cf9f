#!/usr/bin/env python3
"""`lossmill compare` with the real binary: test_compare.py PATH_TO_lossmill

Every function whose name is a claim is one test; it gets a fresh folder. The last line of the output is
'N passed, N failed'.
"""

import json
import os
import random
import shutil
import subprocess

import h5py
import numpy

from program import DONE, INPUT, LOSSMILL, NO, SHARED, USAGE, call, claims_try, folder_write, tries


STUDY = {
    "study.ini": """[study]
title = Compared
currency = EUR
years = 20000
seed = 7
[groups]
by = class, site
[report]
return_periods = 2, 10, 100
quantiles = 0.5, 0.9, 0.99
""",
    "assets.csv": "asset_id,class,site,value,quantity,resistance\n"
                  + "".join(f"srv-{i},server,{'north' if i % 2 else 'south'},10000,1,uniform 20 60\n" for i in range(40))
                  + "".join(f"lap-{i},laptop,north,900,{i + 1},uniform 10 50\n" for i in range(20)),
    "threats.csv": "threat_id,name,capability\ncrime,Organised crime,pert 30 50 90\nerror,Mistakes,\n",
    "scenarios.csv": "scenario_id,owner,threat_id,assets,frequency,frequency_per,primary_response,event,hit_probability,"
                     "driver,susceptibility\n"
                     "S01,Ann,crime,class=server,0.05,unit,lognormal90 1000 20000,,,,\n"
                     "S02,Ann,error,class=laptop,2,scenario,lognormal90 100 2000,,,,1\n"
                     "S03,Bea,error,*,0.2,scenario,lognormal90 50000 900000,,,busy,1\n"
                     "S04,Bea,error,class=laptop,,,lognormal90 100 900,worm,0.3,,1\n"
                     "S05,Bea,error,class=server,1,scenario,empirical paid.csv:loss,,,,1\n",
    "events.csv": "event_id,frequency,primary_response\nworm,0.1,lognormal90 1000 90000\n",
    "drivers.csv": "driver,frequency\nbusy,lognormal -0.125 0.5\n",
    "paid.csv": "loss\n100\n200\n900\n",
    "treatments.csv": "treatment_id,name,option,state,cost_upfront,cost_annual\n"
                      "edr,Detection,modify,candidate,20000,1000\n"
                      "backup,Backups,modify,candidate,5000,4000\n",
    "effects.csv": "treatment_id,scenarios,factor,operation,amount\n"
                   "edr,scenario_id=S03,frequency,multiply,0.6\n"
                   "backup,scenario_id=S01,primary,multiply,0.5\n",
    "appetite.csv": "scope,loss,probability\nportfolio,200000,0.5\nclass=server,100000,0.5\n",
}


def run(folder, name, change=(), *more):
    """Runs the study with `change`, a list of (file, old text, new text); None for the file: it is new."""
    study = os.path.join(folder, name)
    known = os.path.join(SHARED, str(abs(hash((tuple(change), more)))))
    if os.path.exists(known):
        shutil.copy(known, study + ".h5")
        return study + ".h5"
    files = dict(STUDY)
    for file, old, new in change:
        if old is None:
            files[file] = new
        else:
            assert old in files[file], (file, old)
            files[file] = files[file].replace(old, new, 1)
    folder_write(study, files)
    path = study + ".h5"
    call("run", study, "-o", path, "--quiet", *more)
    shutil.copy(path, known)
    return path


def compared(before, after, *more, status=DONE):
    out, _ = call("compare", before, after, "--json", *more, status=status)
    return json.loads(out)


def table(found, name):
    return next((t for t in found["tables"] if t["table"] == name), None)


def changed_tables(found):
    return [t["table"] for t in found["tables"] if t["rows"]]


def caused(found):
    return {x.get("scenario_id", x.get("event_id")): x for x in found["scenarios"] if x["causes"]}


def near(a, b, tolerance=0.02):
    return abs(a - b) <= tolerance


def sums_add_up(found):
    sums = found["sums"]
    for what in ("aal", "tvar"):
        assert near(sums[f"{what}_attributed"] + sums[f"{what}_rest"], sums[f"{what}_total"]), sums
    rows = found["scenarios"]
    assert near(sum(x["aal_difference"] for x in rows), sums["aal_attributed"])
    assert near(sum(x["aal_difference_sampled"] for x in rows), sums["aal_total"])
    assert near(sum(x["tvar_contribution_difference"] for x in rows), sums["tvar_total"])
    for key in ("aal_difference", "tvar_contribution_difference"):
        assert near(sum(x[key] for x in found["by_cause"]), sum(x[key] for x in rows))
    for grouping in found["groupings"]:
        groups = grouping["groups"]
        assert near(sum(x["aal"]["difference"] for x in groups) + grouping["aal_rest"], sums["aal_total"])
        assert near(sum(x["tvar_contribution_difference"] for x in groups) + grouping["tvar_rest"], sums["tvar_total"])
        assert near(grouping["aal_rest"], 0)


# ----------------------------------------------------------------------------------


def identical_runs_differ_in_nothing(folder):
    before, after = run(folder, "a"), run(folder, "b")
    found = compared(before, after)
    assert found["paired"] and not changed_tables(found) and found["scenarios"] == [] and found["plans"] == []
    assert found["treatments"] == [] and found["verdicts_worse"] == 0
    for key in ("aal", "one_year_in_20", "one_year_in_200", "tvar"):
        figure = found["headline"][key]
        assert figure["before"] == figure["after"] and figure["difference"] == 0 and figure["standard_error"] == 0
    assert found["before"]["content_sha256"] == found["after"]["content_sha256"]
    out, err = call("compare", before, after)
    assert err == "" and "No row of the inputs changed" in out and "No scenario moved" in out
    assert "Treatments rank as before" in out


def the_order_of_rows_and_columns_is_no_change(folder):
    lines = STUDY["scenarios.csv"].splitlines()
    cells = [line.split(",") for line in lines]
    turned = "\n".join(",".join(row[::-1]) for row in [cells[0], *cells[:0:-1]]) + "\n"
    found = compared(run(folder, "a"), run(folder, "b", [("scenarios.csv", None, turned)]))
    assert not changed_tables(found) and found["scenarios"] == []


def one_changed_cell_is_that_row_and_that_scenario(folder):
    before = run(folder, "a")
    after = run(folder, "b", [("scenarios.csv", "*,0.2,", "*,0.3,")])
    found = compared(before, after)
    assert changed_tables(found) == ["scenarios.csv"]
    row, = table(found, "scenarios.csv")["rows"]
    assert row["change"] == "changed" and row["key"] == "S03"
    assert row["cells"] == [{"column": "frequency", "before": "0.2", "after": "0.3"}]
    moved = caused(found)
    assert list(moved) == ["S03"] and moved["S03"]["causes"] == ["row"]
    assert moved["S03"]["because"] == "frequency 0.2 -> 0.3"
    with h5py.File(before) as a, h5py.File(after) as b:
        exact = b["scenario/aal_exact"][2] - a["scenario/aal_exact"][2]
        years = b["portfolio/annual_loss"][:] - a["portfolio/annual_loss"][:]
    assert abs(moved["S03"]["aal_difference"] / exact - 1) < 1e-9 and row["aal_difference"] == moved["S03"]["aal_difference"]
    aal = found["headline"]["aal"]
    assert near(aal["difference"], years.mean())
    assert abs(aal["standard_error"] / (years.std(ddof=1) / len(years) ** 0.5) - 1) < 1e-6
    assert found["headline"]["aal_exact"]["difference"] == 0 or abs(
        found["headline"]["aal_exact"]["difference"] / exact - 1) < 1e-6
    # what is paired is far sharper than two independent runs would be
    assert aal["standard_error"] < 0.7 * 2 ** 0.5 * numpy.std(h5py.File(before)["portfolio/annual_loss"]) / len(years) ** 0.5
    sums_add_up(found)
    out, _ = call("compare", before, after)
    assert "S03: AAL +" in out and "frequency 0.2 -> 0.3" in out and max(map(len, out.splitlines())) <= 100


def a_cell_that_moves_nothing_is_a_row_and_no_cause(folder):
    found = compared(run(folder, "a"), run(folder, "b", [("scenarios.csv", "S03,Bea", "S03,Cyn")]))
    assert table(found, "scenarios.csv")["changed"] == 1 and found["scenarios"] == []


def an_added_asset_moves_itself_and_a_few_neighbours(folder):
    before = run(folder, "a")
    after = run(folder, "b", [("assets.csv", "lap-0,", "srv-new,server,north,10000,1,uniform 20 60\nlap-0,")])
    found = compared(before, after)
    row, = table(found, "assets.csv")["rows"]
    assert (row["change"], row["key"]) == ("added", "srv-new") and row["aal_difference"] > 0
    assert changed_tables(found) == ["assets.csv"]
    moved = caused(found)
    assert set(moved) == {"S01", "S03", "S05"}
    for x in moved.values():
        assert x["causes"] == ["assets"] and x["assets_added"] == 1 and "1 added (srv-new)" in x["because"]
    # S03 and S05 have one rate for all that they select: it is divided anew, and does not grow
    assert moved["S01"]["aal_difference"] > 0 and abs(moved["S03"]["aal_difference"]) < 1
    sums_add_up(found)
    # S01's rate is each unit's own: alone, all but a few of the others stay to the cent
    only = [("scenarios.csv", None, "\n".join(STUDY["scenarios.csv"].splitlines()[:2]) + "\n"),
            ("events.csv", STUDY["events.csv"], "event_id,frequency\n"), ("effects.csv", "edr,scenario_id=S03", "edr,scenario_id=S01"),
            ("drivers.csv", STUDY["drivers.csv"], "driver,frequency\n")]
    found = compared(run(folder, "c", only),
                     run(folder, "d", only + [("assets.csv", "lap-0,", "srv-new,server,north,10000,1,uniform 20 60\nlap-0,")]))
    assert found["assets_without_a_changed_row"]["count"] <= 3 or caused(found)["S01"]["seats_redrawn"], found


def a_class_that_grows_past_a_power_of_two_is_said_to_be_drawn_anew(folder):
    text = STUDY["assets.csv"] + "".join(f"srv-more-{i},server,north,10000,1,uniform 20 60\n" for i in range(60))
    found = compared(run(folder, "a"), run(folder, "b", [("assets.csv", None, text)]))
    moved = caused(found)
    assert moved["S01"]["seats_redrawn"] and "drawn anew" in moved["S01"]["because"]
    assert moved["S01"]["assets_added"] == 60


def a_removed_and_a_reweighted_asset_are_told_apart(folder):
    change = [("assets.csv", "lap-3,laptop,north,900,4", "lap-3,laptop,north,900,9"),
              ("assets.csv", "lap-0,laptop,north,900,1,uniform 10 50\n", "")]
    found = compared(run(folder, "a"), run(folder, "b", change))
    rows = {x["key"]: x for x in table(found, "assets.csv")["rows"]}
    assert rows["lap-0"]["change"] == "removed" and rows["lap-0"]["aal_difference"] < 0
    assert rows["lap-3"]["cells"] == [{"column": "quantity", "before": "4", "after": "9"}]
    x = caused(found)["S02"]
    assert (x["assets_added"], x["assets_removed"], x["assets_reweighted"]) == (0, 1, 1)
    sums_add_up(found)


def assets_of_several_files_are_one_table(folder):
    before = run(folder, "a", [("assets-owner.csv", None, "asset_id,owner\nsrv-1,Ann\nsrv-2,Bea\n")])
    after = run(folder, "b", [("assets-owner.csv", None, "asset_id,owner\nsrv-1,Ann\nsrv-2,Cyn\n")])
    row, = table(compared(before, after), "assets.csv")["rows"]
    assert row["key"] == "srv-2" and row["cells"] == [{"column": "owner", "before": "Bea", "after": "Cyn"}]


def rows_that_scenarios_name_are_causes(folder):
    before = run(folder, "a")
    for name, change, scenarios, cause in [
            ("threat", ("threats.csv", "pert 30 50 90", "pert 40 60 95"), {"S01"}, "threat"),
            ("driver", ("drivers.csv", "lognormal -0.125 0.5", "lognormal -0.08 0.4"), {"S03"}, "driver"),
            ("event", ("events.csv", "worm,0.1", "worm,0.2"), {"S04", "worm"}, "event"),
            ("file", ("paid.csv", "900", "9000"), {"S05"}, "row")]:
        found = compared(before, run(folder, name, [change]))
        moved = caused(found)
        assert set(moved) == scenarios, (name, moved.keys())
        assert all(cause in x["causes"] or "row" in x["causes"] for x in moved.values()), moved
        sums_add_up(found)
    assert table(found, "scenarios.csv")["source_changed"] == 1 and table(found, "other files")["changed"] == 1


def new_and_removed_scenarios_are_whole_differences(folder):
    line = "S05,Bea,error,class=server,1,scenario,empirical paid.csv:loss,,,,1\n"
    before = run(folder, "a")
    after = run(folder, "b", [("scenarios.csv", line, line.replace("S05", "S06").replace(",1,", ",2,"))])
    moved = caused(compared(before, after))
    assert moved["S05"]["causes"] == ["gone"] and moved["S06"]["causes"] == ["new"]
    assert moved["S05"]["aal_after"] == 0 and moved["S06"]["aal_before"] == 0
    sums_add_up(compared(before, after))


def a_worse_verdict_ends_with_status_1(folder):
    before = run(folder, "a")
    after = run(folder, "b", [("scenarios.csv", "*,0.2,", "*,3,")])
    found = compared(before, after, status=NO)
    assert found["verdicts_worse"] >= 1
    point = next(x for x in found["verdicts"] if x["scope"] == "portfolio")
    assert point["worse"] and point["before"]["verdict"] == "within" and point["after"]["verdict"] == "breached"
    out, _ = call("compare", before, after, status=NO)
    assert "WORSE" in out.split("Average annual loss")[0]
    compared(after, before)  # better is no reason to fail
    call("compare", before, after, "--fail-on", "aal:1e", status=USAGE)
    compared(before, after, "--fail-on", "aal:100000")
    compared(before, after, "--fail-on", "aal:50", status=NO)
    compared(before, after, "--fail-on", "verdict,aal:100000", status=NO)
    for wrong in ("", "verdicts", "aal", "aal:", "aal:x", "aal:5,", "aal:nan", "aal:-1"):
        call("compare", before, after, "--fail-on", wrong, status=USAGE)


def other_seeds_or_years_are_not_paired_and_said_so(folder):
    before = run(folder, "a")
    for name, more, word in [("seed", ("--seed", "8"), "seeds"), ("years", ("--years", "30000"), "years"),
                             ("both", ("--seed", "8", "--years", "30000"), "seeds and the numbers")]:
        after = run(folder, name, (), *more)
        found = compared(before, after)
        assert not found["paired"] and word in found["not_paired_because"]
        with h5py.File(before) as a, h5py.File(after) as b:
            error = numpy.hypot(a["summary/aal_error"][0], b["summary/aal_error"][0])
        assert abs(found["headline"]["aal"]["standard_error"] / error - 1) < 1e-6
        assert all(x["causes"] == ["sample"] for x in caused(found).values())
        sums_add_up(found)
        out, _ = call("compare", before, after)
        assert "Not the same sample" in out and word in out


def another_sampling_version_is_not_paired(folder):
    before, after = run(folder, "a"), run(folder, "b")
    with h5py.File(after, "r+") as file:
        version = file.attrs["sampling_version"]
        file.attrs.modify("sampling_version", version + 1)
    found = compared(before, after)
    assert not found["paired"] and "sampling_version" in found["not_paired_because"]


def other_currencies_are_refused(folder):
    before = run(folder, "a")
    after = run(folder, "b", [("study.ini", "currency = EUR", "currency = USD")])
    out, err = call("compare", before, after, status=INPUT)
    assert out == "" and "USD" in err and "EUR" in err


def settings_are_rows(folder):
    found = compared(run(folder, "a"), run(folder, "b", [("study.ini", "title = Compared", "title = Other\nas_of = 2026-01-01")]))
    rows = {x["key"]: x for x in table(found, "study.ini")["rows"]}
    assert rows["study.title"]["cells"] == [{"column": "value", "before": "Compared", "after": "Other"}]
    assert rows["study.as_of"]["change"] == "added" and found["scenarios"] == []


def treatments_and_effects_are_compared(folder):
    before = run(folder, "a")
    after = run(folder, "b", [("effects.csv", "multiply,0.6", "multiply,0.999"),
                              ("treatments.csv", "backup,Backups", "siem,Logs,modify,candidate,90000,5000\nbackup,Backups"),
                              ("effects.csv", "backup,", "siem,scenario_id=S02,frequency,multiply,0.9\nbackup,")])
    found = compared(before, after)
    rows = {x["id"]: x for x in table(found, "effects.csv")["rows"]}
    assert rows["edr"]["change"] == "changed" and rows["siem"]["change"] == "added"
    assert rows["edr"]["cells"] == [{"column": "amount", "before": "0.6", "after": "0.999"}]
    ranks = {x["treatment_id"]: x for x in found["treatments"]}
    assert ranks["siem"]["before"] is None and ranks["edr"]["before"]["rank"] < ranks["edr"]["after"]["rank"]
    assert found["plans"] and found["scenarios"] == []
    out, _ = call("compare", before, after)
    assert "Treatments of another rank" in out and "Plans that changed" in out


def rows_alike_are_counted_through(folder):
    twice = STUDY["effects.csv"] + "edr,scenario_id=S02,frequency,multiply,0.9\nedr,scenario_id=S02,frequency,multiply,0.8\n"
    before = run(folder, "a", [("effects.csv", None, twice)])
    after = run(folder, "b", [("effects.csv", None, twice.replace("0.8", "0.7"))])
    row, = table(compared(before, after), "effects.csv")["rows"]
    assert row["key"].endswith("#2") and row["cells"] == [{"column": "amount", "before": "0.8", "after": "0.7"}]


def current_insurance_is_told_apart(folder):
    insured = [("insurance.csv", None, "treatment_id,policy,layer,basis,retention,limit\ncurrent,base,1,event,100000,500000\n")]
    before = run(folder, "a", insured)
    after = run(folder, "b", insured + [("scenarios.csv", "*,0.2,", "*,0.3,")])
    found = compared(before, after)
    headline = found["headline"]
    assert headline["net_of_insurance"] and headline["aal_before_insurance"]["difference"] > headline["aal"]["difference"]
    sums_add_up(found)
    assert "current insurance takes" in call("compare", before, after)[0]


EXISTING = [("study.ini", "seed = 7", "seed = 7\nstated = inherent"),
            ("treatments.csv", "edr,Detection,modify,candidate", "edr,Detection,modify,existing"),
            ("treatments.csv", "backup,Backups,modify,candidate", "backup,Backups,modify,existing"),
            ("effects.csv", None, "treatment_id,scenarios,events,factor,operation,amount\n"
                                  "edr,scenario_id=S03,,frequency,multiply,0.6\n"
                                  "backup,,event_id=worm,frequency,multiply,0.5\n")]


def an_existing_treatment_that_changed_is_a_cause(folder):
    before = run(folder, "a", EXISTING)
    after = run(folder, "b", EXISTING + [("effects.csv", "multiply,0.6", "multiply,0.7"), ("effects.csv", "multiply,0.5", "multiply,0.4")])
    found = compared(before, after)
    moved = caused(found)
    assert set(moved) == {"S03", "S04", "worm"}, moved
    for x in moved.values():
        assert x["causes"] == ["treatments"] and x["because"] == "an existing treatment of it changed", x
    assert moved["S03"]["aal_difference"] > 0 > moved["worm"]["aal_difference"]
    sums_add_up(found)
    # one that did not exist changes what it would save, and no loss
    rest = EXISTING[:1] + EXISTING[3:]
    other = compared(run(folder, "c", rest), run(folder, "d", rest + [("effects.csv", "multiply,0.6", "multiply,0.7")]))
    assert changed_tables(other) == ["effects.csv"] and other["scenarios"] == []


def new_and_removed_shared_events_are_whole_differences(folder):
    flood = [("events.csv", "worm,", "flood,0.05,uniform 1000 50000\nworm,"),
             ("scenarios.csv", "S05,", "S06,Bea,error,class=server,,,uniform 100 500,flood,0.5,,1\nS05,")]
    before, after = run(folder, "a"), run(folder, "b", flood)
    for pair, cause, side in (((before, after), "new", "aal_after"), ((after, before), "gone", "aal_before")):
        found = compared(*pair)
        moved = caused(found)
        assert set(moved) == {"S06", "flood"} and all(x["causes"] == [cause] for x in moved.values()), moved
        assert abs(moved["flood"][side] / (0.05 * 25500) - 1) < 0.02, moved  # unless it hits none of 40
        sums_add_up(found)


def the_value_of_assets_counts_where_losses_are_shares_of_it(folder):
    head, *lines = STUDY["scenarios.csv"].splitlines()
    text = "\n".join([f"{head},loss_basis"] + [f"{x},{'value' if x.startswith('S02') else ''}" for x in lines]) + "\n"
    basis = [("scenarios.csv", None, text.replace("scenario,lognormal90 100 2000", "scenario,uniform 0.1 0.5"))]
    before = run(folder, "a", basis)
    after = run(folder, "b", basis + [("assets.csv", "lap-3,laptop,north,900", "lap-3,laptop,north,1800")])
    found = compared(before, after)
    moved = caused(found)
    assert set(moved) == {"S02"}, moved
    assert moved["S02"]["causes"] == ["assets"] and moved["S02"]["assets_reweighted"] == 1 and "lap-3" in moved["S02"]["because"]
    sums_add_up(found)


def settings_and_defaults_are_causes_where_no_row_is(folder):
    uncertain = [("scenarios.csv", "class=laptop,2,scenario", "class=laptop,uniform 1 3,scenario")]
    found = compared(run(folder, "a", uncertain), run(folder, "b", uncertain + [("study.ini", "seed = 7", "seed = 7\nrate_uncertainty = none")]))
    moved = caused(found)
    assert set(moved) == {"S02"} and moved["S02"]["causes"] == ["settings"] and moved["S02"]["because"] == "study.ini changed", moved
    filled = [("scenarios.csv", "class=server,1,scenario", "class=server,,scenario")]
    rows = "table,where,column,value\nscenarios,scenario_id=S05,frequency,"
    found = compared(run(folder, "c", filled + [("defaults.csv", None, rows + "1\n")]),
                     run(folder, "d", filled + [("defaults.csv", None, rows + "1.5\n")]))
    moved = caused(found)
    assert set(moved) == {"S05"} and "defaults.csv changed" in moved["S05"]["because"], moved
    sums_add_up(found)


def runs_that_judge_nothing_and_share_no_quantile_are_compared(folder):
    bare = [("treatments.csv", STUDY["treatments.csv"], "treatment_id\n"), ("effects.csv", STUDY["effects.csv"], "treatment_id,scenarios,factor,operation,amount\n"),
            ("appetite.csv", STUDY["appetite.csv"], "scope,loss,probability\n")]
    before = run(folder, "a", bare)
    after = run(folder, "b", bare + [("study.ini", "0.5, 0.9, 0.99", "0.6, 0.8"), ("study.ini", "by = class, site", "by = site"), ("scenarios.csv", "*,0.2,", "*,0.3,")])
    found = compared(before, after)
    assert found["verdicts"] == [] and found["treatments"] == [] and found["plans"] == []
    assert found["headline"]["tvar"]["difference"] is None, found["headline"]
    assert [x["by"] for x in found["groupings"]] == ["site"], found["groupings"]
    out, _ = call("compare", before, after)
    assert "Neither run has an appetite to be judged by." in out and "TVaR" not in out
    assert "S03: AAL +" in out


def runs_that_count_otherwise_are_not_paired(folder):
    before = run(folder, "a")
    found = compared(before, run(folder, "b", [("study.ini", "seed = 7", "seed = 7\nresolution = 1")]))
    assert not found["paired"] and found["not_paired_because"] == "the smallest amounts counted differ (resolution)", found["not_paired_because"]


def tables_in_windows_1252_are_compared_as_they_are_read(folder):
    def written(name, owner):
        study = folder_write(os.path.join(folder, name), STUDY, study_ini=STUDY["study.ini"] + "[csv]\nencoding = windows-1252\n")
        path = study / "scenarios.csv"
        path.write_bytes(path.read_text().replace("Ann", owner).encode("cp1252"))
        call("run", study, "-o", f"{study}.h5", "--quiet", "--years", 2000)
        return f"{study}.h5"

    rows = table(compared(written("a", "J\u00f6rg"), written("b", "J\u00fcrg")), "scenarios.csv")["rows"]
    assert rows[0]["cells"] == [{"column": "owner", "before": "J\u00f6rg", "after": "J\u00fcrg"}] and len(rows) == 2


def top_limits_what_is_listed(folder):
    before = run(folder, "a")
    text = STUDY["assets.csv"].replace("uniform 20 60", "uniform 30 60")
    after = run(folder, "b", [("assets.csv", None, text)])
    assert len(table(compared(before, after), "assets.csv")["rows"]) == 40
    found = compared(before, after, "--top", 3)
    assert len(table(found, "assets.csv")["rows"]) == 3 and table(found, "assets.csv")["changed"] == 40
    assert "and 37 more (--top N)" in call("compare", before, after, "--top", 3)[0]


def hostile_names_stay_harmless(folder):
    bad = 'x"<b>=cmd'
    change = [("assets.csv", None, "tag," + STUDY["assets.csv"].replace("srv-", "=@\x1b[31m,srv-").replace("lap-", ",lap-")
               .replace("srv-1,", '"' + bad.replace('"', '""') + '",')),
              ("study.ini", "title = Compared", "title = " + "w" * 120),
              ("scenarios.csv", "S02,Ann", "S02," + "\u00e4" * 3000)]
    before, after = run(folder, "a"), run(folder, "b", change)
    for pair in ((before, after), (after, before)):
        out, _ = call("compare", *pair)
        assert "\x1b" not in out and "\x07" not in out and max(map(len, out.splitlines())) <= 100
        keys = [x["key"] for x in table(compared(*pair), "assets.csv")["rows"]]
        assert bad in keys and "srv-1" in keys
    out, _ = call("compare", before, after, environment={"LC_ALL": "C"})
    assert "\x1b" not in out


def damaged_files_are_status_3_and_never_a_crash(folder):
    before = run(folder, "a", (), "--years", "2000")
    for name in ("a", "missing.h5"):
        _, err = call("compare", before, os.path.join(folder, name), status=INPUT)
        assert err
    with open(before, "rb") as file:
        good = file.read()
    generator = random.Random(1)
    damaged = os.path.join(folder, "damaged.h5")
    wrong, cases = 0, tries(20, 80)
    for case in range(cases):
        data = bytearray(good)
        if case < cases // 4:
            data = data[:generator.randrange(len(data))]
        else:
            for _ in range(generator.randrange(1, 12)):
                data[generator.randrange(len(data))] = generator.randrange(256)
        with open(damaged, "wb") as file:
            file.write(data)
        pair = (before, damaged) if case % 2 else (damaged, before)
        done = subprocess.run([LOSSMILL, "compare", *pair, *(["--json"] if case % 3 else [])], capture_output=True,
                              timeout=120, check=False)
        assert done.returncode in (DONE, NO, INPUT), (case, done.returncode, done.stderr[-500:])
        wrong += done.returncode == INPUT
        assert case >= cases // 4 or done.returncode == INPUT
    assert wrong >= cases // 4


def figures_that_were_tampered_with_do_not_crash(folder):
    before = run(folder, "a", (), "--years", "2000")
    for number, (path, value) in enumerate([
            ("scenario/aal", numpy.nan), ("scenario/aal_exact", numpy.inf), ("summary/tvar", numpy.nan),
            ("scenario/tvar_contribution", -numpy.inf), ("plan/budget_cost", numpy.nan), ("group/class/annual_loss", numpy.nan),
            ("scenario/scenario_id", b"zzz"), ("asset/asset_id", b"zzz"), ("appetite/loss", numpy.nan)]):
        after = os.path.join(folder, f"{number}.h5")
        shutil.copy(before, after)
        with h5py.File(after, "r+") as file:
            file[path][...] = value
        for more in ((), ("--json",)):
            done = subprocess.run([LOSSMILL, "compare", before, after, *more], capture_output=True, timeout=120, check=False)
            assert done.returncode in (DONE, NO, INPUT), (path, done.returncode)
            if done.returncode != INPUT and more:
                json.loads(done.stdout)
        if path.endswith("_id"):
            assert done.returncode == INPUT, path


def wrong_usage_is_status_2(folder):
    for arguments in ([], ["a"], ["a", "b", "c"], ["a", "b", "--top", "0"]):
        call("compare", *arguments, status=USAGE)
    out, _ = call("compare", "--help")
    assert "Example:\n  lossmill compare" in out and max(map(len, out.splitlines())) <= 100


claims_try(globals())
