#!/usr/bin/env python3
"""Malformed studies, and well-formed ones that look odd: test_malformed.py PATH_TO_lossmill

The studies and the messages that they must produce stand in cases.txt, which says how to read it,
in cases-events.txt, cases-treatments.txt and cases-governance.txt. Here they are made and checked with the real binary; then studies damaged at
random must never crash it. The last line of the output is 'N passed, N failed'.
"""

import csv
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "commands"))
import program
from program import DONE, INPUT, LOSSMILL, QUICK

DAMAGED = program.tries(100, 400)  # of each study

BASE = {
    "study.ini": b"""[study]
title = Test
currency = EUR
as_of = 2026-01-01
years = 1000
seed = 1

[groups]
by = class

[report]
return_periods = 2, 10, 100
quantiles = 0.5, 0.99
""",
    "assets.csv": b"""asset_id,class,site,value,quantity
a1,server,north,1000,1
a2,server,south,2000,2
a3,laptop,north,300,10
""",
    "threats.csv": b"""threat_id,name,capability
crime,Organised crime,
error,Mistakes,
""",
    "scenarios.csv": b"scenario_id,threat_id,assets,effect,frequency,frequency_per,counts,susceptibility,"
                     b"primary_response,secondary_probability,secondary_fines\n"
                     b"s1,crime,class=server,C|A,0.5,scenario,poisson,0.2,lognormal90 100 1000,0.1,500\n"
                     b"s2,error,*,I,2,unit,,,50,,\n",
}

# The base study, and losses that strike together.
EVENTS = BASE | {
    "scenarios.csv": b"scenario_id,threat_id,assets,effect,frequency,frequency_per,counts,susceptibility,"
                     b"primary_response,secondary_probability,secondary_fines,event,hit_probability,driver\n"
                     b"s1,crime,class=server,C|A,0.5,scenario,poisson,0.2,lognormal90 100 1000,0.1,500,,,busy\n"
                     b"s2,error,*,I,2,unit,,,50,,,,,\n"
                     b"s3,crime,*,A,,,,,lognormal90 10 100,,,worm,uniform 0.1 0.5,costly\n"
                     b"s4,error,class=laptop,A,,,,0.5,20,,,cloud,1,\n",
    "events.csv": b"event_id,name,frequency,counts,primary_response,secondary_probability,secondary_fines,"
                  b"hit_correlation,driver\n"
                  b"worm,A worm in the office network,0.2,poisson,exponential 1000,0.5,2000,0.5,busy\n"
                  b"cloud,The cloud is down,0.1,at_most_once,,,,,\n",
    "drivers.csv": b"driver,frequency,severity_correlation\n"
                   b"busy,lognormal -0.08 0.4,0.3\n"
                   b"costly,,0.5\n",
}

