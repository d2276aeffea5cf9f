#!/usr/bin/env python3
"""verify with the real binary, end to end: test_verify.py PATH_TO_lossmill

Every function whose name is a claim is one test; it gets a fresh folder. They share the run of a small study
that has everything: shared events, a driver, treatments, insurance, an appetite. The last line of the output is
'N passed, N failed'.
"""

import hashlib
import json
import pathlib
import shutil
import signal
import subprocess
import time

import h5py
import numpy as np

from program import (DATASETS, DONE, FULL, INPUT, LOSSMILL, NO, QUICK, SHARED, STOPPED, SYSTEM, USAGE, call, claims_try,
                     folder_write, tries)
from treated import TREATED

BLOCK = 8192

STUDY = TREATED | {
    "study.ini": """[study]
title = Verified
currency = EUR
years = 20000
seed = 5
[groups]
by = class, scenario_id*class
[report]
return_periods = 2, 10, 100
quantiles = 0.5, 0.9, 0.99
""",
    "threats.csv": "threat_id,name\ncrime,Organised crime\n",
    "drivers.csv": "driver,frequency\nbad-years,lognormal -0.125 0.5\n",
    "scenarios.csv": """scenario_id,threat_id,effect,assets,event,hit_probability,frequency,frequency_per,driver,primary_response,secondary_probability,secondary_fines
theft,crime,C|A,class=laptop,,,0.02,unit,bad-years,lognormal90 500 4000,,
fraud,crime,I,class=application,,,2,,,lognormal90 1000 60000,0.1,5000
outbreak,,A,class=server,worm,0.5,,,,lognormal90 5000 50000,,
""",
    "events.csv": """event_id,frequency,driver,hit_correlation,primary_response
worm,0.1,bad-years,0.6,lognormal90 20000 200000
""",
    "appetite.csv": """scope,loss,probability
portfolio,100000,0.25
class=server,1000000,0.05
""",
}
NO_TREATMENTS = {"treatments_csv": None, "effects_csv": None, "insurance_csv": None, "appetite_csv": None}


# ---------------------------------------------------------------------------------- helpers


def verify(run, *more, status=DONE):
    facts = json.loads(call("verify", run, *more, "--json", status=status)[0])
    assert facts["verified"] == (status == DONE)
    return facts


def failed(facts):
    return {x["check"]: x for x in facts["checks"] if x["state"] in ("failed", "not proven")}


def objects(facts, section=None):
    """What the findings name."""
    return {x["object"] for c in facts["checks"] for x in c["findings"] if section in (None, c["section"])}


def run_of(folder, name="study", *more, **changed):
    output = folder / (name + ".h5")
    call("run", folder_write(folder / name, STUDY, **changed), "-o", output, "--quiet", *more)
    return output


SHARED_RUN = SHARED / "study.h5"


def shared_study():
    if not SHARED_RUN.exists():
        run_of(SHARED)
    return SHARED / "study"


def copy_of_run(folder, name="copy.h5"):
    shared_study()
    return pathlib.Path(shutil.copy(SHARED_RUN, folder / name))


def datasets(file):
    found = {}
    file.visititems(lambda name, x: found.__setitem__("/" + name, x) if isinstance(x, h5py.Dataset) else None)
    return found


def seal(file):
    """As a careful forger would: the hash of the contents is made to agree."""
    lines = sorted((path.encode(), hashlib.sha256(np.ascontiguousarray(x[()]).tobytes()).hexdigest().encode())
                   for path, x in datasets(file).items())
    digest = hashlib.sha256(b"".join(h + b"  " + p + b"\n" for p, h in lines)).hexdigest()
    file.attrs.modify("content_sha256", np.array(digest.encode(), dtype=file.attrs.get_id("content_sha256").dtype))


def next_value(value, dtype):
    """The least that can change."""
    if dtype.kind == "f":
        return 1.0 if not np.isfinite(value) else np.nextafter(value, np.inf)
    if dtype.kind == "S":
        return (b"x" if value[:1] != b"x" else b"y") + value[1:]
    return 1 - value if dtype == np.uint8 and value < 2 else value + 1 if value < 100 else value - 1


