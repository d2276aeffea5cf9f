#!/usr/bin/env python3
"""lossmill fit, with the real binary: test_fit.py PATH_TO_lossmill

What fits should be was computed by R: tests/data/fit.R says how. The tables of the actuarial literature are
not ours to ship; where their folder stands beside the checkout, or LOSSMILL_ACTUARIAL names it, fits are
compared with published figures too. The last line of the output is 'N passed, N failed'.
"""

import csv
import json
import math
import os
import pathlib
import re
import shutil
import xml.etree.ElementTree

from program import INPUT, ROOT, SYSTEM, USAGE, call, claims_try

DATA = ROOT / "tests" / "data"
ACTUARIAL = pathlib.Path(os.environ.get("LOSSMILL_ACTUARIAL") or ROOT.parent / "shared" / "data" / "actuarial")

# Five digits of what a search finds. R's errors come from differences of fewer digits, and some of its
# searches end a little early, which a flat likelihood shows in the parameters.
NEAR, NEAR_ERROR = 5e-6, 2e-4


# ---------------------------------------------------------------------------------- helpers


def fit(path, column, *more):
    return json.loads(call("fit", path, "--column", column, "--json", *more)[0])


def write(folder, text, name="data.csv"):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return path


def by_law(found):
    return {row["law"]: row for row in found["fits"]}


def figures(row):
    """A fit's figures, by the names that reference tables have."""
    found = {key: value for key, value in row.items() if isinstance(value, (int, float))}
    for parameter in row.get("parameters", []):
        found[parameter["name"]] = parameter["value"]
        found["se_" + parameter["name"]] = parameter["standard_error"]
    return found