# Losses that strike together, and what can be done about them.
TREATMENTS = {
    "study.ini": BASE["study.ini"] + b"""
[treatment]
horizon_years = 4
discount_rate = 0.03
objective = tvar
budget_basis = annualised
""",
    "assets.csv": b"asset_id,class,site,value,quantity,resistance\n"
                  b"a1,server,north,1000,1,\n"
                  b"a2,server,south,2000,2,\n"
                  b"a3,laptop,north,300,10,uniform 20 60\n",
    "threats.csv": b"threat_id,name,capability\n"
                   b"crime,Organised crime,pert 30 50 90\n"
                   b"error,Mistakes,\n",
    "scenarios.csv": b"scenario_id,threat_id,assets,frequency,frequency_per,susceptibility,primary_response,"
                     b"primary_productivity,outage_hours,secondary_probability,secondary_fines,event,"
                     b"hit_probability,driver,stated,kind\n"
                     b"s1,crime,class=server,0.5,,0.2,lognormal90 100 1000,,,0.1,500,,,,,theft\n"
                     b"s2,error,*,2,unit,0.5,50,,,,,,,,inherent,slip\n"
                     b"s3,crime,*,,,0.9,lognormal90 10 100,,,,,worm,uniform 0.1 0.5,,,outbreak\n"
                     b"s4,error,class=laptop,,,0.5,20,,,,,cloud,1,,inherent,outage\n"
                     b"s5,crime,class=laptop,1,,,30,10,4,,,,,busy,,theft\n",
    "events.csv": b"event_id,name,frequency,primary_response,secondary_probability,secondary_fines,stated\n"
                  b"worm,A worm in the office network,0.2,exponential 1000,0.5,2000,\n"
                  b"cloud,The cloud is down,0.1,,,,inherent\n",
    "drivers.csv": b"driver,frequency,severity_correlation\n"
                   b"busy,lognormal -0.08 0.4,0.3\n",
    "controls.csv": b"control_id,name,framework,reference,status,justification,owner,scenarios,capability,"
                    b"coverage,reliability\n"
                    b"c1,Protection against malware,ISO 27001,A.8.7,implemented,,Ann,kind=theft,0.6,0.9,0.95\n"
                    b"c2,Backup,ISO 27001,A.8.13,planned,Outages,,*,,,\n",
    "treatments.csv": b"treatment_id,name,option,owner,due,state,controls,cost_upfront,cost_annual,"
                      b"lifetime_years,requires,excludes\n"
                      b"edr,Endpoint detection,modify,Ann,2026-06-30,,c1|c2,10000,uniform 1000 2000,3,,cheap\n"
                      b"cheap,Free scanner,,,,,,100,,,,\n"
                      b"backup,Offline copies,modify,,,approved,c2,,pert 100 200 500,,train,\n"
                      b"train,Training,modify,,2026-02-28,candidate,,,50,1,,\n"
                      b"badge,Badges,modify,,,existing,,,,,,\n"
                      b"shop,Close the web shop,avoid,,,,,5000,,,,\n"
                      b"cover,Cyber policy,share,,,,,,3000,,,\n"
                      b"bear,Bear the rest,retain,,,,,,,,,\n",
    "effects.csv": b"treatment_id,scenarios,assets,events,factor,operation,amount,coverage,reliability,overlap\n"
                   b"edr,kind=theft,,,frequency,multiply,0.7,0.9,0.95,perimeter 0.5\n"
                   b"edr,scenario_id=s5,class=laptop,,resistance,add,uniform 5 10,,,perimeter 0.5\n"
                   b"cheap,scenario_id=s1,*,,susceptibility,cap,0.15,,,\n"
                   b"backup,event!='',,,primary_response,multiply,0.5,,,\n"
                   b"backup,,,event_id=worm,frequency,set,0.1,,,\n"
                   b"train,scenario_id=s2,site=north,,frequency,add,normal -0.2 0.05 to 0,,,\n"
                   b"train,scenario_id=s3,,,hit_probability,multiply,beta 5 5,,0.8,\n"
                   b"badge,scenario_id=s2,,,primary,multiply,0.9,,,\n"
                   b"shop,kind=outage,,,,,,,,\n"
                   b"shop,scenario_id=s1,,,secondary,multiply,1.2,,,\n",
    "insurance.csv": b"treatment_id,policy,layer,scenarios,assets,forms,basis,retention,limit,share,"
                     b"aggregate_retention,aggregate_limit,waiting\n"
                     b"current,House,1,*,,response|fines,event,1000,50000,0.9,,100000,\n"
                     b"current,House,2,,,,year,60000,,,,,\n"
                     b"cover,Cyber,,kind=theft,class=laptop,,,0,1e6,1,,,8\n",
    "appetite.csv": b"scope,loss,probability\n"
                    b"portfolio,1000,0.5\n"
                    b"portfolio,10000,0.1\n"
                    b"class=server,5000,0.2\n",
}
# The same, with what people decided about it, and zones with their security levels.
GOVERNANCE = TREATMENTS | {
    "assets.csv": b"asset_id,class,site,value,quantity,resistance,zone\n"
                  b"a1,server,north,1000,1,,cell\n"
                  b"a2,server,south,2000,2,,dmz\n"
                  b"a3,laptop,north,300,10,uniform 20 60,\n",
    "decisions.csv": b"scenarios,treatment_id,option,decided_by,decided_on,review_by,maximum_aal,reason\n"
                     b"kind=theft,,retain,Ann,2025-03-01,2026-03-01,50000,Small\n"
                     b"scenario_id=s1,,modify,Bob,2025-06-01,2025-12-31,,First things first\n"
                     b",edr,modify,Ann,2025-06-01,,,\n",
    "zones.csv": b"zone,from,to,sl_t_fr1,sl_t_fr2,sl_t_fr3,sl_t_fr4,sl_t_fr5,sl_t_fr6,sl_t_fr7,"
                 b"sl_a_fr1,sl_a_fr2,sl_a_fr3,sl_a_fr4,sl_a_fr5,sl_a_fr6,sl_a_fr7\n"
                 b"cell,,,2,2,2,1,2,1,3,1,1,2,1,0,1,2\n"
                 b"dmz,,,3,,,,,,,2,,,,,,\n"
                 b",cell,dmz,2,2,2,2,2,2,2,1,1,1,1,1,1,1\n",
}
# file of cases -> the study that they edit
STUDIES = {"cases.txt": BASE, "cases-events.txt": EVENTS, "cases-treatments.txt": TREATMENTS,
           "cases-governance.txt": GOVERNANCE}


