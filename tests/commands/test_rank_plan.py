#!/usr/bin/env python3
"""rank and plan with the real binary, end to end: test_rank_plan.py PATH_TO_lossmill

Every function whose name is a claim is one test. They share one run of a small study. The last line of the
output is 'N passed, N failed'.
"""

import csv
import json
import os
import random
import shutil
import subprocess

import h5py

from program import DONE, INPUT, LOSSMILL, NO, SHARED, USAGE, call, claims_try, folder_write, tries
from treated import TREATED

CRITERIA = ["aal", "tvar", "net_benefit", "benefit_cost", "tvar_cost", "rosi", "payback", "breach", "last_in", "share"]

STUDY = TREATED | {
    "study.ini": """[study]
title = Treated
currency = EUR
years = 20000
seed = 5
[groups]
by = class
[treatment]
discount_rate = 0.05
""",
    "scenarios.csv": """scenario_id,assets,event,hit_probability,frequency,frequency_per,primary_response,secondary_probability,secondary_fines
theft,class=laptop,,,0.02,unit,lognormal90 500 4000,,
fraud,class=application,,,2,,lognormal90 1000 60000,0.1,5000
outbreak,class=server,worm,0.5,,,lognormal90 5000 50000,,
""",
    "events.csv": """event_id,frequency,primary_response
worm,0.1,lognormal90 20000 200000
""",
    "appetite.csv": """scope,loss,probability
portfolio,100000,0.25
portfolio,300000,0.05
class=server,1000000,0.05
""",
}


def run_of(folder, name="study", years=None, **changed):
    output = os.path.join(folder, name + ".h5")
    call("run", folder_write(os.path.join(folder, name), STUDY, **changed), "-o", output, "--quiet", *(["--years", years] if years else []))
    return output


def shared_run():
    run = SHARED / "study.h5"
    return run if run.exists() else run_of(SHARED)


def ranking(run, *more):
    return json.loads(call("rank", run, "--json", *more)[0])


def plans(run, *more, status=DONE):
    return json.loads(call("plan", run, "--json", *more, status=status)[0])


# ---------------------------------------------------------------------------------- rank


def rank_prints_at_most_100_columns(folder):
    for locale in ("C.UTF-8", "C"):
        out, err = call("rank", shared_run(), environment={"LC_ALL": locale})
        assert err == "" and max(map(len, out.splitlines())) <= 100
        assert "7 treatments by saved AAL" in out and "lossmill plan" in out
        assert "In every plan, approved: zones." in out and "Forbidden, in no plan: close." in out
        assert out.isascii() == (locale == "C") and "\033" not in out


def rank_json_and_csv_agree_with_the_file(folder):
    run = shared_run()
    facts = ranking(run)
    rows = list(csv.DictReader(call("rank", run, "--csv")[0].splitlines()))
    assert facts["by"] == "aal" and len(facts["treatments"]) == len(rows) == 7
    with h5py.File(run) as file:
        ids = [x.decode() for x in file["treatment/treatment_id"][:]]
        for row, told in zip(rows, facts["treatments"]):
            i = ids.index(told["treatment_id"])
            assert row["treatment_id"] == told["treatment_id"] and int(row["rank"]) == told["rank"]
            assert told["rank"] == file["treatment/rank"][i]
            assert (told["rank_lower"], told["rank_upper"]) == (file["treatment/rank_lower"][i],
                                                                file["treatment/rank_upper"][i])
            for name in ("aal", "aal_reduction", "aal_reduction_error", "net_benefit", "cost_annualised", "aal_share"):
                assert abs(told[name] - file["treatment"][name][i]) <= 1e-9 * abs(told[name]), (name, told)
                assert abs(float(row[name]) - told[name]) <= 1e-9 * abs(told[name])


