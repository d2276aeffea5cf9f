#!/usr/bin/env python3
"""export with the real binary, its tables read by Python's csv and by pandas: test_registers.py PATH_TO_lossmill

Every function whose name is a claim is one test. They share two runs of a small study, without and with
insurance. The last line of the output is 'N passed, N failed'.
"""

import csv
import hashlib
import io
import json
import os
import shutil
import stat
import subprocess

import h5py
import numpy as np
import pandas as pd

from program import DATASETS, INPUT, LOSSMILL, SHARED, SYSTEM, USAGE, call, claims_try, folder_write

CATALOGUE = DATASETS / "catalogues" / "iso27001-2022-annex-a.csv"
REGISTERS = ["--register", "--treatment-plan", "--soa", "--zones"]

FORMULAS = ["=cmd|'/c calc'!A1", "+1+cmd", "-2+3+cmd", "@SUM(A1)", '=HYPERLINK("http://x";"y")']

STUDY = {
    "study.ini": """[study]
title = Registers
currency = EUR
as_of = 2026-06-01
years = 20000
seed = 5
[groups]
by = class
[report]
return_periods = 10, 100
quantiles = 0.9, 0.99
[treatment]
discount_rate = 0.05
""",
    "assets.csv": """asset_id,class,quantity,zone
laptops,laptop,50,office
servers,server,10,dmz
shop,application,1,dmz
plc,controller,6,cell
""",
    "threats.csv": """threat_id,name
crime,"=cmd|'/c calc'!A1"
""",
    "scenarios.csv": """scenario_id,name,owner,threat_id,assets,effect,event,hit_probability,frequency,frequency_per,stated,primary_response,secondary_probability,secondary_fines
theft,+1+cmd,"=HYPERLINK(""http://x"";""y"")",crime,class=laptop,C,,,0.02,unit,,lognormal90 500 4000,,
fraud,-2+3+cmd,@SUM(A1),crime,class=application,C|I,,,2,,inherent,lognormal90 1000 60000,0.1,5000
outbreak,Outbreak,Ann,crime,class in server controller,A,worm,0.5,,,,lognormal90 5000 50000,,
halt,Halt,Bob,,class=controller,A,,,0.3,,,lognormal90 9000 90000,,
""",
    "events.csv": """event_id,name,owner,frequency,primary_response
worm,Worm,Ann,0.1,lognormal90 20000 200000
""",
    "controls.csv": """control_id,name,framework,reference,status,justification,owner,scenarios
backup,Backup,ISO27001:2022,A.8.13,implemented,outages,Ann,scenario_id in outbreak halt
backup-2,Backup of the plant,ISO27001:2022,A.8.13,planned,outages,Bob,scenario_id=halt
A.5.1,Policies,,,implemented,,Ann,
code,Code,ISO27001:2022,A.8.25,not_applicable,nobody develops here,,
SR-1.1,Accounts,IEC62443-3-3,SR 1.1,absent,,,
""",
    "treatments.csv": """treatment_id,name,option,owner,due,state,controls,cost_upfront,cost_annual,requires,excludes
lock,=Locks,modify,Ann,2026-12-01,candidate,,50000,30000,,
zones,Zones,modify,Bob,2026-03-01,approved,backup|SR-1.1,20000,1000,,
rush,Faster change,modify,Bob,,in_progress,,10,10,zones,
care,Care,modify,Ann,,mandatory,backup-2,100,10,,
rules,Rules,modify,Ann,,existing,,,,,
island,Island,avoid,Bob,,forbidden,,1000,90000,,
bear,Borne,retain,Bob,,candidate,,,,,
""",
    "effects.csv": """treatment_id,scenarios,assets,events,factor,operation,amount,coverage,reliability
lock,scenario_id=theft,,,frequency,multiply,0.5,0.8,
zones,scenario_id=outbreak,,,hit_probability,multiply,pert 0.3 0.5 0.7,,0.9
zones,,,event_id=worm,frequency,multiply,0.7,,
rush,scenario_id=halt,,,frequency,multiply,uniform 1.1 1.5,,
care,scenario_id=halt,class=controller,,primary,multiply,0.5,,
rules,scenario_id=fraud,,,frequency,multiply,0.8,,
island,scenario_id=outbreak,,,hit_probability,multiply,0.1,,
island,scenario_id=halt,,,frequency,multiply,0.1,,
""",
    "decisions.csv": """scenarios,treatment_id,option,decided_by,decided_on,review_by,maximum_aal,reason
scenario_id=theft,,retain,=CFO,2025-05-01,2026-05-31,,=cheap
scenario_id in theft fraud,,modify,Ann,2025-04-01,2025-12-31,,older
scenario_id=halt,,retain,Bob,2026-01-01,2027-01-01,1000,borne
,zones,modify,Ann,2026-02-01,,,needed
""",
    "zones.csv": """zone,from,to,sl_t_fr1,sl_t_fr5,sl_a_fr1,sl_a_fr5
cell,,,3,2,1,2
dmz,,,2,,3,
,dmz,cell,2,2,1,0
""",
}
INSURED = STUDY | {
    "insurance.csv": """treatment_id,policy,layer,scenarios,assets,forms,basis,retention,limit,share
current,house,1,*,,,event,20000,100000,0.9
""",
}


