#!/usr/bin/env python3
"""The real binary, end to end: test_commands.py PATH_TO_lossmill

Every function whose name is a claim is one test; it gets a fresh folder. The last line of the output
is 'N passed, N failed'.
"""

import csv
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

import h5py
import numpy

from program import DONE, INPUT, LOSSMILL, STOPPED, SYSTEM, USAGE, call, claims_try, folder_write

COMMANDS = ["new", "check", "run", "show", "rank", "plan", "report", "compare", "fit", "import", "generate"]


# ---------------------------------------------------------------------------------- helpers


def study(folder, assets=200, scenarios=12, *more):
    path = os.path.join(folder, "study")
    call("generate", path, "--assets", assets, "--scenarios", scenarios, "--years", 40000, *more)
    return path


def rewrite(path, change):
    """Reads a CSV table, lets `change` edit the list of its rows, writes it back."""
    with open(path, newline="", encoding="utf-8") as file:
        head, *rows = list(csv.reader(file))
    rows = change(rows) or rows
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])


def group_by(path, column):
    ini = os.path.join(path, "study.ini")
    with open(ini, encoding="utf-8") as file:
        text = re.sub(r"(?m)^by = .*$", f"by = {column}", file.read())
    with open(ini, "w", encoding="utf-8") as file:
        file.write(text)


def run(path, name="run.h5", *more):
    output = os.path.join(os.path.dirname(path), name)
    call("run", path, "-o", output, *more)
    return output


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def group_rows(path, column):
    """Annual losses of every group of a column: {name: array}."""
    with h5py.File(path, "r") as file:
        group = file["group"][column]
        names = next(group[name][()] for name in (column, "name", "names", "group")
                     if name in group and group[name].dtype.kind in "SO")
        losses = group["annual_loss"][()]
    return {name.decode(): losses[i] for i, name in enumerate(names)}


def portfolio(path, column="annual_loss"):
    with h5py.File(path, "r") as file:
        return file["portfolio"][column][()]


def folder_listing(path):
    return sorted(os.listdir(path))


# ---------------------------------------------------------------------------------- command line


def version_and_help_go_to_stdout(folder):
    out, err = call("--version")
    assert re.fullmatch(r"lossmill \d+\.\d+\.\d+\n", out) and err == ""
    out, err = call("--help")
    assert all(name in out for name in COMMANDS) and err == ""
    assert call("help")[0] == out


def every_command_has_help_with_an_example(folder):
    for name in COMMANDS:
        out, err = call(name, "--help")
        assert out.startswith(f"Usage: lossmill {name} ") and err == ""
        assert f"Example:\n  lossmill {name}" in out
        assert call("help", name)[0] == out
        assert max(map(len, out.splitlines())) <= 100


def wrong_usage_is_status_2_and_says_why(folder):
    for arguments, word in [
            ([], "Usage"),
            (["chekc"], '"check"'),
            (["nonsense"], "no command"),
            (["check"], "missing"),
            (["check", "a", "b"], "too many"),
            (["check", "--jsno", "a"], "--json"),
            (["check", "-Z", "a"], "-Z"),
            (["check", "--json", "--csv", "a"], "exclude"),
            (["run", "a"], "-o"),
            (["run", "a", "-o"], "-o needs a value"),
            (["run", "a", "-o", "b", "--years", "many"], "whole number"),
            (["run", "a", "-o", "b", "--years", "-3"], "whole number"),
            (["run", "a", "-o", "b", "--threads", "0"], "whole number"),
            (["run", "a", "-o", "b", "--years", "99999999999999999999"], "whole number"),
            (["generate", folder / "x"], "--assets"),
            (["generate", folder / "x", "--assets", "5", "--scenarios", "0"], "whole number"),
    ]:
        out, err = call(*arguments, status=USAGE)
        assert out == "" and word in err, (arguments, err)


def bad_input_is_status_3(folder):
    out, err = call("check", os.path.join(folder, "nothing"), status=INPUT)
    assert "nothing" in err or "study.ini" in err
    junk = os.path.join(folder, "junk.h5")
    for content in (b"", b"junk", b"\211HDF\r\n\032\n" + bytes(500)):
        with open(junk, "wb") as file:
            file.write(content)
        out, err = call("show", junk, status=INPUT)
        assert out == "" and err != ""
    call("show", os.path.join(folder, "absent.h5"), status=INPUT)


def a_wrong_cell_is_named_with_file_line_and_column(folder):
    path = study(folder)
    rewrite(os.path.join(path, "scenarios.csv"), lambda rows: rows[4].__setitem__(5, "pert 3 2 1"))
    for command in (["check", path], ["run", path, "-o", os.path.join(folder, "run.h5")]):
        out, err = call(*command, status=INPUT)
        assert "scenarios.csv:6" in err and "frequency" in err, err
        assert out == ""
    assert folder_listing(folder) == ["study"]