def every_criterion_ranks_from_the_largest(folder):
    figure = {"tvar": "tvar_reduction", "payback": "payback_probability", "breach": "breach_reduction",
              "last_in": "last_in_aal_reduction", "share": "aal_share", "aal": "aal_reduction"}
    for by in CRITERIA:
        facts = ranking(shared_run(), "--by", by)
        assert facts["by"] == by and [x["rank"] for x in facts["treatments"]] == list(range(1, 8))
        if by != "tvar_cost": # what costs nothing stands last there and in benefit_cost
            told = [x[figure.get(by, by)] for x in facts["treatments"]]
            known = [x for x in told if x is not None]
            assert known == sorted(known, reverse=True), (by, told)
            assert told[len(known):] == [None] * (len(told) - len(known)), (by, told)
        out, _ = call("rank", shared_run(), "--by", by)
        assert max(map(len, out.splitlines())) <= 100, by


def run_says_what_to_type_next(folder):
    path, file = folder_write(folder / "study", STUDY), os.path.join(folder, "next.h5")
    assert f"lossmill rank {file}" in call("run", path, "-o", file)[0]
    plain = folder_write(folder / "plain", STUDY, treatments_csv=None, effects_csv=None, insurance_csv=None)
    assert "lossmill rank" not in call("run", plain, "-o", file)[0]


def top_lists_the_first_ones(folder):
    out, _ = call("rank", shared_run(), "--top", 2)
    assert "and 5 more" in out
    assert len(ranking(shared_run(), "--top", 2)["treatments"]) == 2
    assert len(call("rank", shared_run(), "--top", 3, "--csv")[0].splitlines()) == 4


def shares_add_up_to_what_all_save_by_the_model(folder):
    run = run_of(folder, insurance_csv=None, years=500,
                 treatments_csv="treatment_id,cost_annual\na,1\nb,1\n",
                 effects_csv="treatment_id,scenarios,factor,operation,amount\n"
                             "a,scenario_id=fraud,frequency,multiply,0.5\nb,scenario_id=fraud,primary,multiply,0.5\n")
    a, b = sorted(ranking(run)["treatments"], key=lambda x: x["treatment_id"])
    fraud_response = a["aal_reduction_exact"] + b["aal_reduction_exact"] - a["aal_share"] - b["aal_share"]
    # a saves half of all, b half of the response; together they save half of b's less
    assert abs(fraud_response - b["aal_reduction_exact"] / 2) < 1e-6 * fraud_response


# ---------------------------------------------------------------------------------- plan


def a_plan_heeds_budget_states_and_requires(folder):
    answer = plans(shared_run(), "--budget", "22k,30k,1M", "--draws", "3")
    costs = [x["best"]["budget_cost"] for x in answer["plans"]]
    for told, budget in zip(answer["plans"], (22e3, 30e3, 1e6)):
        chosen = told["best"]["treatments"]
        assert told["budget"] == budget and told["feasible"] and told["best"]["budget_cost"] <= budget
        assert "zones" in chosen and "close" not in chosen and "bear" not in chosen
        assert "double" not in chosen or "check" in chosen
        assert told["best"]["bound"] <= told["best"]["value"] * (1 + 1e-12)
        assert told["included"]["zones"] == 1 and told["included"]["close"] == 0
    assert costs == sorted(costs)
    losses = [x["best"]["value"] for x in answer["plans"]]
    assert losses == sorted(losses, reverse=True)


def a_plan_in_words_fits_100_columns(folder):
    for more in (["--budget", "22k,30k,1M"], ["--budget", "50k", "--objective", "tvar"], [],
                 ["--budget", "50k", "--objective", "net_benefit"], ["--meet-appetite"]):
        for locale in ("C.UTF-8", "C"):
            out, err = call("plan", shared_run(), *more, environment={"LC_ALL": locale})
            assert err == "" and max(map(len, out.splitlines())) <= 100, more
            assert out.isascii() == (locale == "C") and "\033" not in out


def one_treatment_is_one_treatment(folder):
    out, _ = call("plan", shared_run(), "--budget", "21k", "--draws", 0)
    assert "1 treatment for" in out and "1 treatments" not in out and "draws" not in out


def without_a_budget_the_frontier_is_printed(folder):
    run = shared_run()
    out, err = call("plan", run)
    assert "efficient frontier" in out and "zones" in out and err == ""
    frontier = plans(run)["frontier"]
    with h5py.File(run) as file:
        assert len(frontier) == len(file["plan/plan"]) == sum("  +" in x or " − " in x for x in out.splitlines())
    for row, after in zip(frontier, frontier[1:]):
        assert row["budget_cost"] < after["budget_cost"] and row["value"] > after["value"]