def run(folder, name, study):
    path = os.path.join(folder, name)
    call("run", folder_write(path, study), "-o", path + ".h5", "--quiet")
    return path + ".h5"


class Runs:
    def __init__(self, folder):
        self.folder = folder
        self.plain = run(folder, "plain", STUDY)
        self.insured = run(folder, "insured", INSURED)
        self.bare = run(folder, "bare", {name: STUDY[name] for name in ("study.ini", "assets.csv", "threats.csv",
                                                                        "scenarios.csv", "events.csv")})

    def path(self, name):
        return os.path.join(self.folder, name)


def rows(path, *options):
    return list(csv.DictReader(io.StringIO(call("export", path, *options)[0], newline="")))


def frame(path, *options):
    return pd.read_csv(io.StringIO(call("export", path, *options)[0]), keep_default_na=False, na_values=[""])


def document(path, *options):
    return json.loads(call("export", path, *options, "--json")[0])


def close(a, b):
    """To half a cent, within rounding of sums."""
    return abs(a - b) < 0.005


# ---------------------------------------------------------------------------------- claims


def every_register_is_a_table_of_equal_rows(runs):
    for option in REGISTERS:
        table = list(csv.reader(io.StringIO(call("export", runs.plain, option)[0], newline="")))
        assert len({len(row) for row in table}) == 1 and len(table) > 1
        assert len(set(table[0])) == len(table[0])
        assert table[0][-1] == "as_of" and {row[-1] for row in table[1:]} == {"2026-06-01"}
        assert len(frame(runs.plain, option)) == len(table) - 1


def json_says_what_the_csv_says(runs):
    for option in REGISTERS:
        said, table = document(runs.plain, option), rows(runs.plain, option)
        assert said["as_of"] == "2026-06-01" and said["currency"] == "EUR" and len(said["rows"]) == len(table)
        for row, cells in zip(said["rows"], table):
            assert list(row) == [name for name in cells if name != "as_of"]
            for name, value in row.items():
                text = cells[name].removeprefix("'")
                if isinstance(value, bool):
                    assert text == ("yes" if value else "no")
                elif isinstance(value, list):
                    assert text == "|".join(value)
                elif isinstance(value, (int, float)):
                    assert float(text) == value
                else:
                    assert text == (value or ""), (name, text, value)