def raw(text):
    """The bytes that a text of cases.txt stands for."""
    text = re.sub(r"<(\d+) x (.*?)>", lambda x: int(x[1]) * x[2], text)
    return text.encode().decode("unicode_escape").encode("latin-1")


def cell_set(content, row_id, column, value):
    """The table with one cell changed; the row is named by its first cell or its number."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    row = next(row for row in rows if row[0] == row_id)
    row[rows[0].index(column)] = value.decode("utf-8")
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def edit(files, line):
    name, _, change = line.partition(":")
    change = change.removeprefix(" ")
    verb, _, rest = change.partition(" ")
    if verb == "absent":
        del files[name]
    elif verb == "folder":
        files[name] = None
    elif verb == "is":
        files[name] = raw(rest)
    elif verb == "add":
        files[name] += raw(rest) + b"\n"
    elif verb == "replace":
        old, new = (raw(part) for part in (rest + " ").split(" -> "))
        assert old in files[name], f"{name} has no {old!r} to replace"
        files[name] = files[name].replace(old, new[:-1])
    else:
        target, _, value = change.partition(" =")
        row_id, _, column = target.partition(".")
        files[name] = cell_set(files[name], row_id, column, raw(value.removeprefix(" ")))


def cases(name, study):
    """(name, files, messages, verdict) of every case of a file, in order."""
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        blocks = ("\n" + file.read()).split("\n== ")[1:]
    for block in blocks:
        name, *lines = block.rstrip("\n").split("\n")
        files, messages, verdict = dict(study), [], "refused"
        for line in lines:
            if line.startswith("> "):
                messages.append(line[2:])
            elif line.startswith("= "):
                verdict = line[2:]
            elif line:
                edit(files, line)
        yield name, files, messages, verdict


def write(folder, files):
    for name, content in files.items():
        path = os.path.join(folder, name)
        if content is None:
            os.mkdir(path)
            continue
        with open(path, "wb") as file:
            file.write(content)


def check(files):
    """Exit status, standard output and the lines of standard error of `check --json`."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, files)
        done = subprocess.run([LOSSMILL, "check", "--json", folder], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120)
    return done.returncode, done.stdout, done.stderr.decode("utf-8").splitlines()


def facts(out):
    """What check has read, without what may differ between equal studies: how it was written."""
    report = json.loads(out)
    report["read"].pop("distinct_selections")
    report["read"].pop("tags")
    report["read"].pop("distinct_distributions")
    without_cost(report)
    return report


def without_cost(part):
    """Takes out what a run is said to take: it knows of the process that has read the study."""
    for key, value in list(part.items()):
        if "memory_bytes" in key or "seconds_one_thread" in key:
            del part[key]
        elif isinstance(value, dict):
            without_cost(value)