def reference(case):
    laws = {}
    with open(DATA / "fit_reference.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["case"] == case:
                laws.setdefault(row["law"], {})[row["name"]] = float(row["value"])
    assert laws, case
    return laws


def agrees(case, found):
    for law, expected in reference(case).items():
        have = figures(found[law])
        for name, value in expected.items():
            error = name.startswith("se_") or name.endswith("_error")
            difference = abs(have[name] - value) / abs(value)
            assert difference < (NEAR_ERROR if error else NEAR), (case, law, name, have[name], value)


def near(value, published):
    """`published` is text: as many digits as it has."""
    digits = len(published.partition(".")[2])
    assert abs(value - float(published)) <= 0.5001 * 10.0 ** -digits, (value, published)


# ---------------------------------------------------------------------------------- against R


def complete_losses_agree_with_fitdistrplus(folder):
    agrees("loss", by_law(fit(DATA / "fit_losses.csv", "loss")))
    agrees("share", by_law(fit(DATA / "fit_losses.csv", "share")))


def censored_losses_agree_with_fitdistrplus(folder):
    agrees("paid", by_law(fit(DATA / "fit_losses.csv", "paid", "--censored-column", "capped")))


def losses_recorded_above_a_bound_of_each_row_agree_with_r(folder):
    agrees("reported", by_law(fit(DATA / "fit_losses.csv", "reported", "--truncated-below", "deductible")))


def a_tail_agrees_with_evd(folder):
    agrees("tail", {"gpd": fit(DATA / "fit_losses.csv", "loss", "--threshold", "50k")["tail"]["gpd"]})


def counts_agree_with_fitdistrplus_and_mass(folder):
    agrees("counts", by_law(fit(DATA / "fit_counts.csv", "incidents", "--counts")))
    exposed = fit(DATA / "fit_counts.csv", "incidents", "--counts", "--exposure", "devices")
    laws = by_law(exposed)
    laws["poisson"]["pearson"] = exposed["pearson"]
    agrees("exposed", laws)


def fits_agree_with_the_literature(folder):
    """Danish fire losses: the vignette of fitdistrplus, and McNeil (ASTIN Bulletin 27, 1997) as in evir."""
    if not ACTUARIAL.is_dir():
        print(f"SKIPPED: {ACTUARIAL} is not there, so that nothing is compared with the literature")
        return
    danish = ACTUARIAL / "danish_fire_multi.csv"
    found = fit(danish, "Total", "--threshold", "10")
    lognormal, lomax = (figures(by_law(found)[law]) for law in ("lognormal", "lomax"))
    near(lognormal["MU"], "0.78695")
    near(lognormal["SIGMA"], "0.71655")
    near(lognormal["log_likelihood"], "-4057.897")
    near(lomax["SHAPE"], "5.36893")
    near(lomax["SCALE"], "13.84132")
    gpd = figures(found["tail"]["gpd"])
    near(gpd["SHAPE"], "0.497")
    near(gpd["SCALE"], "6.975")
    near(gpd["log_likelihood"], "-374.893")
    assert found["tail"]["above"] == 109
    # computed with R 4.2.2: fitdistrplus 1.1-8, optim for the truncated one
    losses = by_law(fit(ACTUARIAL / "lossalae.csv", "Loss", "--censored-column", "capped"))
    for law, name, value in (("lognormal", "MU", "9.39228"), ("lognormal", "SIGMA", "1.66701"),
                             ("lognormal", "log_likelihood", "-16535.196"), ("lomax", "SHAPE", "1.13485"),
                             ("weibull", "SHAPE", "0.61886"), ("gamma", "SHAPE", "0.49702")):
        near(figures(losses[law])[name], value)
    fires = by_law(fit(ACTUARIAL / "norwegian_fire.csv", "Loss", "--truncated-below", "500"))
    for law, name, value in (("lognormal", "MU", "3.6313"), ("lognormal", "SIGMA", "1.9706"),
                             ("lognormal", "log_likelihood", "-73879.790"), ("weibull", "SHAPE", "0.17167"),
                             ("weibull", "log_likelihood", "-73889.150")):
        near(figures(fires[law])[name], value)
    counts = by_law(fit(ACTUARIAL / "counts_danish_monthly.csv", "danish", "--counts"))
    near(counts["negbinomial"]["k"], "25.3243")
    near(counts["negbinomial"]["log_likelihood"], "-401.177")
    near(counts["poisson"]["log_likelihood"], "-411.581")


# ---------------------------------------------------------------------------------- what it prints


def every_cell_is_accepted_by_a_study(folder):
    """Severities and frequencies as they are printed, in scenarios of a study beside the data."""
    study = os.path.join(folder, "study")
    call("new", study)
    shutil.copy(DATA / "fit_losses.csv", study)
    complete = fit(os.path.join(study, "fit_losses.csv"), "loss", "--threshold", "90%", "--cap", "5M")
    bounded = fit(DATA / "fit_losses.csv", "loss", "--truncated-below", "3", "--truncated-above", "2M")
    cells = [row["cell"] for row in complete["fits"] + bounded["fits"]]
    cells += [complete["data"]["cell"], complete["tail"]["spliced_cell"], complete["tail"]["joined"]["cell"]]
    counts = fit(DATA / "fit_counts.csv", "fires", "--counts")["fits"]
    assert len(cells) > 13 and all(cells) and len(counts) == 2
    rows = [f"s{i},class=server,{cell},1," for i, cell in enumerate(cells)]
    for row in counts:
        for frequency in (row["frequency"], row["frequency_uncertain"]):
            rows.append(f"c{len(rows)},class=server,100,{frequency},{row['counts']}")
    with open(os.path.join(study, "scenarios.csv"), "w", encoding="utf-8") as file:
        file.write("scenario_id,assets,primary_response,frequency,counts\n" + "\n".join(rows) + "\n")
    out, _ = call("check", study)
    assert f"s{len(cells) - 1}" in out


def the_best_law_stands_first_and_a_sentence_says_so(folder):
    out, err = call("fit", DATA / "fit_losses.csv", "--column", "loss")
    assert err == ""
    rows = [line.split()[0] for line in out.partition("Laws by AIC")[2].splitlines()[2:9]]
    assert rows[:3] == ["lognormal", "lomax", "weibull"], rows
    assert "lognormal describes these losses best: its AIC is 5.04 below" in out
    assert "9.6287 ± 0.10," in out and "lognormal 9.628719 1.422016" in out
    assert "empirical fit_losses.csv:loss" in out


def the_same_data_give_the_same_bytes(folder):
    arguments = ["fit", DATA / "fit_losses.csv", "--column", "loss", "--threshold", "90%"]
    assert call(*arguments) == call(*arguments)
    for name in "ab":
        call(*arguments, "--plot", os.path.join(folder, name + ".svg"))
    with open(os.path.join(folder, "a.svg"), "rb") as a, open(os.path.join(folder, "b.svg"), "rb") as b:
        assert a.read() == b.read()


def the_order_of_rows_changes_nothing(folder):
    with open(DATA / "fit_losses.csv", encoding="utf-8") as file:
        head, *rows = file.read().splitlines()
    path = write(folder, "\n".join([head, *reversed(rows)]) + "\n", "fit_losses.csv")
    for more in ([], ["--censored-column", "capped"], ["--truncated-below", "1"]):
        column = "paid" if "capped" in more else "loss"
        assert fit(path, column, *more)["fits"] == fit(DATA / "fit_losses.csv", column, *more)["fits"]


def a_share_is_a_threshold_too(folder):
    tail = fit(DATA / "fit_losses.csv", "loss", "--threshold", "80%")["tail"]
    assert tail["above"] == 40 and abs(tail["share"] - 0.2) < 1e-12
    assert tail == fit(DATA / "fit_losses.csv", "loss", "--threshold", f"{tail['threshold']:.0f}")["tail"]


def a_threshold_may_be_where_records_begin(folder):
    arguments = ["loss", "--threshold", "300", "--truncated-below", "300"]
    tail = fit(DATA / "fit_losses.csv", *arguments)["tail"]
    assert tail["above"] == 200 and tail["share"] == 1 and "joined" not in tail
    assert tail["spliced_cell"] is None and tail["gpd"]["cell"].startswith("gpd 300 ")
    tail = fit(DATA / "fit_losses.csv", "reported", "--threshold", "2k", "--truncated-below", "deductible")["tail"]
    assert "joined" not in tail and tail["gpd"]["cell"].startswith("gpd 2000 ")


def the_joined_law_counts_all_losses(folder):
    """Its log-likelihood, from the parts that the report has."""
    tail = fit(DATA / "fit_losses.csv", "loss", "--threshold", "90%")["tail"]
    n, k = 200, tail["above"]
    parts = tail["body"]["log_likelihood"] + tail["gpd"]["log_likelihood"]
    parts += k * math.log(k / n) + (n - k) * math.log(1 - k / n)
    assert abs(tail["joined"]["log_likelihood"] - parts) < 1e-8


def pictures_are_whole_and_need_no_network(folder):
    for name in ("fit.svg", "fit.html"):
        path = os.path.join(folder, name)
        call("fit", DATA / "fit_losses.csv", "--column", "loss", "--threshold", "90%", "--plot", path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        svg = xml.etree.ElementTree.fromstring(text[text.index("<svg "):text.index("</svg>") + 6])
        assert len(svg.findall(".//{*}circle")) > 500 and len(svg.findall(".//{*}path")) >= 6
        assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
        assert "nan" not in text and "inf" not in text.lower().replace("infinite", "")
        assert os.stat(path).st_mode & 0o077 == 0
        call("fit", DATA / "fit_losses.csv", "--column", "loss", "--plot", path)  # replaces its own kind
    path = write(folder, "precious", "other.svg")
    call("fit", DATA / "fit_losses.csv", "--column", "loss", "--plot", path, status=SYSTEM)
    with open(path, encoding="utf-8") as file:
        assert file.read() == "precious"


def a_column_name_is_no_markup(folder):
    name = "<script>&\"'"
    path = write(folder, "\"<script>&\"\"'\"\n" + "\n".join(str(3 + i * i) for i in range(20)) + "\n")
    picture = os.path.join(folder, "fit.svg")
    call("fit", path, "--column", name, "--plot", picture)
    with open(picture, encoding="utf-8") as file:
        text = file.read()
    assert "<script" not in text and "&lt;script&gt;" in text
    xml.etree.ElementTree.fromstring(text)


# ---------------------------------------------------------------------------------- what to be careful with


def notes_of(found):
    return " ".join(found["notes"])


def degenerate_fits_are_named(folder):
    light = write(folder, "loss\n" + "\n".join(str(100 + i) for i in range(60)) + "\n")
    found = fit(light, "loss")
    assert {"law": "lomax", "reason": "exponential_limit"} in found["not_fitted"]
    assert "lomax is left out: the best of its kind is its limit" in notes_of(found)
    assert "--truncated-below" in call("fit", light, "-c", "loss", "--laws", "pareto")[0]
    equal = fit(write(folder, "loss\n" + "5\n" * 30), "loss")
    assert equal["fits"] == [] and "All losses are equal" in notes_of(equal)
    alone = fit(write(folder, "loss\n7\n9\n"), "loss")
    assert "2 losses tell little" in notes_of(alone)
    ties = fit(write(folder, "loss\n" + "\n".join(str(i % 7 * 10 + 10) for i in range(70)) + "\n"), "loss")
    assert "One value stands 10 times in 70" in notes_of(ties)


def an_infinite_mean_asks_for_a_cap(folder):
    heavy = write(folder, "loss\n" + "\n".join(f"{1000 * ((i + 0.5) / 200) ** -1.4:.2f}" for i in range(200)) + "\n")
    found = fit(heavy, "loss", "--laws", "pareto")
    assert found["fits"][0]["mean"] is None and "What can one loss cost at most" in notes_of(found)
    capped = fit(heavy, "loss", "--laws", "pareto", "--cap", "2M")
    assert capped["fits"][0]["cell"].endswith(" cap 2000000") and capped["fits"][0]["mean"] > 1000
    assert "at most" not in notes_of(capped)


def truncation_says_which_frequency_goes_with_the_cell(folder):
    found = fit(DATA / "fit_losses.csv", "loss", "--truncated-below", "3")
    best = found["fits"][0]
    assert best["cell"].endswith(" from 3") and 0.9 < best["recorded_share"] < 1
    assert "go with a frequency of those" in notes_of(found)
    complete = fit(DATA / "fit_losses.csv", "loss")["fits"][0]
    assert complete["recorded_share"] == 1 and "from" not in complete["cell"]


def empty_cells_are_left_out_and_told_of(folder):
    found = fit(write(folder, "loss,note\n10,a\n,b\n20,c\n30,d\n\"\",e\n"), "loss")
    assert found["data"]["losses"] == 3 and found["data"]["left_out"] == 2
    assert "2 rows without a value are left out" in notes_of(found)


def periods_make_a_year(folder):
    monthly = by_law(fit(DATA / "fit_counts.csv", "incidents", "--counts", "--periods", "12"))
    poisson, wide = monthly["poisson"], monthly["negbinomial"]
    assert abs(float(poisson["frequency"]) / (12 * poisson["rate"]) - 1) < 1e-5
    assert wide["counts"].startswith("negbinomial ")
    assert abs(float(wide["counts"].split()[1]) / (12 * wide["k"]) - 1) < 1e-4
    fires = fit(DATA / "fit_counts.csv", "fires", "--counts")
    assert [row["law"] for row in fires["fits"]] == ["at_most_once", "poisson"]
    assert "no more than Poisson" in fires["verdict"]


# ---------------------------------------------------------------------------------- wrong input


def every_wrong_cell_is_reported_at_once(folder):
    path = write(folder, "loss,low,open,high\n"
                         "100,10,no,\n"
                         "-5,10,no,\n"
                         "0,10,no,\n"
                         "12 %,10,no,\n"
                         "\"1,5\",10,no,\n"
                         "EUR 50k,10,perhaps,\n"
                         "5,10,yes,\n"
                         "500,10,no,200\n"
                         "1e300,x,no,\n"
                         "nan,10,no,\n"
                         "60,-1,no,\n")
    _, err = call("fit", path, "-c", "loss", "--truncated-below", "low", "--truncated-above", "high",
                  "--censored-column", "open", status=INPUT)
    for line, column, text in ((3, "loss", "a loss above 0 expected"), (4, "loss", "a loss above 0 expected"),
                               (5, "loss", "percentage"), (6, "loss", "1.5"), (7, "loss", "50000"),
                               (7, "open", "yes (or 1, true)"), (8, "loss", "below --truncated-below"),
                               (9, "loss", "above --truncated-above"), (10, "loss", "1e-9 to 1e15"),
                               (10, "low", "an amount, 0 or more"), (11, "loss", "a loss above 0"),
                               (12, "low", "0 or more")):
        found = [row for row in err.splitlines() if row.startswith(f"{path}:{line}: {column}: ")]
        assert len(found) == 1 and text in found[0], (line, column, text, err)


def what_counts_leave_open_is_said_in_words(folder):
    wide = write(folder, "n,x\n" + "".join(f"{n},1\n" for n in ["0", "0", "9", "1", "0", "14", "0", "2", ""] * 4), "wide.csv")
    out = " ".join(call("fit", wide, "--column", "n", "--counts", "--periods", "12")[0].split())
    assert "K of a year takes its periods as independent" in out and "Rows without a value are left out: 4." in out
    assert "The counts vary more than Poisson ones would" in out and "negbinomial" in out
    few = write(folder, "n,at\n0,2\n1,2\n0,2\n1,2\n0,2\n", "few.csv")
    out, _ = call("fit", few, "--column", "n", "--counts")
    assert "5 periods tell little of how counts vary." in out and "negbinomial has no best K" in out
    assert by_law(fit(few, "n", "--counts"))["at_most_once"]["counts"] == "at_most_once"
    # of twelve periods at most once each, the year has no such cell
    monthly = by_law(fit(few, "n", "--counts", "--periods", "12"))["at_most_once"]
    assert monthly["counts"] is None and monthly["frequency_uncertain"] is None
    out, _ = call("fit", few, "--column", "n", "--counts", "--periods", "12", "--exposure", "at")
    assert "Cells to paste: a year, per unit of exposure" in out


def wrong_counts_are_reported(folder):
    path = write(folder, "n,size\n3,1\n2.5,1\n-1,1\n4,0\n5,\n")
    _, err = call("fit", path, "-c", "n", "--counts", "--exposure", "size", status=INPUT)
    for line, text in ((3, "whole number"), (4, "whole number"), (5, "exposure above 0"), (6, "exposure above 0")):
        assert re.search(rf":{line}: .*{text}", err), (line, err)
    _, err = call("fit", write(folder, "n\n0\n0\n"), "-c", "n", "--counts", status=INPUT)
    assert "no period has an incident" in err


def files_that_are_none_are_reported(folder):
    _, err = call("fit", os.path.join(folder, "absent.csv"), "-c", "loss", status=INPUT)
    assert "No such file" in err
    _, err = call("fit", folder, "-c", "loss", status=INPUT)
    assert "cannot be read" in err
    for text, expected in (("", ""), ("loss\n", "at least 2 losses"), ("loss\n5\n", "at least 2 losses"),
                           ("loss\n1\n2\n\"3\n", ""), ("a\0b\n\1\n", ""), ("loss,loss\n1,2\n", "")):
        _, err = call("fit", write(folder, text), "-c", "loss", status=INPUT)
        assert expected in err and "data.csv" in err, (text, err)
    _, err = call("fit", write(folder, "Loss amount,id\n5,1\n6,2\n"), "-c", "loss_amount", status=INPUT)
    assert "did you mean 'Loss amount'?" in err


def thresholds_that_cannot_be_are_reported(folder):
    for threshold, expected in (("10M", "0 losses lie above"), ("high", "takes an amount or a share"),
                                ("120%", "takes an amount or a share"), ("99%", "10 at least")):
        _, err = call("fit", DATA / "fit_losses.csv", "-c", "loss", "--threshold", threshold, status=INPUT)
        assert expected in err, (threshold, err)
    _, err = call("fit", DATA / "fit_losses.csv", "-c", "loss", "--threshold", "2", "--truncated-below", "3",
                  status=INPUT)
    assert "outside of what would be recorded" in err


def wrong_usage_is_explained(folder):
    data = DATA / "fit_losses.csv"
    for arguments, expected in (([data], "--column"), ([data, "-c", "loss", "--laws", "lognorml"], "lognormal"),
                                ([data, "-c", "loss", "--laws", "cauchy,gamma"], "no law \"cauchy\""),
                                ([data, "-c", "loss", "--cap", "much"], "an amount"),
                                ([data, "-c", "loss", "--periods", "12"], "--counts"),
                                ([data, "-c", "loss", "--counts", "--threshold", "5"], "--counts"),
                                ([data, "-c", "loss", "--encoding", "latin"], "windows-1252"),
                                ([data, "-c", "loss", "--truncated", "5"], "several options")):
        _, err = call("fit", *arguments, status=USAGE)
        assert expected in err, (arguments, err)


def other_ways_of_writing_are_read(folder):
    plain = fit(write(folder, "loss\n10.5\n20.25\n7\n90\n"), "loss")["fits"]
    comma = write(folder, "id;loss\n1;10,5\n2;20,25\n3;7\n4;90\n", "comma.csv")
    assert fit(comma, "loss", "--decimal-comma")["fits"] == plain
    old = os.path.join(folder, "old.csv")
    with open(old, "wb") as file:
        file.write("Schäden\r\n10.5\r\n20.25\r\n7\r\n90\r\n".encode("windows-1252"))
    assert fit(old, "Schäden", "--encoding", "windows-1252")["fits"] == plain
    assert "--encoding windows-1252" in call("fit", old, "-c", "Schäden", status=INPUT)[1]
    assert "--decimal-comma" in call("fit", comma, "-c", "loss", status=INPUT)[1]


claims_try(globals())