def no_cell_is_a_formula(runs):
    for option in REGISTERS:
        for row in rows(runs.plain, option):
            for name, cell in row.items():
                assert not cell or cell[0] not in "=+-@\t\r" or is_number(cell), (option, name, cell)
    risks = {row["id"]: row for row in rows(runs.plain, "--register")}
    found = [risks["theft"]["threat"], risks["theft"]["name"], risks["fraud"]["name"], risks["fraud"]["owner"],
             risks["theft"]["owner"]]
    assert found == ["'" + text for text in FORMULAS], found
    assert risks["theft"]["decided_by"] == "'=CFO" and risks["theft"]["reason"] == "'=cheap"


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def expected_losses_add_up_to_the_portfolio_s(runs):
    for path, gross in ((runs.plain, "annual_loss"), (runs.insured, "annual_loss_gross"), (runs.bare, "annual_loss")):
        table = frame(path, "--register")
        with h5py.File(path) as file:
            whole = np.mean(file["portfolio"][gross][()])
            net = np.mean(file["portfolio/annual_loss"][()])
        assert close(table.aal_itself.sum(), whole), (table.aal_itself.sum(), whole)
        last = table[table.kind == "portfolio"].iloc[0]
        assert close(last.aal, net), (last.aal, net)
        share = table[table.kind == "scenario"].tvar_share.sum()
        own = table[table.kind == "shared event"].tvar_share.sum()
        assert share <= 1 + 1e-9 <= share + own + 2e-9


def a_shared_event_is_its_scenarios_and_itself(runs):
    table = frame(runs.plain, "--register")
    worm = table[table.id == "worm"].iloc[0]
    hits = table[(table.event == "worm") & (table.kind == "scenario")]
    assert close(worm.aal, hits.aal.sum() + worm.aal_itself)
    assert close(worm.residual_aal, hits.residual_aal.sum() + worm.residual_aal_itself)
    assert worm.effect == "A" and worm.residual_aal < worm.aal


def plan_of_the_decided(path):
    cost = next(row for row in rows(path, "--treatment-plan") if row["treatment_id"] == "zones")["first_budget"]
    best = json.loads(call("plan", path, "--budget", cost, "--json")[0])["plans"][0]["best"]
    assert best["treatments"] == ["care", "rush", "zones"], best["treatments"]
    return best


def the_residual_is_the_plan_of_what_is_decided(runs):
    for path in (runs.plain, runs.insured):
        table, best = frame(path, "--register"), plan_of_the_decided(path)
        last = table[table.kind == "portfolio"].iloc[0]
        assert close(last.residual_aal, best["aal"]), (last.residual_aal, best["aal"])
        assert close(last.aal - last.residual_aal, best["aal_reduction"])
    table = frame(runs.plain, "--register")
    assert close(table.residual_aal_itself.sum(), plan_of_the_decided(runs.plain)["aal"])
    # scenarios know of no insurance
    insured = frame(runs.insured, "--register")
    assert (insured[insured.kind != "portfolio"].residual_aal == table[table.kind != "portfolio"].residual_aal).all()


def what_no_decided_treatment_touches_remains(runs):
    table = frame(runs.plain, "--register").set_index("id")
    for name in ("theft", "fraud"):
        assert table.residual_aal[name] == table.aal[name]
    assert frame(runs.bare, "--register").eval("residual_aal == aal").all()


def the_residual_is_the_same_on_any_number_of_threads(runs):
    one = call("export", runs.insured, "--register", "--threads", "1")[0]
    assert one == call("export", runs.insured, "--register", "--threads", "7")[0]


def the_last_decision_is_in_force(runs):
    table = frame(runs.plain, "--register").set_index("id")
    theft, fraud, halt = table.loc["theft"], table.loc["fraud"], table.loc["halt"]
    assert theft.option == "retain" and theft.decided_on == "2025-05-01" and theft.overdue == "yes"
    assert fraud.option == "modify" and fraud.decided_by == "Ann" and fraud.overdue == "yes"
    assert halt.overdue == "no" and halt.exceeded == "yes" and halt.maximum_aal == 1000
    assert pd.isna(table.loc["outbreak"].decided_by) and table.loc["outbreak"].option == "modify"
    assert table.loc["outbreak"].treatments == "zones" and pd.isna(table.loc["outbreak"].candidates)
    assert theft.candidates == "lock" and fraud.treatments == "rules"
    bare = frame(runs.bare, "--register")
    assert (bare[bare.kind != "portfolio"].option == "undecided").all()