def case_failure(files, messages, verdict, base):
    """What is wrong with the behaviour on one case, or None."""
    status, out, err = check(files)
    if status != (INPUT if verdict == "refused" else DONE):
        return f"status {status}\n" + "\n".join(err)
    if err != messages:
        return "printed:\n" + "\n".join("  " + line for line in err)
    if verdict == "refused":
        return "something on standard output" if out else None
    if (verdict == "accepted") != (facts(out) == base):
        return "read as another study" if verdict == "accepted" else "read as the same study"
    return None


# ---------------------------------------------------------------------------------- damage

TOKENS = [b",", b";", b'"', b"'", b"\n", b"\r", b"\0", b"\xff", b"\xc3", b"(", b")", b"*", b"=", b"|",
          b"1e308", b"-1", b"nan", b"1e-320", b"99999999999999999999", b"from", b"to", b"cap", b"pert",
          b"mixture 1 (", b"empirical scenarios.csv:frequency", b"not ", b"lognormal90 1 9",
          b"pareto 1 0.5", b"gpd 0 1 0.9", b"weibull 0.01 1", b"gamma 1e-9 1", b"beta 1e-9 1e9",
          b"splice ", b"product (", b"at_most_once", b"negbinomial 0.001", b"[", b"]", b"#",
          b"assets.csv", b"threat_id", b"resistance", b"value",
          b"edr", b"avoid", b"existing", b"multiply", b"portfolio", b"current",
          b"2026-02-30", b"decided_by", b"zone", b"cell",
          b"event", b"hit_probability", b"driver", b"worm", b"busy", b"lognormal -0.5 1", b"\xef\xbb\xbf", b"%", b"  "]


def cell_damaged(content, chance):
    """The table with one cell replaced, which leaves more of it readable than other damage."""
    lines = content.split(b"\n")
    line = chance.randrange(len(lines))
    cells = lines[line].split(b",")
    cells[chance.randrange(len(cells))] = chance.choice(TOKENS + content.replace(b"\n", b",").split(b","))
    lines[line] = b",".join(cells)
    return b"\n".join(lines)


def damaged(study, chance):
    """A copy of the study with a few pieces of its files cut, doubled, moved or replaced."""
    files = dict(study)
    for _ in range(chance.randint(1, 3)):
        name = chance.choice(sorted(files))
        content = files[name]
        if chance.random() < 0.5:
            files[name] = cell_damaged(content, chance)
            continue
        a, b = sorted(chance.randrange(len(content) + 1) for _ in range(2))
        b = min(b, a + chance.choice([0, 1, 1, 3, 10, 1000]))
        piece = chance.choice([b"", chance.choice(TOKENS), chance.choice(TOKENS) * 300,
                               content[a:b] * 2, bytes([chance.randrange(256)])])
        files[name] = content[:a] + piece + content[b:]
    return files


# What is told names the file, and where there is one the line and the column or key.
# The name of a column may be damaged, and hold anything.
TOLD = re.compile(r"[^:]+(:[1-9][0-9]*)?: ([^ ].*: )?(error|warning): .|[0-9]+ errors and ")


def damage_failure(files):
    status, out, err = check(files)
    if status not in (DONE, INPUT):
        return f"status {status}\n" + "\n".join(err)
    if status == INPUT and (out or not any(": error: " in line for line in err)):
        return "refused without an error\n" + "\n".join(err)
    unclear = [line for line in err if not TOLD.match(line)]
    return "does not say where:\n" + "\n".join(unclear) if unclear else None


def main():
    def count(name, wrong, files=()):
        shown = "".join(f"\n  {file}: {files[file]!r}" for file in files)
        program.check(name, wrong is None, f"{wrong}{shown}")

    chance = random.Random(20260101)
    for cases_name, study in STUDIES.items():
        status, out, err = check(study)
        assert status == DONE and not err, err
        base = facts(out)
        for name, files, messages, verdict in cases(cases_name, study):
            count(name, case_failure(files, messages, verdict, base))
        for i in range(DAMAGED):
            files = damaged(study, chance)
            count(f"damaged study {i} of {cases_name}", damage_failure(files), files)
    program.checks_tell()


if __name__ == "__main__":
    main()