def a_budget_below_what_must_be_is_answered_no(folder):
    out, err = call("plan", shared_run(), "--budget", "10k", status=NO)
    assert "no plan fits" in out and err == ""
    answer = plans(shared_run(), "--budget", "10k,50k", status=NO)
    assert [x["feasible"] for x in answer["plans"]] == [False, True]


def the_appetite_is_met_or_the_answer_is_no(folder):
    answer = plans(shared_run(), "--meet-appetite")["plans"][0]
    assert answer["feasible"] and {x["verdict"] for x in answer["best"]["appetite"]} == {"within"}
    run = run_of(folder, "strict", appetite_csv="scope,loss,probability\nportfolio,1,0.0001\n")
    out, _ = call("plan", run, "--meet-appetite", status=NO)
    assert "No plan is surely within the appetite" in out
    assert not plans(run, "--meet-appetite", status=NO)["plans"][0]["feasible"]
    run = run_of(folder, "none", appetite_csv=None, years=2000)
    out, err = call("plan", run, "--meet-appetite", status=INPUT)
    assert out == "" and "no appetite.csv" in err
    out, err = call("rank", run, "--by", "breach", status=INPUT)
    assert out == "" and "no appetite.csv" in err


# ---------------------------------------------------------------------------------- insurance


def a_second_layer_sees_what_the_first_one_left(folder):
    """The README's example: of one event of 1,000,000 a year the layers pay 405,000 and 495,000."""
    run = run_of(folder, years=100, events_csv=None, appetite_csv=None,
                 scenarios_csv="scenario_id,assets,counts,frequency,primary_response\n"
                               "blow,asset_id=shop,at_most_once,1,1000000\n",
                 treatments_csv="treatment_id,option,cost_annual\ncover,share,1\n", effects_csv=None,
                 insurance_csv="treatment_id,policy,layer,retention,limit,share,aggregate_limit\n"
                               "cover,cyber,1,50000,450000,0.9,450000\ncover,cyber,2,100000,1500000,1,\n")
    with h5py.File(run) as file:
        assert set(file["treatment/annual_loss"][0]) == {100000.0}


# ---------------------------------------------------------------------------------- what is wrong


def wrong_options_are_status_2_and_say_why(folder):
    for arguments, word in [
            (["rank"], "missing"), (["plan"], "missing"), (["rank", "a", "b"], "too many"),
            (["rank", "a", "--by", "cost"], "criterion"), (["rank", "a", "--by", "net_benfit"], "net_benefit"),
            (["rank", "a", "--top", "0"], "whole number"), (["rank", "a", "--json", "--csv"], "exclude"),
            (["rank", "a", "--threads", "0"], "whole number"), (["rank", "a", "--budget", "1k"], "--budget"),
            (["plan", "a", "--budget"], "needs a value"), (["plan", "a", "--budget", "lots"], "250k"),
            (["plan", "a", "--budget", "1k,,2k"], "250k"), (["plan", "a", "--budget", "-5"], "250k"),
            (["plan", "a", "--budget", "1e999"], "250k"), (["plan", "a", "--budget", "nan"], "250k"),
            (["plan", "a", "--budget", "1k", "--step", "x"], "100k"),
            (["plan", "a", "--budget", "1k", "--objective", "var"], "tvar"),
            (["plan", "a", "--budget", "1k", "--draws", "-1"], "whole number"), (["plan", "a", "--csv"], "--csv"),
    ]:
        out, err = call(*arguments, status=USAGE)
        assert out == "" and word in err and "--help" in err, (arguments, err)


def a_run_without_treatments_is_refused_with_a_reason(folder):
    run = run_of(folder, treatments_csv=None, effects_csv=None, insurance_csv=None, years=1000)
    for arguments in (["rank", run], ["plan", run], ["plan", run, "--budget", "1k"], ["plan", run, "--meet-appetite"]):
        out, err = call(*arguments, status=INPUT)
        assert out == "" and "without treatments" in err, arguments