def check_lists_what_is_to_be_decided_again(runs):
    study = runs.path("plain")
    text = call("check", study)[0].split("Decisions to take again")[1].split("\n\n")[0]
    assert "theft" in text and "2026-05-31" in text and "halt" in text and "accepted 1.00 k" in text, text
    assert "zones" not in text
    said = json.loads(call("check", study, "--json")[0])["decisions"]
    assert [(x.get("scenarios", x.get("treatment_id")), x["overdue"], x["exceeded"]) for x in said] == [
        ("scenario_id in theft fraud", True, False), ("scenario_id=halt", False, True),
        ("scenario_id=theft", True, False), ("zones", False, False)], said
    assert all(x["in_force"] for x in said)


def the_plan_says_who_does_what_until_when(runs):
    table = frame(runs.plain, "--treatment-plan").set_index("treatment_id")
    assert set(table.index) == {"lock", "zones", "rush", "care", "rules", "island", "bear"}
    zones = table.loc["zones"]
    assert zones.owner == "Bob" and zones.due == "2026-03-01" and zones.due_passed == "yes"
    assert zones.order == 1 and zones.controls == "SR-1.1|backup" and zones.decision == "modify"
    assert zones.cost_first_year == 21000 and zones.decided_by == "Ann"
    assert table.loc["rush"].requires == "zones" and table.loc["rush"].aal_reduction < 0
    assert pd.isna(table.loc["island"].order) and pd.isna(table.loc["rules"].order)
    assert table.loc["lock"].due_passed == "no"
    with h5py.File(runs.plain) as file:
        ids = [x.decode() for x in file["treatment/treatment_id"][()]]
        saved, rank = file["treatment/aal_reduction"][()], file["treatment/rank"][()]
    for i, name in enumerate(ids):
        assert table["aal_reduction"][name] == saved[i] and table["rank"][name] == rank[i]


def every_annex_a_control_stands_once_in_the_statement(runs):
    with open(CATALOGUE, encoding="utf-8", newline="") as file:
        catalogue = list(csv.DictReader(file))
    for path in (runs.plain, runs.bare):
        table = rows(path, "--soa")[:93]
        assert [row["control_id"] for row in table] == [row["id"] for row in catalogue] and len(table) == 93
        assert [row["title"] for row in table] == [row["title"] for row in catalogue]
        assert [row["theme"] for row in table] == [row["theme"] for row in catalogue]


def the_statement_invents_nothing(runs):
    for row in rows(runs.bare, "--soa"):
        assert row["applicable"] == row["status"] == row["justification"] == "not stated"
        assert not row["owner"] and not row["scenarios"] and not row["treatments"]
    table = {row["control_id"]: row for row in rows(runs.plain, "--soa")}
    assert len(table) == 94 and table["SR 1.1"]["source"] == "IEC62443-3-3" and table["SR 1.1"]["status"] == "absent"
    backup = table["A.8.13"]
    assert backup["status"] == "implemented|planned" and backup["owner"] == "Ann|Bob"
    assert backup["scenarios"] == "halt|outbreak" and backup["justification"] == "outages"
    assert backup["treatments"] == "care (mandatory)|zones (approved)"
    assert backup["study_controls"] == "backup|backup-2" and backup["applicable"] == "yes"
    assert table["A.8.25"]["applicable"] == "no" and table["A.8.25"]["justification"] == "nobody develops here"
    policies = table["A.5.1"]  # known by its id
    assert policies["status"] == "implemented" and policies["justification"] == "not stated"
    assert sum(row["applicable"] == "not stated" for row in table.values()) == 90


