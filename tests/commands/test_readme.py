#!/usr/bin/env python3
"""What the README shows is what the program does: the output of the example study, the table of the result
file, the commands, the messages and the links."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import h5py

LOSSMILL = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "datasets" / "midsize-manufacturer"
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "COLUMNS": "100"}

passed = failed = 0


def check(what, good, detail=""):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print(f"FAILED {what}: {detail}")


def call(*arguments, folder=None):
    done = subprocess.run([LOSSMILL, *map(str, arguments)], capture_output=True, text=True, env=ENVIRONMENT,
                          check=False, encoding="utf-8", cwd=folder)
    return done.returncode, done.stdout, done.stderr


def blocks():
    return re.findall(r"^```\w*\n(.*?)^```$", README, re.M | re.S)


def lines_are_printed(tables, arguments, folder=None):
    """The blocks of the README that show what the command prints, perhaps with lines left out."""
    status, out, err = call(*arguments, folder=folder)
    check(f"{arguments[0]} is done", status == 0, err)
    output = out.splitlines()
    for line in "".join(tables).splitlines():
        cut_short = re.match(r"  and \d+ more", line)
        check(f"a line of {arguments[0]} in the README is printed", cut_short or line in output, line)


def shown_lines_are_printed(run):
    tables = [b for b in blocks() if b.startswith(("Mid-size manufacturer", "What strikes together"))]
    rank = [b for b in tables if "treatments by saved AAL" in b]
    plan = [b for b in tables if "Plans by expected loss" in b]
    verify = [b for b in tables if "content_sha256" in b]
    show = [b for b in tables if b not in rank + plan + verify]
    check("the README shows all outputs", (len(show), len(rank), len(plan), len(verify)) == (2, 1, 1, 1),
          len(tables))
    lines_are_printed(show, ["show", run])
    lines_are_printed(rank, ["rank", run, "--top", 8])
    lines_are_printed(plan, ["plan", run, "--budget", "500k"])
    lines_are_printed(verify, ["verify", run.name], run.parent)
    a_difference_is_printed(run)


def a_difference_is_printed(run):
    """The year that the README alters by a cent."""
    altered = run.parent / "altered.h5"
    shutil.copy(run, altered)
    with h5py.File(altered, "r+") as file:
        loss = file["portfolio/annual_loss"]
        loss[4711] = round(loss[4711] + 0.01, 2)
    status, out, err = call("verify", altered)
    check("an altered run is told", status == 1, err)
    for line in [b for b in blocks() if b.startswith("  FAILED ")][0].splitlines():
        check("a line of a failed verify in the README is printed", line in out.splitlines(), line)


def the_fit_is_printed():
    tables = [b for b in blocks() if "losses in loss of fit_losses.csv" in b]
    commands = [b for b in blocks() if b.startswith("lossmill fit ")]
    check("the README shows a fit", (len(tables), len(commands)) == (1, 1), (len(tables), len(commands)))
    arguments = commands[0].split()[1:]
    arguments = arguments[:arguments.index("--plot")]
    lines_are_printed(tables, [ROOT / a if a.endswith(".csv") else a for a in arguments])


def the_comparison_is_printed(folder, run):
    """The section on what changed: the example, with one cell changed and an asset added."""
    study = folder / "tonight"
    shutil.copytree(EXAMPLE, study)
    scenarios, assets = study / "scenarios.csv", study / "assets.csv"
    changed = scenarios.read_text(encoding="utf-8").replace(",C|A,0.306,", ",C|A,0.5,", 1)
    scenarios.write_text(changed, encoding="utf-8")
    with assets.open("a", encoding="utf-8") as file:
        file.write("srv-erp-03,ERP application server 3,server,Finance,it.operations,HQ,it-server,90000,1,,3,4,4,high\n")
    status, _, err = call("run", study, "-o", folder / "tonight.h5", "--quiet")
    check("the changed example runs", status == 0, err)
    shutil.copy(run, folder / "last.h5")
    # as in the README, without their folder
    status, out, err = call("compare", "last.h5", "tonight.h5", folder=folder)
    check("compare", status == 0, err)
    tables = [b for b in blocks() if b.startswith("What changed:")]
    check("the README shows a comparison", len(tables) == 1, len(tables))
    for line in "".join(tables).splitlines():
        check("a line of the comparison is printed", line in out.splitlines(), line)


# dtype as the README calls it
def type_name(dataset):
    return "text" if dataset.dtype.kind == "S" else str(dataset.dtype)


def described(file):
    """Path -> (type, dimensions, units, meaning) as the file says it."""
    found = {}

    def visit(name, x):
        if not isinstance(x, h5py.Dataset) or name.startswith("study/"):
            return
        units = x.attrs["units"] if "units" in x.attrs else b""
        units = units.decode() if isinstance(units, bytes) else str(units)
        dimensions = [d.label or (list(d.keys()) or [name.split("/")[-1]])[0] for d in x.dims]
        meaning = x.attrs["long_name"]
        path = re.sub(r"^group/[^/]+/", "group/COLUMN/", name)
        found["/" + path] = (type_name(x), len(dimensions), units, meaning.decode() if isinstance(meaning, bytes) else meaning)

    file.visititems(visit)
    return found


def run_with_current_insurance(folder):
    """A run of the first study that has what only insurance brings."""
    study, run = folder / "insured-study", folder / "insured.h5"
    call("new", study)
    (study / "insurance.csv").write_text("treatment_id,policy,retention\ncurrent,cyber,100000\n")
    status, _, err = call("run", study, "-o", run, "--years", 10000, "--quiet")
    check("run of the first study with insurance", status == 0, err)
    return run


def the_table_of_the_file_is_complete(run, insured):
    rows = re.findall(r"^\| `(/[^`]*)` \| (\S+) \| ([^|]*) \| ([^|]*) \| (.*) \|$", README, re.M)
    with h5py.File(run) as file:
        found = described(file)
    with h5py.File(insured) as file:
        found = {**described(file), **found}
    currency = "EUR"
    check("every dataset is in the README", set(found) == {r[0] for r in rows},
          set(found) ^ {r[0] for r in rows})
    for path, kind, dimensions, units, meaning in rows:
        if path not in found:
            continue
        expected = (kind, len(dimensions.split(",")), units.strip().replace("currency", currency), meaning.strip())
        check(f"{path} is described", found[path] == expected, f"{found[path]} against {expected}")


def commands_explain_themselves():
    for command in re.findall(r"^\| `lossmill (\w+)[^`]*` \|", README, re.M):
        status, out, _ = call(command, "--help")
        check(f"{command} --help", status == 0 and out, status)


def the_first_study_runs_with_events(folder):
    """The section on events: its tables, added to the first study."""
    study = folder / "first-study"
    check("new", call("new", study)[0] == 0)
    added = {b.split(",")[0]: b for b in blocks() if b.startswith(("event_id,", "driver,", "scenario_id,"))}
    (study / "events.csv").write_text(added["event_id"])
    (study / "drivers.csv").write_text(added["driver"])
    old, new = (study / "scenarios.csv").read_text(), added["scenario_id"].splitlines()
    head = next(line for line in old.splitlines() if line.startswith("scenario_id,"))
    columns = head.split(",") + ["event", "hit_probability"]
    lines = [line if not line.startswith("scenario_id,") else ",".join(columns) for line in old.splitlines()]
    for row in new[1:]:
        cells = dict(zip(new[0].split(","), row.split(",")))
        lines.append(",".join(cells.get(c, "") for c in columns))
    width = len(columns)
    lines = [line + ",," if line.count(",") == width - 3 else line for line in lines]
    (study / "scenarios.csv").write_text("\n".join(lines) + "\n")
    status, out, err = call("check", study)
    check("check of the first study with events", status == 0 and "outbreak" in out, err)


def the_first_study_runs_with_treatments(folder):
    """The section with an example of each option: its tables, added to the first study."""
    study, run = folder / "treated-study", folder / "treated.h5"
    check("new", call("new", study)[0] == 0)
    starts = {"treatment_id,name,": "treatments.csv", "treatment_id,scenarios,": "effects.csv",
              "treatment_id,policy,": "insurance.csv", "control_id,": "controls.csv", "scope,": "appetite.csv"}
    for start, name in starts.items():
        found = [b for b in blocks() if b.startswith(start)]
        check(f"the README has an example of {name}", len(found) == 1, len(found))
        (study / name).write_text(found[0])
    status, out, err = call("check", study)
    check("check of the first study with treatments", status == 0 and "5 treatments" in out and "warning" not in err, err)
    status, _, err = call("run", study, "-o", run, "--years", 10000, "--quiet")
    check("run of the first study with treatments", status == 0, err)
    with h5py.File(run) as file:
        options = {x.decode() for x in file["treatment/option"][:]}
        check("each option has an example", options == {"modify", "share", "avoid", "retain"}, options)


def anchor(heading):
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def links_lead_somewhere():
    texts = {path: path.read_text(encoding="utf-8") for path in
             (ROOT / "README.md", *(ROOT / "datasets").rglob("*.md"), *(ROOT / "bench").rglob("*.md"))}
    prose = {path: re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S) for path, text in texts.items()}
    anchors = {path: {anchor(h) for h in re.findall(r"^#+ (.*)$", text, re.M)} for path, text in prose.items()}
    for path, text in prose.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in target:
                continue
            name, _, wanted = target.partition("#")
            to = (path.parent / name).resolve() if name else path
            check(f"{path.relative_to(ROOT)} links to something", to.exists(), target)
            check(f"{path.relative_to(ROOT)} links to a heading", not wanted or wanted in anchors.get(to, ()), target)
    contents = README[README.index("**Contents**"):README.index("## Two commands")]
    for heading in re.findall(r"^## (.*)$", prose[ROOT / "README.md"], re.M):
        check("a section stands in the contents", f"(#{anchor(heading)})" in contents, heading)


def the_embedding_program_is_the_example():
    found = re.findall(r"^```c\n(.*?)^```$", README, re.M | re.S)
    check("the README shows a program that embeds the engine", len(found) == 1, len(found))
    embed = (ROOT / "engine" / "library" / "example" / "embed.c").read_text(encoding="utf-8")
    lines = {line.strip() for line in embed.splitlines()}
    for line in "".join(found).splitlines():
        check("a line of the README is one of the example", line.strip() in lines, line)


def the_register_is_imported(folder):
    """The section on registers: its export and bands, and what import says."""
    starts = {"Code,Name,": "risks.csv", "scale,level,": "bands.csv", "risks.csv:1:": None}
    found = {start: [b for b in blocks() if b.startswith(start)] for start in starts}
    check("the README shows an import", all(len(b) == 1 for b in found.values()), found)
    for start, name in starts.items():
        if name:
            (folder / name).write_text(found[start][0])
    status, out, err = call("import", "risks.csv", "--as", "scenarios", "--bands", "bands.csv", "-o", "plant", folder=folder)
    check("import", status == 0, err)
    check("the README shows what import says", (err + out).startswith(found["risks.csv:1:"][0]), err + out)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run = folder / "run.h5"
        status, _, err = call("run", EXAMPLE, "-o", run, "--quiet")
        check("the example runs", status == 0, err)
        shown_lines_are_printed(run)
        the_table_of_the_file_is_complete(run, run_with_current_insurance(folder))
        the_comparison_is_printed(folder, run)
        the_fit_is_printed()
        commands_explain_themselves()
        links_lead_somewhere()
        the_embedding_program_is_the_example()
        the_first_study_runs_with_events(folder)
        the_first_study_runs_with_treatments(folder)
        the_register_is_imported(folder)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