def alter(path, dataset, change=next_value):
    with h5py.File(path, "r+") as file:
        cells = file[dataset]
        at = tuple(n // 2 for n in cells.shape)
        cells[at] = change(cells[at], cells.dtype)
        seal(file)
    return at


# ---------------------------------------------------------------------------------- what is good


def a_run_is_verified_to_the_byte(folder):
    facts = verify(copy_of_run(folder))
    assert facts["same_bytes"] and facts["simulated"] == "all" and not failed(facts)
    assert facts["years"] == 20000 and facts["seed"] == 5 and len(facts["content_sha256"]) == 64
    out, err = call("verify", SHARED_RUN, shared_study())
    assert "Verified: the file is what its study gives." in out and err == "" and "FAILED" not in out
    assert max(map(len, out.splitlines())) <= 100


def an_example_study_is_verified(folder):
    """The other one is in the README, and so in test_readme.py."""
    run, study = folder / "run.h5", DATASETS / "hospital-group"
    call("run", study, "-o", run, "--years", 10000, "--quiet")
    facts = verify(run, study, *(["--sample", "1"] if QUICK else []))
    assert QUICK or facts["same_bytes"]


def other_years_seeds_and_threads_are_verified(folder):
    run = run_of(folder, "other", "--years", 9000, "--seed", 77, "--threads", 1, **NO_TREATMENTS)
    assert verify(run, "--threads", 3)["same_bytes"]
    assert verify(run, "--isa", "v2")["same_bytes"]


def current_insurance_and_existing_treatments_are_verified(folder):
    insured = run_of(folder, "insured", insurance_csv="treatment_id,policy,layer,retention,limit,share\n"
                                                      "current,cyber,1,20000,500000,0.9\n"
                                                      "cover,more,1,50000,500000,0.9\n",
                     treatments_csv=STUDY["treatments.csv"].replace("zones,Zones,modify,approved", "zones,Zones,modify,existing"),
                     scenarios_csv=STUDY["scenarios.csv"].replace("secondary_fines\n", "secondary_fines,stated\n")
                     .replace(",,\n", ",,,inherent\n").replace(",0.1,5000\n", ",0.1,5000,\n"))
    assert verify(insured)["same_bytes"]
    verify(insured, "--sample", 2)
    with h5py.File(insured) as file:
        assert "annual_loss_gross" in file["portfolio"] and b"existing" in file["treatment/state"][:]
    at = alter(insured, "/portfolio/annual_loss", lambda x, _: x - 0.01 if x > 0 else x + 0.01)
    facts = verify(insured, "--blocks", at[0] // BLOCK, status=NO)
    assert "/portfolio/annual_loss" in objects(facts, "Simulated again")
    facts = verify(insured, "--no-simulation", status=NO)
    assert objects(facts) & {"/summary/aal", "/portfolio/annual_loss"}


def product_mode_is_verified(folder):
    study = folder / "first"
    call("new", study)
    ini = study / "study.ini"
    ini.write_text(ini.read_text().replace("[study]", "[study]\nannual_loss = product", 1))
    run = folder / "first.h5"
    call("run", study, "-o", run, "--years", 10000, "--quiet")
    assert verify(run)["same_bytes"]
    verify(run, "--sample", "1")


# ---------------------------------------------------------------------------------- what differs


def every_dataset_altered_by_the_least_is_named(folder):
    run, copy = run_of(folder, "short", "--years", 1000), folder / "copy.h5"
    with h5py.File(run) as file:
        paths = [path for path, x in datasets(file).items() if x.size > 0]
    assert len(paths) > 150
    unnoticed = []
    for path in paths[::len(paths) // tries(40, len(paths))]:
        shutil.copy(run, copy)
        at = alter(copy, path)
        facts = verify(copy, status=NO)
        named = objects(facts)
        name = path.split("/")[-1] if path.startswith("/study/") else path
        if name not in named:
            unnoticed.append(path)
        assert "contents against content_sha256" not in failed(facts), path
        for check in facts["checks"]: # not only which, but where and what
            for x in check["findings"]:
                if x["object"] == path and check["section"] == "Simulated again":
                    assert x["differing"] == 1 and len(x["first"]) == 1 and x["first"][0]["found"] != x["first"][0]["expected"], (path, x)
                    if path in ("/portfolio/annual_loss", "/event/annual_loss", "/treatment/annual_loss"):
                        assert f"year {at[-1]}" in x["first"][0]["where"], x
    assert not unnoticed, unnoticed


def the_hash_tells_what_is_not_sealed(folder):
    copy = copy_of_run(folder)
    with h5py.File(copy, "r+") as file:
        file["/asset/aal"][0] *= 1.5
    facts = verify(copy, "--no-simulation", status=NO)
    assert "contents against content_sha256" in failed(facts) and "/ @content_sha256" in objects(facts)


def every_attribute_altered_is_named(folder):
    changes = {
        ("/", "title"): b"Other", ("/", "seed"): None, ("/", "resolution"): None, ("/", "detail"): None,
        ("/summary/aal", "units"): b"USD", ("/summary/aal", "long_name"): b"worst", ("/treatment", "objective"): b"none",
        ("/group/class", "column"): b"klass", ("/portfolio/annual_loss", "DIMENSION_LIST"): None,
        ("/study/assets.csv", "sha256"): b"0" * 64, ("/", "engine_version"): b"9.9",
    }
    for (path, name), value in changes.items():
        copy = copy_of_run(folder)
        with h5py.File(copy, "r+") as file:
            attributes = file[path].attrs
            if name == "DIMENSION_LIST":
                file[path].dims[0].detach_scale(file["/portfolio/year"])
            elif value is None:
                attributes.modify(name, attributes[name] * 2)
            else:
                attributes[name] = np.bytes_(value)
        if name == "engine_version": # told, and no difference
            assert "9.9" in call("verify", copy)[0]
            continue
        # years and seed are what the run is simulated again with: other ones give other figures
        named = objects(verify(copy, status=NO), "Simulated again")
        assert ("/portfolio/annual_loss" if name == "seed" else f"{path} @{name}") in named, (path, name, named)
    copy = copy_of_run(folder)
    with h5py.File(copy, "r+") as file:
        file["/summary/aal"].attrs["note"] = "approved by the auditor"
        del file["/summary/sd"].attrs["units"]
    assert {"/summary/aal @note", "/summary/sd @units"} <= objects(verify(copy, status=NO))


def objects_added_and_removed_are_named(folder):
    copy = copy_of_run(folder)
    with h5py.File(copy, "r+") as file:
        file["/portfolio/better"] = file["/portfolio/annual_loss"][:] / 2
        file["/elsewhere"] = h5py.SoftLink("/summary")
        del file["/plan/sd"]
    named = objects(verify(copy, status=NO))
    assert {"/portfolio/better", "/elsewhere", "/plan/sd"} <= named, named


def inputs_that_were_altered_are_named(folder):
    copy = copy_of_run(folder)
    with h5py.File(copy, "r+") as file:
        file["/study/scenarios.csv"][40] ^= 1
    facts = verify(copy, status=NO)
    assert "scenarios.csv" in objects(facts) and "every array, bit by bit" in failed(facts)
    assert failed(facts)["every array, bit by bit"]["state"] == "not proven"
    # the folder still has the files of the run: they are simulated instead
    facts = verify(copy, shared_study(), status=NO)
    assert objects(facts, "Simulated again") == {"/study/scenarios.csv"}


def a_forged_input_with_its_hash_gives_other_figures(folder):
    copy = copy_of_run(folder)
    with h5py.File(copy, "r+") as file:
        text = STUDY["scenarios.csv"].replace("fraud,crime,I,class=application,,,2,", "fraud,crime,I,class=application,,,3,").encode()
        file["/study/scenarios.csv"][:] = np.frombuffer(text, np.uint8)
        digest = hashlib.sha256(text).hexdigest().encode()
        lines = file.attrs["input_sha256"]
        lines = np.array([digest + x[64:] if x.endswith(b"scenarios.csv") else x for x in lines], dtype=lines.dtype)
        file.attrs.modify("input_sha256", lines)
        own = file["/study/scenarios.csv"].attrs
        own.modify("sha256", np.array(digest, dtype=own.get_id("sha256").dtype))
        seal(file)
    facts = verify(copy, "--no-simulation")
    assert not failed(facts)
    facts = verify(copy, status=NO)
    assert {"/portfolio/annual_loss", "/scenario/aal"} <= objects(facts, "Simulated again")


# ---------------------------------------------------------------------------------- without a study


def a_run_whose_study_is_lost_can_be_checked(folder):
    copy = copy_of_run(folder)
    with h5py.File(copy, "r+") as file:
        del file["/study"]
    facts = verify(copy, "--no-simulation")
    assert facts["content_sha256"] == verify(SHARED_RUN, "--no-simulation")["content_sha256"]
    facts = verify(copy, status=NO) # simulation was asked for, and cannot be
    assert [x["state"] for x in failed(facts).values()] == ["not proven"]
    # unless someone else has kept the files
    facts = verify(copy, shared_study())
    assert not facts["same_bytes"]
    alter(copy, "/portfolio/annual_loss", lambda x, _: x + 0.01)
    facts = verify(copy, "--no-simulation", status=NO)
    assert {"/group/class/annual_loss", "/scenario/aal"} <= objects(facts, "Consistency"), objects(facts)
    where = next(x["first"][0]["where"] for c in facts["checks"] for x in c["findings"] if x["object"] == "/group/class/annual_loss")
    assert where.startswith("year 10000")


def consistency_alone_finds_what_follows_from_the_rest(folder):
    names = ["/portfolio/annual_loss", "/portfolio/largest_event", "/group/class/annual_loss", "/summary/aal", "/summary/var",
             "/summary/tvar", "/summary/tvar_error", "/summary/var_lower", "/exceedance/aep", "/exceedance/oep_upper",
             "/event/annual_loss", "/event/tvar", "/event/tvar_contribution", "/summary/aal_exact", "/scenario/aal_error", "/scenario/aal", "/asset/aal",
             "/scenario/var", "/plan/aal", "/plan/tvar_reduction",
             "/tail/worst_years/year", "/tail/worst_years/annual_loss", "/tail/worst_events/loss", "/treatment/annual_loss",
             "/treatment/tvar_reduction_error", "/treatment/net_benefit", "/plan/verdict", "/plan/chosen",
             "/appetite/exceeds", "/appetite/exceeds_upper", "/dependence/event_share", "/summary/row"]
    cents = ["/scenario/aal", "/asset/aal", "/scenario/tvar_contribution", "/asset/tvar_contribution",
             "/event/own_tvar_contribution", "/portfolio/event_count"]
    copy = copy_of_run(folder)
    for name in (names + cents)[::1 if FULL else 12 if QUICK else 3]:
        copy_of_run(folder)
        if name == "/portfolio/event_count":
            alter(copy, name, lambda x, dtype: dtype.type(0))
        else:
            alter(copy, name, next_value if name in names else lambda x, _: x + 0.01)
        facts = verify(copy, "--no-simulation", status=NO)
        assert failed(facts), name


# What a forger may write who seals the file: (what, how, what is told, of which object).
def raised(path, at=None, by=1.0):
    def change(file):
        cells = file[path]
        place = at if at is not None else int(np.argmax(cells[:]))
        cells[place] = cells[place] + by
    return change


def put(path, at, value):
    def change(file):
        file[path][at] = value
    return change


def an_event_that_is_not_there(file):
    at = int(np.argmax(file["/portfolio/annual_loss_gross"][:]))
    file["/portfolio/largest_event"][at] = 0.0


def too_few_events(file):
    loss, largest = file["/portfolio/annual_loss_gross"][:], file["/portfolio/largest_event"][:]
    file["/portfolio/event_count"][int(np.argmax(loss - largest))] = 1


def more_than_was_lost(file):
    gross = file["/portfolio/annual_loss_gross"][:]
    at = int(np.argmax(gross))
    file["/portfolio/annual_loss"][at] = gross[at] + 1


def swapped(path, x, y):
    def change(file):
        cells = file[path]
        cells[x], cells[y] = cells[y], cells[x]
    return change


def largest_listed_as_less(file):
    file["/tail/worst_events/loss"][0] = file["/tail/worst_events/loss"][1]


def an_input_more(file):
    file["/study/more.csv"] = np.frombuffer(b"x\n", np.uint8)


def without(attribute):
    def change(file):
        del file.attrs[attribute]
    return change


def hash_lines(edit):
    def change(file):
        lines = file.attrs["input_sha256"]
        file.attrs["input_sha256"] = np.array([edit(x) for x in lines], dtype=lines.dtype)
    return change


def as_type(path, dtype):
    def change(file):
        cells = file[path][()]
        del file[path]
        file[path] = cells.astype(dtype)
    return change


TAMPERED = [
    (more_than_was_lost, "/portfolio/annual_loss", "no more than the gross loss"),
    (raised("/portfolio/largest_event", by=1e7), "/portfolio/largest_event", "no more than the year's loss"),
    (an_event_that_is_not_there, "/portfolio/largest_event", "an event where there is a loss"),
    (too_few_events, "/portfolio/event_count", "largest event x count of no less"),
    (swapped("/tail/worst_events/loss", 0, 1), "/tail/worst_events/loss", "rank 2 is larger than the one before it"),
    (raised("/tail/worst_events/loss", 0), "/tail/worst_events/loss", "no more than the year's largest event"),
    (largest_listed_as_less, "/tail/worst_events/loss", "in the list, being the year's largest"),
    (swapped("/scenario/var", (0, 1), (0, 2)), "/scenario/tvar", "have a VaR or TVaR out of order"),
    (put("/scenario/form_share", (0, 0), 0.5), "/scenario/form_share", "add up to"),
    (put("/treatment/rank", slice(0, 2), 1), "/treatment/rank", "is there more than once"),
    (put("/treatment/rank_lower", slice(None), 7), "/treatment/rank", "lies outside its own limits"),
    (swapped("/plan/budget_cost", 0, 1), "/plan/budget_cost", "is not in the order of cost"),
    (raised("/plan/budget_cost", 0), "/plan/budget_cost", "not what its treatments cost"),
    (an_input_more, "/study/more.csv", "input_sha256 knows of no such file"),
    (without("input_sha256"), None, "the attribute input_sha256 is missing"),
    (hash_lines(lambda x: b"?" + x[1:]), "/ @input_sha256", "is not of lines 'HASH  NAME'"),
    (as_type("/portfolio/annual_loss", np.int64), "/", "/portfolio/annual_loss has an unexpected type"),
    (as_type("/scenario/aal", np.float32), "/", "/scenario/aal is of an unexpected type"),
]


def what_a_forger_forgets_is_told_without_a_simulation(folder):
    insured = ("treatment_id,policy,layer,retention,limit,share\ncurrent,cyber,1,2000,500000,0.9\n"
               "cover,more,1,5000,500000,0.9\n")
    run, copy = run_of(folder, "short", "--years", 1000, insurance_csv=insured), folder / "copy.h5"
    for change, path, told in TAMPERED:
        shutil.copy(run, copy)
        with h5py.File(copy, "r+") as file:
            change(file)
            seal(file)
        facts = verify(copy, "--no-simulation", status=NO)
        texts = [(c.get("detail"), None) for c in facts["checks"]]
        for x in (x for c in facts["checks"] for x in c["findings"]):
            texts += [(x.get("text"), x["object"])] + [(y["expected"], x["object"]) for y in x.get("first", ())]
        assert any(told in (text or "") and path in (None, about) for text, about in texts), (path, told, texts)


def arrays_of_another_shape_or_type_are_named_with_both(folder):
    run = run_of(folder, "short", "--years", 1000)
    with h5py.File(run, "r+") as file:
        for path, change in {"/scenario/aal": lambda x: x.astype(np.float32), "/portfolio/event_count": lambda x: x.astype(np.int64),
                             "/treatment/annual_loss": lambda x: x.T, "/scenario/scenario_id": lambda x: x.astype("S40"),
                             "/plan/sd": lambda x: x.reshape(1, -1), "/asset/aal": lambda x: x[:-1]}.items():
            cells = change(file[path][()])
            del file[path]
            file[path] = cells
        seal(file)
    told = {x["object"]: x.get("text") for c in verify(run, status=NO)["checks"] if c["section"] == "Simulated again"
            for x in c["findings"] if x.get("text")}
    assert told["/scenario/aal"] == "/scenario/aal is of an unexpected type"
    assert told["/portfolio/event_count"] == "is int64 [1000], expected int32 [1000]"
    assert told["/treatment/annual_loss"] == "is float64 [1000, 7], expected float64 [7, 1000]"
    assert told["/plan/sd"] == "is float64 [1, 7], expected float64 [7]"
    assert told["/asset/aal"] == "is float64 [2], expected float64 [3]"
    assert told["/scenario/scenario_id"] == "is text of 40 bytes [3], expected text of 9 bytes [3]"
    # the years by themselves, of whatever shape
    named = objects(verify(run, "--blocks", "0", status=NO), "Simulated again")
    assert {"/portfolio/event_count", "/treatment/annual_loss"} <= named, named


def a_changed_cell_of_the_study_is_named(folder):
    study = folder_write(folder / "changed", STUDY, assets_csv=STUDY["assets.csv"].replace("50", "51"),
                        defaults_csv="table,where,column,value\nscenarios,scenario_id=theft,owner,ciso\n")
    (study / "threats.csv").unlink()
    (study / "scenarios.csv").write_text(STUDY["scenarios.csv"].replace("crime", ""))
    copy = copy_of_run(folder)
    facts = verify(copy, study, status=NO)
    told = {x["object"]: x["text"] for c in facts["checks"] if c["section"] == "The study" for x in c["findings"]}
    assert set(told) == {"assets.csv", "threats.csv", "scenarios.csv", "defaults.csv"}, told
    assert told["threats.csv"] == "missing" and told["assets.csv"].startswith("changed") and told["defaults.csv"].startswith("added")
    assert not objects(facts, "Simulated again") # the run itself is what it says
    assert not failed(verify(copy, shared_study()))


# ---------------------------------------------------------------------------------- samples


def a_sample_finds_what_is_in_its_years(folder):
    copy = copy_of_run(folder)
    facts = verify(copy, "--sample", 2)
    assert facts["simulated"] == "sample"
    told = next(x["detail"] for x in facts["checks"] if x["check"] == "a sample of the years")
    assert told.startswith("2 of 3 blocks of years: ")
    assert told == next(x["detail"] for x in verify(copy, "--sample", "60%")["checks"] if x["check"] == "a sample of the years")
    for path in ("/portfolio/annual_loss", "/portfolio/event_count", "/group/class/annual_loss", "/event/annual_loss",
                 "/treatment/annual_loss"):
        copy_of_run(folder)
        alter(copy, path) # in the middle: block 1
        assert path in objects(verify(copy, "--blocks", "1-2", status=NO), "Simulated again"), path
        # elsewhere only consistency could tell, and of one event more it cannot
        others = verify(copy, "--blocks", "0,2", status=DONE if path.endswith("event_count") else NO)
        assert path not in objects(others, "Simulated again"), path


def the_blocks_follow_from_the_contents(folder):
    def chosen(run):
        return next(x["detail"] for x in verify(run, "--sample", 3)["checks"] if x["check"] == "a sample of the years")

    one = run_of(folder, "one", "--years", 10 * BLOCK, **NO_TREATMENTS)
    other = run_of(folder, "other", "--years", 10 * BLOCK, "--seed", 6, **NO_TREATMENTS)
    assert chosen(one) == chosen(one) != chosen(other)


def wrong_samples_are_refused(folder):
    copy = copy_of_run(folder)
    for words in (["--sample", "0"], ["--sample", "x"], ["--sample", "101%"], ["--sample", "1.5"],
                  ["--sample", "1", "--blocks", "1"], ["--no-simulation", "--sample", "1"], ["--isa", "v9"]):
        call("verify", copy, *words, status=USAGE)
    for blocks in ("3", "x", "", "0,", "2-1", "-1", "1-", "99999999999999999999"):
        assert "blocks" in call("verify", copy, "--blocks", blocks, status=INPUT)[1], blocks


# ---------------------------------------------------------------------------------- what is no run


def other_versions_say_so(folder):
    copy = copy_of_run(folder)
    with h5py.File(copy, "r+") as file:
        file.attrs.modify("sampling_version", np.int32(99))
    facts = verify(copy, status=NO)
    assert failed(facts)["by an engine that draws alike"]["state"] == "not proven"
    assert "sampling version 99" in failed(facts)["by an engine that draws alike"]["detail"]
    with h5py.File(copy, "r+") as file:
        file.attrs.modify("schema_version", np.int32(99))
    assert "schema version 99" in call("verify", copy, status=INPUT)[1]


def a_file_packed_anew_says_the_same(folder):
    copy = copy_of_run(folder)
    with h5py.File(copy, "r+") as file: # the same cells, in another place
        loss = file["/portfolio/annual_loss"]
        loss[:] = loss[:][::-1]
        loss[:] = loss[:][::-1]
    with open(copy, "ab") as out:
        out.write(b"\0" * 512)
    facts = verify(copy)
    assert not facts["same_bytes"] and "says the same" in call("verify", copy)[0]


def what_is_no_run_is_refused(folder):
    whole = copy_of_run(folder).read_bytes()
    path = folder / "broken.h5"
    for content in (b"", b"\x89HDF\r\n\x1a\n", whole[:1000], whole[:len(whole) // 2], whole[:-1], b"scenario_id,assets\n"):
        path.write_bytes(content)
        out, err = call("verify", path, status=INPUT)
        assert out == "" and "broken.h5" in err
    with h5py.File(path, "w") as file:
        file["x"] = [1, 2]
    assert "not a lossmill run" in call("verify", path, status=INPUT)[1]
    call("verify", folder / "none.h5", status=INPUT)
    call("verify", status=USAGE)
    call("verify", copy_of_run(folder), folder / "no-study", status=INPUT)


def damaged_bytes_never_crash(folder):
    whole = bytearray(copy_of_run(folder).read_bytes())
    path = folder / "damaged.h5"
    rng = np.random.default_rng(1)
    for k in range(tries(20, 60)):
        damaged = bytearray(whole)
        low = 0 if k % 2 else len(whole) - 40000
        for at in rng.integers(max(low, 0), len(whole), 1 + k % 20):
            damaged[at] = rng.integers(0, 256)
        path.write_bytes(damaged)
        done = subprocess.run([LOSSMILL, "verify", path, "--no-simulation"], capture_output=True, timeout=300, check=False)
        assert done.returncode in (DONE, NO, INPUT), (k, done.returncode, done.stderr[-500:])


def settings_that_no_run_has_are_told(folder):
    for name, value in (("years", -1), ("years", 0), ("quantiles", 2.0), ("quantiles", np.nan), ("return_periods", 0.0),
                        ("resolution", np.inf), ("years", 2**40)):
        copy = copy_of_run(folder)
        with h5py.File(copy, "r+") as file:
            if name == "years":
                file.attrs["years"] = np.int64(value)
            else:
                file.attrs.modify(name, np.full_like(file.attrs[name], value))
        for more in (["--no-simulation"], ["--sample", "1"]):
            done = subprocess.run([LOSSMILL, "verify", copy, *more], capture_output=True, timeout=300, check=False)
            assert done.returncode == NO, (name, value, more, done)


# ---------------------------------------------------------------------------------- house


def a_scratch_folder_that_cannot_be_written_is_told(folder):
    out, err = call("verify", copy_of_run(folder), "--scratch", folder / "none", status=SYSTEM)
    assert out == "" and "cannot" not in out and "none" in err
    scratch = folder / "scratch"
    scratch.mkdir()
    call("verify", SHARED_RUN, "--scratch", scratch)
    assert not list(scratch.iterdir())


def a_signal_leaves_nothing_behind(folder):
    if QUICK:
        return  # the run is long
    run = run_of(folder, "long", "--years", 500000, **NO_TREATMENTS)
    scratch = folder / "scratch"
    scratch.mkdir()
    process = subprocess.Popen([LOSSMILL, "verify", run, "--scratch", scratch, "--threads", "1"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    assert process.returncode == STOPPED and out == b"" and b"stopped" in err, (process.returncode, out, err)
    assert not list(scratch.iterdir())


def texts_of_a_file_cannot_command_the_terminal(folder):
    copy = copy_of_run(folder)
    with h5py.File(copy, "r+") as file:
        file.attrs["title"] = np.bytes_(b"\x1b[2JGone")
        file["/\x1b[31mred"] = [1.0]
    out, _ = call("verify", copy, status=NO)
    assert "\x1b" not in out


claims_try(globals())