def zones_compare_what_is_needed_with_what_is_there(runs):
    table = frame(runs.plain, "--zones")
    assert list(table.kind) == ["zone", "zone", "conduit"]
    cell, dmz, conduit = (table.iloc[i] for i in range(3))
    assert cell.gap_fr1 == 2 and cell.gap_fr5 == 0 and cell.gaps == "FR1 IAC: 2" and pd.isna(cell.gap_fr2)
    assert dmz.gap_fr1 == 0 and pd.isna(dmz.gaps) and pd.isna(dmz.gap_fr5)
    assert conduit.gaps == "FR1 IAC: 1|FR5 RDF: 2" and pd.isna(conduit.aal) and pd.isna(conduit.treatments)
    assert cell.assets == 1 and cell.units == 6 and dmz.assets == 2 and dmz.units == 11
    assert cell.treatments == "care|rush|zones" and dmz.treatments == "rules|zones"
    with h5py.File(runs.plain) as file:
        ids = [x.decode() for x in file["asset/asset_id"][()]]
        aal = dict(zip(ids, file["asset/aal"][()]))
    assert close(cell.aal, aal["plc"]) and close(dmz.aal, aal["servers"] + aal["shop"])


def a_run_without_treatments_or_zones_says_so(runs):
    for option, word in (("--treatment-plan", "treatments"), ("--zones", "zones.csv")):
        out, err = call("export", runs.bare, option, status=INPUT)
        assert not out and word in err, err


def an_output_file_is_complete_and_its_owner_s(runs):
    path = runs.path("risks.csv")
    for text in ("older", None):
        if text:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        out, _ = call("export", runs.plain, "--register", "-o", path)
        with open(path, encoding="utf-8") as file:
            assert file.read() == call("export", runs.plain, "--register")[0] and not out
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    before = set(os.listdir(runs.folder))
    call("export", runs.plain, "--register", "-o", runs.path("none/risks.csv"), status=SYSTEM)
    call("export", runs.plain, "--register", "-o", runs.path("plain"), status=SYSTEM)  # a folder
    assert set(os.listdir(runs.folder)) == before


def a_full_disk_is_told(runs):
    if not os.path.exists("/dev/full"):
        return
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([LOSSMILL, "export", runs.plain, "--soa"], stdout=full, stderr=subprocess.PIPE,
                              timeout=300)
    assert done.returncode == SYSTEM and done.stderr


def the_study_comes_back_and_runs_again(runs):
    for source in (runs.plain, runs.insured):
        folder, again = runs.path("again"), runs.path("again.h5")
        out, _ = call("export", source, "--study", folder)
        original = source.removesuffix(".h5")
        assert sorted(os.listdir(folder)) == sorted(os.listdir(original))
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as a, open(os.path.join(original, name), "rb") as b:
                assert a.read() == b.read()
            assert stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) == 0o600
        command = next(line for line in out.splitlines() if "lossmill run" in line).split()[1:]
        call(*(again if word == "again.h5" else word for word in command), "--quiet")
        with open(source, "rb") as a, open(again, "rb") as b:
            assert a.read() == b.read()
        shutil.rmtree(folder)
        os.remove(again)


def years_and_seed_given_to_the_run_are_given_again(runs):
    other, folder, again = runs.path("other.h5"), runs.path("other"), runs.path("other-again.h5")
    call("run", runs.path("plain"), "-o", other, "--quiet", "--years", "30000", "--seed", "9")
    command = call("export", other, "--study", folder)[0].split("lossmill ")[1].split()
    call(*(again if word == "again.h5" else word for word in command), "--quiet")
    with h5py.File(other) as a, h5py.File(again) as b:
        assert a.attrs["content_sha256"] == b.attrs["content_sha256"]


def files_below_the_study_come_back(runs):
    deep = STUDY | {"scenarios.csv": STUDY["scenarios.csv"].replace("lognormal90 9000 90000",
                                                                    "empirical records/old/losses.csv:loss")}
    path = runs.path("deep")
    os.makedirs(os.path.join(path, "records", "old"))
    for file, text in (deep | {"records/old/losses.csv": "loss\n1000\n9000\n50000\n"}).items():
        with open(os.path.join(path, file), "w", encoding="utf-8") as out:
            out.write(text)
    call("run", path, "-o", path + ".h5", "--quiet")
    call("export", path + ".h5", "--study", runs.path("deep-again"))
    call("run", runs.path("deep-again"), "-o", runs.path("deep-again.h5"), "--quiet")
    with h5py.File(path + ".h5") as a, h5py.File(runs.path("deep-again.h5")) as b:
        assert a.attrs["content_sha256"] == b.attrs["content_sha256"]