def a_file_that_is_no_run_is_refused(folder):
    for content in (b"", b"junk", b"\211HDF\r\n\032\n" + bytes(500)):
        path = os.path.join(folder, "junk.h5")
        with open(path, "wb") as file:
            file.write(content)
        for arguments in (["rank", path], ["plan", path], ["plan", path, "--budget", "1k"]):
            out, err = call(*arguments, status=INPUT)
            assert out == "" and err != ""
    call("rank", os.path.join(folder, "absent.h5"), status=INPUT)


def survives(path):
    for arguments in (["rank", path, "--by", "tvar"], ["plan", path], ["plan", path, "--budget", "30k", "--draws", "1"]):
        done = subprocess.run([LOSSMILL, *arguments, "--quiet", "--json"], capture_output=True, timeout=120, check=False)
        assert done.returncode in (DONE, NO, INPUT, 4), (arguments, done.returncode, done.stderr)
        assert done.returncode < 2 or done.stderr, arguments


def a_damaged_run_never_crashes(folder):
    with open(run_of(folder, years=300), "rb") as file:
        whole = file.read()
    damaged, generator = os.path.join(folder, "damaged.h5"), random.Random(7)
    for trial in range(tries(16, 60)):
        content = bytearray(whole)
        if trial % 3 == 0:
            content = content[:generator.randrange(len(content))]
        else:
            for _ in range(1 if trial % 3 == 1 else 40):
                content[generator.randrange(len(content))] = generator.randrange(256)
        with open(damaged, "wb") as file:
            file.write(content)
        survives(damaged)


def a_run_with_parts_missing_or_changed_never_crashes(folder):
    """What is valid HDF5 but no run of ours: datasets of treatments and inputs removed, or of another size."""
    whole, changed, chance = run_of(folder, years=300), os.path.join(folder, "changed.h5"), random.Random(7)
    names = []
    with h5py.File(whole) as file:
        file.visititems(lambda name, x: names.append(name) if isinstance(x, h5py.Dataset) else None)
    names = [x for x in names if x.split("/")[0] in ("treatment", "plan", "appetite", "study")]
    for name in chance.sample(names, min(tries(16, len(names)), len(names))):
        for value in (None, [], [float("nan")] * 3, [2**31 - 1] * 9):
            shutil.copyfile(whole, changed)
            with h5py.File(changed, "r+") as file:
                del file[name]
                if value is not None:
                    file[name] = value
            done = subprocess.run([LOSSMILL, "plan", changed], capture_output=True, timeout=60, check=False)
            assert done.returncode in (DONE, INPUT, 4), (name, value, done.returncode, done.stderr)
        survives(changed)


# ---------------------------------------------------------------------------------- names


HARMFUL = {"=cmd' /C calc'!A0": "'=cmd' /C calc'!A0", "@SUM(1)": "'@SUM(1)", "+1+cmd": "'+1+cmd", "-2+3": "'-2+3"}


def harmful_run(folder):
    rows = "".join(f'"{x}","{x} <script>alert(1)</script> \u202e \u009b31m",1000,10\n' for x in HARMFUL)
    effects = "".join(f'"{x}",scenario_id=theft,frequency,multiply,0.9\n' for x in HARMFUL)
    return run_of(folder, years=1000, insurance_csv=None,
                  treatments_csv="treatment_id,name,cost_upfront,cost_annual\n" + rows,
                  effects_csv="treatment_id,scenarios,factor,operation,amount\n" + effects)


def ids_and_names_are_no_formulas_in_csv(folder):
    rows = list(csv.DictReader(call("rank", harmful_run(folder), "--csv")[0].splitlines()))
    assert {x["treatment_id"] for x in rows} == set(HARMFUL.values())
    assert all(x["name"].startswith("'") for x in rows)


def names_are_shown_harmlessly(folder):
    run = harmful_run(folder)
    for arguments in (["rank", run], ["plan", run, "--budget", "10k"], ["plan", run]):
        out, err = call(*arguments)
        assert not set("\033\u009b\u202e") & set(out + err), arguments
    ids = {x["treatment_id"] for x in ranking(run)["treatments"]}
    assert ids == set(HARMFUL)


claims_try(globals())