def a_full_standard_output_is_status_4(folder):
    path = study(folder)
    file = run(path)
    for arguments in (["--help"], ["check", path], ["check", path, "--json"], ["show", file],
                      ["show", file, "--csv"], ["show", file, "--json"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([LOSSMILL, *arguments], stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == SYSTEM, (arguments, done)
        assert b"No space left" in done.stderr


# ---------------------------------------------------------------------------------- new, generate


def the_help_tells_what_every_exit_status_means(folder):
    out = " ".join(call("--help", cwd=folder)[0].split())
    for status, meaning in enumerate(("done", "the answer is no", "wrong usage", "bad input", "the system failed",
                                      "stopped by a signal or by --time-limit")):
        assert f"{status} {meaning}" in out, (status, out)


def a_new_study_runs(folder):
    path = os.path.join(folder, "study")
    call("new", path)
    assert folder_listing(path) == ["assets.csv", "scenarios.csv", "study.ini"]
    out, err = call("check", path)
    assert err == "" and "press-line" not in err
    file = run(path, "run.h5", "--years", 20000)
    out, _ = call("show", file)
    assert "A first study" in out
    call("new", path, status=USAGE)


def generate_gives_the_same_files_again(folder):
    for name in ("one", "two", "seed2"):
        call("generate", os.path.join(folder, name), "--assets", 500, "--scenarios", 30,
             "--seed", 2 if name == "seed2" else 1)
    same, differ = [], []
    for name in ("assets.csv", "scenarios.csv", "threats.csv", "study.ini"):
        one, two, other = (digest(os.path.join(folder, x, name)) for x in ("one", "two", "seed2"))
        same.append(one == two)
        differ.append(one != other)
    assert all(same) and sum(differ) >= 3


def generate_refuses_a_folder_that_is_not_empty(folder):
    path = os.path.join(folder, "full")
    os.mkdir(path)
    with open(os.path.join(path, "precious"), "w", encoding="utf-8") as file:
        file.write("text")
    call("generate", path, "--assets", 5, "--scenarios", 5, status=USAGE)
    assert folder_listing(path) == ["precious"]
    call("generate", os.path.join(folder, "no", "parent"), "--assets", 5, "--scenarios", 5,
         status=SYSTEM)


def generated_studies_pass_check_at_every_size(folder):
    for i, (assets, scenarios, more) in enumerate([
            (1, 1, []), (7, 40, []), (300, 20, ["--threats", "1"]), (2000, 200, ["--seed", "9"]),
            (150, 150, ["--single-asset"]), (90, 200, ["--single-asset", "--years", "20"])]):
        path = os.path.join(folder, str(i))
        call("generate", path, "--assets", assets, "--scenarios", scenarios, *more)
        out, err = call("check", path, "--json")
        facts = json.loads(out)
        assert facts["read"]["asset_rows"] == assets
        assert facts["read"]["scenario_rows"] == scenarios
        if "--single-asset" in more:
            assert facts["read"]["exposures"] == scenarios


# ---------------------------------------------------------------------------------- check, run, show


def check_agrees_with_itself_in_three_forms(folder):
    path = study(folder)
    out, err = call("check", path)
    assert "Threat events" in out and max(map(len, out.splitlines())) <= 100
    facts = json.loads(call("check", path, "--json")[0])
    rows = list(csv.DictReader(call("check", path, "--csv")[0].splitlines()))
    assert len(rows) == len(facts["scenarios"]) == 12
    for row, scenario in zip(rows, facts["scenarios"]):
        assert row["scenario_id"] == scenario["scenario_id"]
        assert float(row["loss_events_per_year"]) == scenario["loss_events_per_year"]
        assert scenario["loss_events_per_year"] <= scenario["threat_events_per_year"] * (1 + 1e-12)
    total = sum(scenario["aal_exact"] for scenario in facts["scenarios"])
    assert abs(total - facts["total"]["aal_exact"]) < 1e-9 * total


def treated_study(folder, years, treatments):
    path = os.path.join(folder, "study")
    os.mkdir(path)
    files = {
        "study.ini": f"[study]\ntitle = Treated\ncurrency = EUR\nyears = {years}\nseed = 1\n",
        "assets.csv": "asset_id\nA\n",
        "scenarios.csv": "scenario_id,assets,frequency,primary_total\nS,*,2,lognormal 9 1\n",
        "treatments.csv": "treatment_id,cost_annual\n" + "".join(f"T{i},10\n" for i in range(treatments)),
        "effects.csv": "treatment_id,scenarios,factor,operation,amount\n"
                       + "".join(f"T{i},*,frequency,multiply,0.5\n" for i in range(treatments)),
    }
    for name, text in files.items():
        with open(os.path.join(path, name), "w", encoding="utf-8") as file:
            file.write(text)
    return path


def check_announces_what_treatments_take(folder):
    path = treated_study(folder, 50000, 4)
    total = json.loads(call("check", path, "--json")[0])["total"]
    treatments = total["treatments"]
    assert abs(treatments["pairs"] - 4 * 2 * 50000) < 1e-6, treatments
    assert 4 * 50000 * 8 < treatments["memory_bytes"] < total["memory_bytes"] < 2e8, total
    assert 0 < treatments["seconds_one_thread"] < total["seconds_one_thread"], total
    assert treatments["last_in_memory_bytes"] > 0 and treatments["last_in_seconds_one_thread"] > 0
    out, err = call("check", path)
    assert "400,000 pairs of a loss event and a treatment" in out, out
    assert max(map(len, out.splitlines())) <= 100


def years_of_treatments_that_do_not_fit_are_refused_by_check_and_run(folder):
    path = treated_study(folder, 1000000000, 3)
    for command in (["check", path], ["run", path, "-o", os.path.join(folder, "run.h5")]):
        out, err = call(*command, status=INPUT)
        assert "3 treatments would take 24 GB" in err and "years" in err, err
        assert out == ""
    assert folder_listing(folder) == ["study"]


def run_says_where_the_file_is_and_what_to_type_next(folder):
    path = study(folder)
    file = os.path.join(folder, "run.h5")
    out, err = call("run", path, "-o", file)
    assert err == "" and f"lossmill show {file}" in out and "simulation error" in out
    assert call("run", path, "-o", file, "--quiet") == ("", "")
    facts = json.loads(call("run", path, "-o", file, "--json")[0])
    assert facts["years"] == 40000 and facts["headline"]["aal"] > 0


def a_result_is_readable_by_its_owner_only(folder):
    file = run(study(folder))
    assert os.stat(file).st_mode & 0o077 == 0
    assert folder_listing(folder) == ["run.h5", "study"]


def show_json_agrees_with_the_file(folder):
    path = study(folder)
    file = run(path)
    facts = json.loads(call("show", file, "--json")[0])
    losses = portfolio(file)
    assert facts["years"] == len(losses) == 40000
    assert abs(facts["summary"]["aal"] - losses.mean()) < 1e-9 * losses.mean()
    assert abs(facts["summary"]["probability_of_loss"] - (losses > 0).mean()) < 1e-12
    ordered = numpy.sort(losses)
    for row in facts["exceedance"]:
        period = row["return_period"]
        rank = int(numpy.ceil(40000 * (1 - 1 / period) - 1e-6)) # inf{x: F(x) >= p}
        assert abs(row["aep"]["value"] - ordered[rank - 1]) < 0.005, row
        assert row["aep"]["lower"] <= row["aep"]["value"] <= row["aep"]["upper"]
        assert row["oep"]["value"] <= row["aep"]["value"]
    assert abs(sum(x["aal"] for x in facts["scenarios"]) - losses.mean()) < 1e-6 * losses.mean()
    assert abs(sum(facts["form_share"].values()) - 1) < 1e-9
    checked = json.loads(call("check", path, "--json")[0])
    exact = checked["total"]["aal_exact"]
    assert abs(exact - losses.mean()) < 5 * facts["summary"]["aal_standard_error"]


def show_prints_one_page_of_100_columns(folder):
    file = run(study(folder))
    for locale in ("C.UTF-8", "C"):
        out, err = call("show", file, environment={"LC_ALL": locale})
        assert err == "" and max(map(len, out.splitlines())) <= 100
        assert all(not line.endswith(" ") for line in out.splitlines())
        assert "simulation error, not the uncertainty of the inputs" in out
        assert "\033" not in out
        assert out.isascii() == (locale == "C")


def show_answers_the_appetite_first_and_then_names_the_driver(folder):
    path = first_study_with_events(folder, own_cost=True)
    with open(os.path.join(path, "appetite.csv"), "w", encoding="utf-8") as file:
        file.write("scope,loss,probability\nportfolio,1000,0.01\nportfolio,1e12,0.001\n")
    file = run(path, "run.h5", "--years", 20000)
    out, _ = call("show", file)
    assert out.splitlines()[3] == "  Within the appetite? No: breached at 1 of 2 points.", out[:600]
    facts = json.loads(call("show", file, "--json")[0])
    assert [x["verdict"] for x in facts["appetite"]] == ["breached", "within"]
    headings = [out.index(x) for x in ("Average annual loss", "Appetite: ", "Top shared events", "Loss exceedance",
                                       "Top scenarios", "Top assets")]
    assert headings == sorted(headings)
    level = [x["level"] for x in facts["summary"]["levels"]].index(0.99)
    tvar = facts["summary"]["levels"][level]["tvar"]
    worst = {x.get("event_id") or x["scenario_id"]: x["tvar_contribution"][level] / tvar
             for x in facts["shared_events"] + facts["scenarios"]}
    driver = max(worst, key=worst.get)
    assert f"Of what the worst 1 % of years lose, {100 * worst[driver]:.1f} % comes from {driver}." in out, (worst, out[:900])
    aal = sum(x["aal_exact"] for x in facts["scenarios"]) + sum(x["own_aal_exact"] for x in facts["shared_events"])
    larger = {x["scenario_id"]: max(x["aal_exact"] / aal, worst[x["scenario_id"]]) for x in facts["scenarios"]}
    listed = re.findall(r"(?m)^  (\S+)", out[out.index("Top scenarios"):out.index("Top assets")])
    listed = [x for x in listed if x in larger]
    assert listed == sorted(larger, key=larger.get, reverse=True), (listed, larger)


def first_study_with_events(place, own_cost):
    """The first study with an outbreak, and an asset without a business unit."""
    path = os.path.join(place, "study")
    call("new", path)
    with open(os.path.join(path, "events.csv"), "w", encoding="utf-8") as file:
        file.write("event_id,frequency,primary_response\noutbreak,0.3," + ("50000" if own_cost else "") + "\n")
    with open(os.path.join(path, "scenarios.csv"), newline="", encoding="utf-8") as file:
        head, *rows = list(csv.reader(file))
    hits = {"scenario_id": "outbreak-servers", "assets": "class in server application", "event": "outbreak",
            "hit_probability": "0.5", "primary_response": "lognormal90 20000 600000"}
    head += ["event", "hit_probability"]
    with open(os.path.join(path, "scenarios.csv"), "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *(row + ["", ""] for row in rows), [hits.get(c, "") for c in head]])
    rewrite(os.path.join(path, "assets.csv"),
            lambda rows: [[*row[:3], "" if row[0] == "mail" else row[3], *row[4:]] for row in rows])
    group_by(path, "business_unit, class, business_unit*class, event")
    return path


def groups_without_a_name_are_named_in_words(folder):
    def groups(own_cost):
        place = os.path.join(folder, "own" if own_cost else "none")
        os.mkdir(place)
        out = call("show", run(first_study_with_events(place, own_cost), "run.h5", "--years", 20000), "--top", 40)[0]
        assert "(empty)" not in out
        heads = re.findall(r"(?m)^By (\S+)$", out)
        parts = re.split(r"(?m)^By \S+$", out)[1:]
        return {head: re.findall(r"(?m)^  (.*?)  ", part) + re.findall(r"(?m)^  (\(.* includes .*)$", part)
                for head, part in zip(heads, parts)}
    without, own = groups(False), groups(True)
    assert "(no business_unit)" in without["business_unit"]
    assert not any(name.startswith("(") for name in without["class"]), without["class"]
    assert "(no business_unit) * cloud-service" in without["business_unit*class"]
    assert "(no shared event)" in without["event"] and "outbreak" in without["event"]
    assert "(no business_unit)" in own["business_unit"]
    assert any(x.startswith("(no business_unit) includes what shared events themselves cost") for x in own["business_unit"])
    assert "(shared events' own costs)" in own["class"] and "(shared events' own costs)" in own["business_unit*class"]
    assert "(no shared event)" in own["event"]


def an_exact_aal_outside_the_range_is_explained_and_no_other(folder):
    path = os.path.join(folder, "study")
    call("new", path)
    told = 0
    for seed in range(22, 28): # the sample of 25 is one of the few
        file = run(path, "run.h5", "--years", 10000, "--seed", seed)
        facts = json.loads(call("show", file, "--json")[0])["headline"]
        off = (facts["aal_exact"] - facts["aal"]) / facts["aal_standard_error"]
        line = re.search(r"The exact AAL is ([\d.]+) standard errors (lower|higher), outside the range: by chance, one run in",
                         call("show", file)[0])
        assert (line is not None) == (abs(off) > 1.96), (seed, off)
        if line:
            told += 1
            assert line[1] == f"{abs(off):.1f}" and line[2] == ("lower" if off < 0 else "higher")
    assert told > 0


def show_csv_has_one_figure_a_row(folder):
    file = run(study(folder))
    rows = list(csv.DictReader(call("show", file, "--csv")[0].splitlines()))
    facts = json.loads(call("show", file, "--json")[0])
    aal = [x for x in rows if x["table"] == "portfolio" and x["measure"] == "aal"]
    assert len(aal) == 1 and float(aal[0]["value"]) == facts["summary"]["aal"]
    assert {x["annual_loss"] for x in rows} == {"events"}


def no_cell_of_a_csv_is_a_formula(folder):
    path = study(folder)
    def poison(rows):
        rows[0][1] = "=cmd|' /C calc'!A0"
        rows[1][1] = "@SUM(1)"
        rows[2][1] = "-2+3"
    rewrite(os.path.join(path, "scenarios.csv"), poison)
    names = [x["name"] for x in csv.DictReader(call("check", path, "--csv")[0].splitlines())]
    assert names[0] == "'=cmd|' /C calc'!A0" and names[1] == "'@SUM(1)" and names[2] == "'-2+3"


def a_name_sends_no_commands_to_the_terminal(folder):
    path = study(folder)
    rewrite(os.path.join(path, "scenarios.csv"),
            lambda rows: rows[0].__setitem__(1, "red \033[31m \u009b31m \u202e"))
    done = subprocess.run([LOSSMILL, "check", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode == DONE: # else the reader refuses such a name
        out, err = call("show", run(path), environment={"LC_ALL": "C.UTF-8"})
        assert not set("\033\u009b\u202e") & set(out + err)
    assert b"\033" not in done.stdout + done.stderr


# ---------------------------------------------------------------------------------- reproducibility


def threads_change_no_byte(folder):
    path = study(folder, 2000, 60)
    digests = {digest(run(path, f"{threads}.h5", "--threads", threads)) for threads in (1, 2, 3, 8)}
    assert len(digests) == 1


def instruction_sets_change_no_byte(folder):
    path = study(folder)
    best = digest(run(path))
    tried = 0
    for name in ("generic", "v2", "v3", "v4"):
        output = os.path.join(folder, name + ".h5")
        done = subprocess.run([LOSSMILL, "run", path, "-o", output, "-q", "--isa", name],
                              stderr=subprocess.PIPE, timeout=600)
        if done.returncode == USAGE:
            assert b"no such instruction set" in done.stderr
            continue
        assert digest(output) == best
        tried += 1
    assert tried > 0


def a_threat_added_changes_nothing(folder):
    path = study(folder)
    before = portfolio(run(path))
    rewrite(os.path.join(path, "threats.csv"), lambda rows: [["one-more", *rows[0][1:]], *rows])
    assert (before == portfolio(run(path, "after.h5"))).all()


def an_asset_added_changes_the_years_of_a_few_events(folder):
    path = study(folder, 300, 6)
    before = portfolio(run(path))
    rewrite(os.path.join(path, "assets.csv"),
            lambda rows: rows + [["one-more", *rows[0][1:]]])
    after = portfolio(run(path, "after.h5"))
    # one in 301 events may become the new asset's, and as many again are shoved aside
    changed = numpy.count_nonzero(before != after) / numpy.count_nonzero(before)
    assert 0 < changed < 0.1, changed


def an_event_beyond_the_limit_is_cut_and_counted(folder):
    path = os.path.join(folder, "study")
    call("new", path)
    with open(os.path.join(path, "scenarios.csv"), "w", encoding="utf-8") as file:
        file.write("scenario_id,assets,frequency,primary_response,primary_replacement,"
                   "secondary_probability,secondary_response\n"
                   "one-loss,*,0.5,1e14,,,\ntwo-forms,*,0.5,6e13,6e13,,\n"
                   "two-stages,*,0.5,6e13,,1,6e13\njust-below,*,0.5,9e13,,,\n")
    limit = 2.0**53 / 100
    with h5py.File(run(path), "r") as file:
        rate = dict(zip(file["scenario/scenario_id"].asstr()[:], file["scenario/aal"][:]))
        assert file["portfolio/largest_event"][:].max() == limit
        years = len(file["portfolio/annual_loss"])
        events = file["portfolio/event_count"][:].sum()
        # every event costs the limit, or 9e13 where it is just below
        below = round(rate.pop("just-below") * years / 9e13)
        assert round(sum(rate.values()) * years / limit) == file.attrs["capped_events"]
        assert below + file.attrs["capped_events"] == events
    assert "one-loss: the limit of one event's loss removes" in call("check", path)[0]


def more_years_keep_the_years_already_drawn(folder):
    path = study(folder)
    for column in ("annual_loss", "largest_event", "event_count"):
        short = portfolio(run(path, "short.h5", "--years", 20001), column)
        long = portfolio(run(path, "long.h5", "--years", 50000), column)
        assert len(short) == 20001 and len(long) == 50000
        assert numpy.array_equal(short, long[:20001])


def another_seed_is_another_sample(folder):
    path = study(folder)
    one, two = (portfolio(run(path, "run.h5", "--seed", seed)) for seed in (5, 6))
    assert not numpy.array_equal(one, two)
    assert numpy.array_equal(one, portfolio(run(path, "run.h5", "--seed", 5)))


def shuffled_rows_change_no_figure(folder):
    path = study(folder)
    group_by(path, "scenario_id")
    before = group_rows(run(path, "before.h5"), "scenario_id")
    for table in ("assets.csv", "threats.csv", "scenarios.csv"):
        rewrite(os.path.join(path, table), lambda rows: random.Random(1).shuffle(rows))
    after = group_rows(run(path, "after.h5"), "scenario_id")
    assert list(before) == list(after)
    assert all(numpy.array_equal(before[name], after[name]) for name in before)


def a_scenario_added_changes_no_other_years(folder):
    path = study(folder)
    group_by(path, "scenario_id")
    before = group_rows(run(path, "before.h5"), "scenario_id")
    rewrite(os.path.join(path, "scenarios.csv"),
            lambda rows: rows.insert(0, ["AAA", *rows[7][1:]]))
    after = group_rows(run(path, "after.h5"), "scenario_id")
    assert len(after) == len(before) + 1
    assert all(numpy.array_equal(before[name], after[name]) for name in before)
    assert not numpy.array_equal(after["AAA"], after["S008"]) # a stream of its own


# ---------------------------------------------------------------------------------- durability


def an_output_that_cannot_be_written_is_refused_at_once(folder):
    path = study(folder)
    started = time.monotonic()
    for output in (os.path.join(folder, "absent", "run.h5"), "/proc/run.h5", folder, "/dev/null"):
        out, err = call("run", path, "-o", output, "--years", 1000000000, status=SYSTEM)
        assert out == "" and err != ""
    assert time.monotonic() - started < 5
    assert os.path.exists("/dev/null") and not os.path.isfile("/dev/null")


def a_file_that_is_no_result_is_not_replaced(folder):
    path = study(folder)
    assets = os.path.join(path, "assets.csv")
    before = digest(assets)
    call("run", path, "-o", assets, status=SYSTEM)
    assert digest(assets) == before


def a_failed_run_leaves_the_old_result(folder):
    path = study(folder)
    file = run(path)
    before = digest(file)
    os.rename(os.path.join(path, "assets.csv"), os.path.join(folder, "away"))
    call("run", path, "-o", file, status=INPUT)
    assert digest(file) == before


def a_signal_stops_the_run_and_leaves_no_result(folder):
    path = study(folder, 2000, 3000)
    with open(os.path.join(path, "study.ini"), "a", encoding="utf-8") as file:
        file.write("detail = 0\n")
    group_by(path, "class")
    for number, delay in ((signal.SIGINT, 0.3), (signal.SIGINT, 1.5), (signal.SIGTERM, 2.5)):
        process = subprocess.Popen([LOSSMILL, "run", path, "-o", os.path.join(folder, "run.h5"),
                                    "--years", "2000000", "--threads", "2"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(delay)
        process.send_signal(number)
        started = time.monotonic()
        out, err = process.communicate(timeout=120)
        assert process.returncode == STOPPED, (process.returncode, out, err)
        assert time.monotonic() - started < 30
        assert b"stopped" in err and out == b""
        # a checkpoint, if a range of scenarios was over, and nothing else
        (folder / "run.h5.checkpoint").unlink(missing_ok=True)
        assert folder_listing(folder) == ["study"], (folder_listing(folder), err)


# ---------------------------------------------------------------------------------- studies of an unusual kind

BARE = {
    "study.ini": "[study]\ntitle = Bare\ncurrency = EUR\nyears = 1000\nseed = 1\n[report]\nreturn_periods = 2\nquantiles = 0.5\n",
    "assets.csv": "asset_id\na1\n",
    "threats.csv": "threat_id\nt\n",
    "scenarios.csv": "scenario_id,threat_id,assets,frequency,primary_response\ns1,t,*,0.5,100\n",
}
ODD = {
    "bare": {},
    "product": {"study_ini": BARE["study.ini"].replace("seed = 1", "seed = 1\nannual_loss = product")},
    # no variance, and so no standard error; an asset that nothing reaches, one that is skipped
    "heavy": {"study_ini": BARE["study.ini"].replace("seed = 1", "seed = 1\nas_of = 2026-01-01\nbad_assets = skip 2")
                           .replace("[report]", "[groups]\nby = class\n[report]"),
              "assets_csv": "asset_id,class,value,quantity\na1,x,10,1\na2,y,20,1\na3,,5,1\na4,x,much,1\n",
              "events_csv": "event_id,frequency,driver,primary_response\nworm,0.5,d,lomax 100 1.5\n",
              "drivers_csv": "driver,frequency\nd,2/3\n".replace("2/3", "uniform 0.5 1.5"),
              "scenarios_csv": "scenario_id,threat_id,assets,frequency,event,hit_probability,primary_response\n"
                               "s1,t,class=x,0.5,,,lomax 100 1.5\ns2,t,class=x,,worm,0.5,lomax 10 1.2\n"},
    "one": {"treatments_csv": "treatment_id,state,cost_annual\nlock,,5\n",
            "effects_csv": "treatment_id,scenarios,factor,operation,amount\nlock,*,frequency,multiply,0.5\n",
            "decisions_csv": "scenarios,option,decided_by,decided_on,review_by,maximum_aal\n"
                             "scenario_id=s1,retain,Ann,2025-01-01,2025-06-01,1\n",
            "study_ini": BARE["study.ini"].replace("seed = 1", "seed = 1\nas_of = 2026-01-01")},
}
# in which nothing happens: there is no loss to take a share of
ODD["nothing"] = ODD["one"] | {
    "events_csv": "event_id,frequency,primary_response\nworm,0,50\n",
    "scenarios_csv": "scenario_id,threat_id,assets,frequency,event,hit_probability,primary_response\n"
                     "s1,t,*,0,,,100\ns2,t,*,,worm,0.5,10\n",
    "insurance_csv": "treatment_id,policy,layer,limit\ncurrent,House,1,50\n",
    "appetite_csv": "scope,loss,probability\nportfolio,10,0.5\n"}


def every_command_has_words_for_the_least_and_the_oddest_of_studies(folder):
    for name, changed in ODD.items():
        path, runs, treated = folder_write(os.path.join(folder, name), BARE, **changed), [], name in ("one", "nothing")
        for number in (1, 2):
            runs.append(os.path.join(folder, f"{name}{number}.h5"))
            call("run", path, "-o", runs[-1], "--quiet", "--seed", number)
        page = os.path.join(folder, name + ".html")
        told = {}
        for arguments, status in (
                (["check", path], DONE), (["check", path, "--json"], DONE), (["check", path, "--csv"], DONE),
                (["check", path, "--json", "--csv"], USAGE), (["run", path, "-o", runs[0]], DONE),
                (["run", path, "-o", runs[0], "--json"], DONE), (["show", runs[0]], DONE), (["show", runs[0], "--json"], DONE),
                (["show", runs[0], "--csv"], DONE), (["show", runs[0], "--csv", "--json"], USAGE),
                (["report", runs[0], "-o", page, "--registers"], DONE), (["rank", runs[0]], DONE if treated else INPUT),
                (["rank", runs[0], "--json"], DONE if treated else INPUT),
                (["plan", runs[0], "--budget", "1k"], DONE if treated else INPUT),
                (["export", runs[0], "--register"], DONE), (["export", runs[0], "--treatment-plan"], DONE if treated else INPUT),
                (["verify", runs[0], "--no-simulation"], DONE), (["compare", *runs], DONE), (["compare", *runs, "--json"], DONE)):
            out, err = call(*arguments, status=status)
            assert (out == "") == (status != DONE or arguments[0] == "report"), (name, arguments)
            assert status == DONE or err.count("\n") in (1, 2), (name, err)
            assert not re.search(r"\bnan\b", out, re.I), (name, arguments, out)
            if "--json" in arguments and status == DONE:
                json.loads(out)
            told[" ".join(x for x in map(str, arguments) if x.startswith("--") or x == arguments[0])] = out
        with open(page, encoding="utf-8") as file:
            told["page"] = file.read()
        if name == "product":
            for key in ("check", "run", "show", "page"):
                assert "product" in told[key], (key, told[key])
        if name == "heavy":
            assert "SKIPPED" in told["check"] and "that no scenario reaches" in told["check"], told["check"]
        if name == "one":
            assert "review was due 2025-06-01" in told["check"], told["check"]


def whole_numbers_of_options_may_have_an_exponent(folder):
    path, output = folder_write(os.path.join(folder, "study"), BARE), os.path.join(folder, "run.h5")
    for text, years in (("2000", 2000), ("2e3", 2000), ("12e2", 1200), ("1000e0", 1000)):
        call("run", path, "-o", output, "--quiet", "--years", text)
        with h5py.File(output) as file:
            assert file.attrs["years"] == years, text
    for wrong in ("", "2e", "e3", "2e3x", "2.5e3", "-1", "1e99", "99999999999999999999", "0", "1e10"):
        call("run", path, "-o", output, "--quiet", "--years", wrong, status=USAGE)


def attribute(name, value, of="/"):
    def change(file):
        attributes = file[of].attrs
        del attributes[name]
        if value is not None:
            attributes[name] = value
    return change


def cell(path, value, at=0):
    def change(file):
        file[path][at] = value
    return change


def anew(path, make):
    def change(file):
        old = file[path][()]
        del file[path]
        make(file, path, old)
    return change


# What no run writes: (how, what is told).
FORGED = [
    (attribute("title", numpy.array([b"a", b"b"])), "attribute title of / is not one text"),
    (attribute("title", numpy.int64(1)), "attribute title of / is missing or of an unexpected type"),
    (attribute("years", numpy.array([1, 2])), "attribute years of / is not one number"),
    (attribute("years", numpy.int64(-5)), "attribute years is negative"),
    (attribute("years", None), "attribute years of / is missing"),
    (attribute("quantiles", numpy.full(2000, 0.5)), "attribute quantiles of / has too many values"),
    (attribute("resolution", numpy.array([0.0])), "resolution"),
    (attribute("resolution", numpy.array([numpy.inf])), "resolution"),
    (attribute("schema_version", numpy.int64(99)), "the file is of another schema version than"),
    (attribute("tvar_level", None, "/treatment"), "attribute tvar_level of /treatment is missing"),
    (cell("/portfolio/annual_loss", -1.0), "an amount of money is out of range"),
    (cell("/portfolio/annual_loss", 1e300), "an amount of money is out of range"),
    (cell("/portfolio/annual_loss", numpy.nan), "an amount of money is out of range"),
    (cell("/portfolio/event_count", -1), "a count is negative"),
    (cell("/tail/worst_years/year", 100000), "a year is out of range"),
    (cell("/tail/worst_years/year", -1), "a year is out of range"),
    (cell("/treatment/rank", 0), "a rank is out of range"),
    (cell("/treatment/rank", 99), "a rank is out of range"),
    (cell("/plan/chosen", 2, (0, 0)), "a flag is neither 0 nor 1"),
    (anew("/scenario/aal", lambda f, p, x: f.create_dataset(p, data=x.reshape(-1, 1, 1))),
     "/scenario/aal has neither one nor two dimensions"),
    (anew("/scenario/aal", lambda f, p, x: f.create_dataset(p, data=x[0])),
     "/scenario/aal has neither one nor two dimensions"),
    (anew("/scenario/aal", lambda f, p, x: f.create_dataset(p, data=x.astype(numpy.int16))),
     "/scenario/aal is of an unexpected type"),
    (anew("/scenario/aal", lambda f, p, x: f.create_dataset(p, data=x.astype([("x", float)]))),
     "/scenario/aal is of an unexpected type"),
    (anew("/scenario/scenario_id", lambda f, p, x: f.create_dataset(p, data=[y.decode() for y in x], dtype=h5py.string_dtype())),
     "/scenario/scenario_id is of an unexpected type"),
    (anew("/scenario/aal", lambda f, p, x: f.create_dataset(p, data=x, external=[("other.bin", 0, h5py.h5f.UNLIMITED)])),
     "/scenario/aal is not stored in the file"),
    (anew("/scenario/aal", lambda f, p, x: f.create_dataset(p, data=x, chunks=True, compression="lzf")),
     "/scenario/aal is not stored in the file, or in a way that lossmill does not write"),
    (anew("/scenario/aal", lambda f, p, x: f.create_dataset(p, shape=(1 << 40,), dtype=float, chunks=(1024,))),
     "/scenario/aal claims more cells than the file can hold"),
    (anew("/scenario/aal", lambda f, p, x: f.create_group(p)),
     "/scenario/aal is not a dataset"),
    (anew("/scenario/aal", lambda f, p, x: f.__setitem__(p, h5py.SoftLink("/scenario/sd"))),
     "/scenario/aal is missing"),
    (anew("/scenario/aal", lambda f, p, x: f.__setitem__(p, h5py.ExternalLink("other.h5", "/x"))),
     "/scenario/aal is missing"),
]


def what_no_run_writes_is_refused_by_name(folder):
    run_file, copy = os.path.join(folder, "run.h5"), os.path.join(folder, "copy.h5")
    call("run", folder_write(os.path.join(folder, "study"), BARE, **ODD["one"]), "-o", run_file, "--quiet")
    for change, told in FORGED:
        shutil.copy(run_file, copy)
        with h5py.File(copy, "r+") as file:
            change(file)
        out, err = call("show", copy, status=INPUT)
        assert out == "" and err.startswith(copy) and told in err and err.count("\n") == 1, (told, err)


claims_try(globals())