def a_folder_that_is_in_use_is_refused(runs):
    folder = runs.path("used")
    os.mkdir(folder)
    with open(os.path.join(folder, "mine.txt"), "w", encoding="utf-8") as file:
        file.write("mine")
    call("export", runs.plain, "--study", folder, status=USAGE)
    assert os.listdir(folder) == ["mine.txt"]
    call("export", runs.plain, "--study", os.path.join(folder, "mine.txt"), status=SYSTEM)
    call("export", runs.plain, "--study", runs.path("a/b/c"), status=SYSTEM)


def renamed_input(runs, name):
    """The run with one input under another name, as an attacker would write it."""
    path = runs.path("renamed.h5")
    shutil.copy(runs.plain, path)
    with h5py.File(path, "r+") as file:
        lines = [x.decode() if isinstance(x, bytes) else str(x) for x in file.attrs["input_sha256"]]
        old = file["study/zones.csv"][()]
        encoded = "".join(c if c.isalnum() or c in "_-." else f"%{ord(c):02X}" for c in name)
        file["study/" + (encoded if name[0] != "." else "%2E" + encoded[1:])] = old
        digest = hashlib.sha256(old.tobytes()).hexdigest()
        lines = [f"{digest}  {name}" if line.endswith("  zones.csv") else line for line in lines]
        file.attrs["input_sha256"] = np.array([x.encode() for x in lines], dtype="S")
    return path


def no_name_leads_out_of_the_folder(runs):
    for i, name in enumerate(["../escape.csv", "/tmp/escape.csv", "a/../../escape.csv", "..", "a//b.csv", "a/", "./x",
                              "a/./b"]):
        folder = runs.path(f"escape-{i}")
        out, err = call("export", renamed_input(runs, name), "--study", folder, status=INPUT)
        assert not out and "leads out" in err, (name, err)
        assert not os.path.exists(folder)
    assert not os.path.exists(runs.path("escape.csv"))
    call("export", renamed_input(runs, "harmless.csv"), "--study", runs.path("harmless"))


def wrong_command_lines_are_explained(runs):
    for arguments in ([], ["--register", "--soa"], ["--register", "--study", runs.path("x")],
                      ["--study", runs.path("x"), "--json"], ["--study", runs.path("x"), "-o", runs.path("y")],
                      ["--registers"], ["--study"], ["--register", "--threads", "0"]):
        out, err = call("export", runs.plain, *arguments, status=USAGE)
        assert not out and "--help" in err, err
    call("export", "--register", status=USAGE)
    assert not os.path.exists(runs.path("x"))


def a_file_that_is_no_run_is_refused(runs):
    path = runs.path("noise.h5")
    with open(path, "wb") as file:
        file.write(b"\x89HDF\r\n\x1a\n" + bytes(2000))
    for option in (*REGISTERS, "--study"):
        target = [runs.path("noise")] if option == "--study" else []
        call("export", path, option, *target, status=INPUT)
        call("export", runs.path("absent.h5"), option, *target, status=INPUT)


def decisions_and_zones_change_no_figure(runs):
    without = run(runs.folder, "undecided", {name: text for name, text in STUDY.items()
                                             if name not in ("decisions.csv", "zones.csv")})
    with h5py.File(runs.plain) as a, h5py.File(without) as b:
        different = []

        def compare(name, x):
            if isinstance(x, h5py.Dataset) and not name.startswith("study/"):
                same = name in b and b[name][()].tobytes() == x[()].tobytes()
                if not same:
                    different.append(name)

        a.visititems(compare)
        assert not different, different
        assert set(a["study"]) - set(b["study"]) == {"decisions.csv", "zones.csv"}


RUNS = Runs(SHARED)
claims_try(globals(), "runs", lambda folder: RUNS)
