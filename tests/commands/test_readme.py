#!/usr/bin/env python3
"""What the README shows is what the program does: the output of the example study, the table of the result
file, the commands, the messages and the links."""
import re
import shutil

import h5py

from program import DATASETS, NO, QUICK, ROOT, SHARED, call, check, checks_tell

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = DATASETS / "midsize-manufacturer"
YEARS = ["--years", 10000] if QUICK else []  # of which nobody has the README's figures


def blocks():
    return re.findall(r"^```\w*\n(.*?)^```$", README, re.M | re.S)


def lines_are_printed(tables, arguments, folder=None):
    lines_are_among(arguments[0], tables, call(*arguments, cwd=folder)[0])


def lines_are_among(what, tables, printed):
    """The blocks of the README that show what a command prints, perhaps with lines left out."""
    for line in "".join(tables).splitlines():
        left_out = QUICK or re.match(r"  and \d+ more", line)
        check(f"a line of {what} in the README is printed", left_out or line in printed.splitlines(), line)


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
    out, _ = call("verify", altered, status=NO)
    lines_are_among("a failed verify", [b for b in blocks() if b.startswith("  FAILED ")][:1], out)


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
    call("run", study, "-o", folder / "tonight.h5", "--quiet", *YEARS)
    shutil.copy(run, folder / "last.h5")
    # as in the README, without their folder
    out, _ = call("compare", "last.h5", "tonight.h5", cwd=folder)
    tables = [b for b in blocks() if b.startswith("What changed:")]
    check("the README shows a comparison", len(tables) == 1, len(tables))
    lines_are_among("the comparison", tables, out)


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
    call("run", study, "-o", run, "--years", 10000, "--quiet")
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
        check(f"{command} --help", call(command, "--help")[0])


def the_first_study_runs_with_events(folder):
    """The section on events: its tables, added to the first study."""
    study = folder / "first-study"
    call("new", study)
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
    out, err = call("check", study)
    check("check of the first study with events", "outbreak" in out, err)


def the_first_study_runs_with_treatments(folder):
    """The section with an example of each option: its tables, added to the first study."""
    study, run = folder / "treated-study", folder / "treated.h5"
    call("new", study)
    starts = {"treatment_id,name,": "treatments.csv", "treatment_id,scenarios,": "effects.csv",
              "treatment_id,policy,": "insurance.csv", "control_id,": "controls.csv", "scope,": "appetite.csv"}
    for start, name in starts.items():
        found = [b for b in blocks() if b.startswith(start)]
        check(f"the README has an example of {name}", len(found) == 1, len(found))
        (study / name).write_text(found[0])
    out, err = call("check", study)
    check("check of the first study with treatments", "5 treatments" in out and "warning" not in err, err)
    call("run", study, "-o", run, "--years", 10000, "--quiet")
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
    out, err = call("import", "risks.csv", "--as", "scenarios", "--bands", "bands.csv", "-o", "plant", cwd=folder)
    check("the README shows what import says", (err + out).startswith(found["risks.csv:1:"][0]), err + out)


def main():
    run = SHARED / "run.h5"
    call("run", EXAMPLE, "-o", run, "--quiet", *YEARS)
    shown_lines_are_printed(run)
    the_table_of_the_file_is_complete(run, run_with_current_insurance(SHARED))
    the_comparison_is_printed(SHARED, run)
    the_fit_is_printed()
    commands_explain_themselves()
    links_lead_somewhere()
    the_embedding_program_is_the_example()
    the_first_study_runs_with_events(SHARED)
    the_first_study_runs_with_treatments(SHARED)
    the_register_is_imported(SHARED)


main()
checks_tell()
