#!/usr/bin/env python3
"""Every night, and what is installed: test_night.py PATH_TO_lossmill

Every function whose name is a claim is one test; it gets a fresh folder. The last line of the output
is 'N passed, N failed'. What is installed comes from the folder of the build that lossmill is in.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import time

from program import DONE, INPUT, LOSSMILL, NO, ROOT, STOPPED, SYSTEM, USAGE, claims_try, execute

BUILD = LOSSMILL.parent
NIGHTLY = ROOT / "scripts" / "nightly"
COMMANDS = ["new", "check", "run", "show", "rank", "plan", "report", "compare", "verify", "export", "fit", "import", "generate"]
os.environ["LOSSMILL"] = str(LOSSMILL)  # which scripts/nightly runs
FEW_YEARS = ["--", "--years", "10000", "--quiet"]


# ---------------------------------------------------------------------------------- helpers


def night(study, runs, *more, status=DONE, **others):
    return execute(NIGHTLY, study, runs, *more, *FEW_YEARS, status=status, **others)


def study_new(folder, name="study"):
    execute(LOSSMILL, "new", folder / name)
    return folder / name


def rewrite(path, before, after):
    text = path.read_text(encoding="utf-8")
    assert before in text, before
    path.write_text(text.replace(before, after), encoding="utf-8")


def names(runs, pattern):
    return sorted(path.name for path in runs.glob(pattern) if not path.name.startswith("latest"))


def latest(runs):
    """The run that both links point to."""
    run, page = os.readlink(runs / "latest.h5"), os.readlink(runs / "latest.html")
    assert page == run.replace(".h5", ".html") and (runs / run).is_file() and (runs / page).is_file(), (run, page)
    return run


def picture(runs):
    return {path.name: (os.readlink(path) if path.is_symlink() else path.stat().st_mtime_ns)
            for path in runs.iterdir() if path.name != ".nightly.lock"}


def listed_options(text):
    """The options of a --help: (letter or "", long name)."""
    return re.findall(r"^  (?:(-\w), |    )(--[a-z-]+)", text, re.M)


def install(where, *more, environment=None):
    return execute("cmake", "--install", BUILD, *more, environment=environment, cwd=where)


def unroffed(page):
    """What a page says, without its macros and escapes."""
    text = re.sub(r"^\.(B|BR|SH|TH) ", "", page, flags=re.M)
    for escape, character in {r"\-": "-", r"\(aq": "'", r"\(ga": "`", r"\(ha": "^", r"\(ti": "~", r"\&": ""}.items():
        text = text.replace(escape, character)
    return text.replace(r"\e", "\\")


# ---------------------------------------------------------------------------------- nights


def the_second_night_compares_with_the_first(folder):
    study, runs = study_new(folder), folder / "runs"
    out, _ = night(study, runs)
    first = latest(runs)
    assert re.fullmatch(r"run-\d{8}-\d{6}\.h5", first) and first in out
    assert names(runs, "compare-*") == []
    rewrite(study / "scenarios.csv", "asset_id=mail,A,0.8", "asset_id=mail,A,0.9")
    out, _ = night(study, runs)
    second = latest(runs)
    assert names(runs, "run-*.h5") == [first, second] and len(names(runs, "run-*.html")) == 2
    comparison = runs / second.replace("run-", "compare-").replace(".h5", ".txt")
    text = comparison.read_text(encoding="utf-8")
    assert re.search(rf"before +{first} ", text) and re.search(rf"after +{second} ", text), text
    assert "frequency 0.8 -> 0.9" in text and comparison.name in out
    assert not [path for path in runs.iterdir() if "partial" in path.name]


def only_old_files_with_its_own_names_are_deleted(folder):
    study, runs = study_new(folder), folder / "runs"
    runs.mkdir()
    (runs / "run-20240101-020000.h5.d").mkdir()
    others = ["run-20240101-020000.h5.bak", "run-2024.h5", "my-run-20240101-020000.h5", "compare-notes.txt",
              "compare-20231231-020000.txt", "run-20240101-020000.csv", "run-x.html"]
    for name in others:
        (runs / name).write_text("mine")
    for stamp in ["20240101-020000", "20240102-020000"]:
        (runs / f"run-{stamp}.html").write_text("old")
        (runs / f"compare-{stamp}.txt").write_text("old")
        shutil.copy(study / "study.ini", runs / f"run-{stamp}.h5")
    outside = folder / "kept.h5"
    outside.write_text("mine")
    (runs / "run-20240103-020000.h5").symlink_to(outside)
    night(study, runs, "--keep", 2, status=INPUT)  # the last one is no run: told, and the night goes on
    first = latest(runs)
    assert names(runs, "run-????????-??????.h5") == ["run-20240102-020000.h5", "run-20240103-020000.h5", first]
    assert not (runs / "run-20240101-020000.html").exists()
    assert not (runs / "compare-20240101-020000.txt").exists()
    assert (runs / "compare-20240102-020000.txt").exists()
    night(study, runs, "--keep=1")
    assert names(runs, "run-????????-??????.h5") == ["run-20240103-020000.h5", latest(runs)] and latest(runs) != first
    assert all((runs / name).read_text() == "mine" for name in [*others, "run-20240103-020000.h5"])


def a_run_named_by_a_clock_gone_back_is_kept_and_compared_with(folder):
    study, runs = study_new(folder), folder / "runs"
    night(study, runs)
    ahead = "run-20990101-000000.h5"
    os.rename(runs / latest(runs), runs / ahead)
    night(study, runs, "-k", 1)
    run = latest(runs)
    assert names(runs, "run-*.h5") == [run], names(runs, "run-*.h5")
    assert ahead in (runs / run.replace("run-", "compare-").replace(".h5", ".txt")).read_text()


def a_broken_study_fails_loudly_and_leaves_the_last_good_run(folder):
    study, runs = study_new(folder), folder / "runs"
    night(study, runs)
    before = picture(runs)
    rewrite(study / "scenarios.csv", "primary_response", "primary_reponse")
    _, err = night(study, runs, status=INPUT)
    assert "unknown column" in err and "FAILED: lossmill check" in err.splitlines()[-1], err
    assert picture(runs) == before
    rewrite(study / "scenarios.csv", "primary_reponse", "primary_response")
    _, err = execute(NIGHTLY, study, runs, "--", "--years", "0", status=USAGE)
    assert "FAILED: lossmill run" in err.splitlines()[-1] and picture(runs) == before, err


def a_broken_last_run_does_not_break_the_nights_after(folder):
    study, runs = study_new(folder), folder / "runs"
    night(study, runs)
    first = latest(runs)
    (runs / first).write_bytes((runs / first).read_bytes()[:5000])
    _, err = night(study, runs, status=INPUT)
    assert "FAILED: lossmill compare" in err.splitlines()[-1], err
    assert latest(runs) != first and names(runs, "compare-*") == [] and not (runs / ".compare.partial").exists()
    night(study, runs)
    assert len(names(runs, "compare-*")) == 1


def a_worse_verdict_is_status_1_after_all_was_written(folder):
    study, runs = study_new(folder), folder / "runs"
    (study / "appetite.csv").write_text("scope,loss,probability\nportfolio,5000000,0.2\n")
    night(study, runs)
    first = latest(runs)
    rewrite(study / "scenarios.csv", "pert 0.2 0.5 1.5,scenario,pert 0.05 0.1 0.3", "20,scenario,1")
    _, err = night(study, runs, "--keep", 1, status=NO)
    assert "WORSE" in err.splitlines()[-1], err
    assert latest(runs) != first and names(runs, "run-*.h5") == [latest(runs)] and len(names(runs, "compare-*")) == 1


def two_nights_never_overlap(folder):
    study, runs = study_new(folder), folder / "runs"
    night(study, runs)
    before = picture(runs)
    with open(runs / ".nightly.lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _, err = night(study, runs, status=SYSTEM)
        assert "another night is at work" in err.splitlines()[-1] and picture(runs) == before, err
    night(study, runs)


def a_signal_stops_the_night_and_the_run_with_it(folder):
    study, runs = study_new(folder), folder / "runs"
    with subprocess.Popen([NIGHTLY, study, runs, "--", "--years", "50000000"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        time.sleep(1.5)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)  # ends once no child holds the pipes
    assert process.returncode == STOPPED and b"stopped by SIGTERM" in err.splitlines()[-1], err
    assert [path.name for path in runs.iterdir()] == [".nightly.lock"]


def a_night_that_was_killed_is_taken_up_by_the_next(folder):
    study, runs = study_new(folder), folder / "runs"
    night(study, runs)
    years = ["--", "--years", "1000000", "--checkpoint", "0"]
    process = subprocess.Popen([NIGHTLY, study, runs, *years],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None and not names(runs, "*.checkpoint"):
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with open(runs / ".nightly.lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the run itself may take longer to die
    [checkpoint] = names(runs, "*.checkpoint")
    _, err = execute(NIGHTLY, study, runs, *years)
    assert "goes on from" in err
    assert (runs / checkpoint.removesuffix(".checkpoint")).samefile(runs / "latest.h5")
    assert len(names(runs, "run-*.h5")) == 2 and not names(runs, "*.checkpoint*") and not names(runs, ".run-*")

    (runs / (checkpoint.replace("2", "3", 1))).write_bytes(b"of no use")
    _, err = night(study, runs)
    assert "of no use any more: deleted" in err
    assert not names(runs, "*.checkpoint*")


def what_is_not_a_link_is_not_replaced(folder):
    study, runs = study_new(folder), folder / "runs"
    runs.mkdir()
    (runs / "latest.h5").write_text("mine")
    _, err = night(study, runs, status=INPUT)
    assert "is not a link" in err and (runs / "latest.h5").read_text() == "mine"
    assert names(runs, "run-*") == []


def wrong_usage_is_status_2(folder):
    for arguments in [[], ["study"], ["study", "runs", "more"], ["study", "runs", "--keep"],
                      ["study", "runs", "--keep", "0"], ["study", "runs", "--keep", "x"],
                      ["study", "runs", "--years", "5"]]:
        _, err = execute(NIGHTLY, *arguments, status=USAGE, cwd=folder)
        assert "Usage: lossmill-nightly" in err, err
    assert list(folder.iterdir()) == []


def names_with_blanks_and_quotes_are_only_names(folder):
    study = study_new(folder).rename(folder / "a 'study' $(touch x)")
    night(study.name, "the *runs; of", cwd=folder)
    night(study.name, "the *runs; of/", cwd=folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted([study.name, "the *runs; of"])
    assert len(names(folder / "the *runs; of", "compare-*")) == 1


def the_scripts_are_as_shellcheck_wants_them(_folder):
    if shutil.which("shellcheck"):
        execute("shellcheck", NIGHTLY, ROOT / "scripts" / "manuals", ROOT / "scripts" / "completions",
                BUILD / "documents" / "completions" / "lossmill", "--shell=bash")


# ---------------------------------------------------------------------------------- installed


def everything_is_installed_and_a_night_runs_from_there(folder):
    prefix = folder / "a prefix"
    install(folder, "--prefix", prefix)
    pages = [f"share/man/man1/lossmill{suffix}.1" for suffix in ["", "-nightly", *(f"-{c}" for c in COMMANDS)]]
    for name in ["bin/lossmill", "bin/lossmill-nightly", "lib/systemd/system/lossmill-nightly@.service",
                 "lib/systemd/system/lossmill-nightly@.timer", "lib/sysusers.d/lossmill.conf",
                 "share/bash-completion/completions/lossmill", "share/zsh/site-functions/_lossmill",
                 "share/lossmill/datasets/midsize-manufacturer/study.ini",
                 "share/lossmill/datasets/hospital-group/study.ini",
                 "share/lossmill/datasets/catalogues/README.md", "share/doc/lossmill/LICENSE", *pages]:
        assert (prefix / name).is_file(), name
    assert len(list((prefix / "share/man/man1").iterdir())) == len(pages)
    execute(prefix / "bin/lossmill-nightly", study_new(folder), folder / "runs", *FEW_YEARS,
            environment={"LOSSMILL": "", "PATH": "/usr/bin:/bin"})
    latest(folder / "runs")


def a_staged_install_names_the_final_paths(folder):
    install(folder, "--prefix", "/opt/risk", environment={"DESTDIR": str(folder / "stage")})
    unit = (folder / "stage/opt/risk/lib/systemd/system/lossmill-nightly@.service").read_text()
    assert "ExecStart=/opt/risk/bin/lossmill-nightly --keep 30 /var/lib/lossmill/studies/%i" in unit
    assert "@BIN" not in unit
    for line in ["ProtectSystem=strict", "PrivateNetwork=yes", "NoNewPrivileges=yes",
                 "ReadWritePaths=/var/lib/lossmill/runs/%i"]:
        assert line in unit.splitlines(), line
    assert "Persistent=true" in (ROOT / "scripts/systemd/lossmill-nightly@.timer").read_text().splitlines()


def systemd_understands_every_line_of_the_units(folder):
    if not shutil.which("systemd-analyze"):
        return
    prefix = folder / "prefix"
    install(folder, "--prefix", prefix)
    done = subprocess.run(["systemd-analyze", "verify", *sorted((prefix / "lib/systemd/system").iterdir())],
                          capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines()
            if re.search(r"lossmill-nightly@.*:\d+:|Unknown|[Ff]ailed to parse|not executable", line)]
    assert ours == [], ours


# ---------------------------------------------------------------------------------- documents


def every_command_has_a_manual_page_that_says_what_help_says(_folder):
    out, _ = execute(LOSSMILL, "--help")
    assert re.findall(r"^  ([a-z]+)  +[a-z]", out, re.M) == COMMANDS
    helps = {"lossmill": out, "lossmill-nightly": execute(NIGHTLY, "--help")[0],
             **{f"lossmill-{command}": execute(LOSSMILL, command, "--help")[0] for command in COMMANDS}}
    for name, text in helps.items():
        page = (BUILD / "documents" / "man" / f"{name}.1").read_text(encoding="utf-8")
        words = unroffed(page).split()
        missing = [word for word in re.sub(r"^(Usage|Example):", "", text, flags=re.M).split()
                   if word not in words and f"lossmill-{word}" not in words]
        assert missing == [], (name, missing)
        sections = re.findall(r"^\.SH (.*)$", page, re.M)
        assert sections[:3] == ["NAME", "SYNOPSIS", "DESCRIPTION"] and sections[-1] == "SEE ALSO", (name, sections)
        assert re.search(r"^\.SH NAME\n" + re.escape(name.replace("-", r"\-")) + r" \\- [a-z].*[^.]$", page, re.M)
        for letter, option in listed_options(text):
            label = (f"{letter}, " if letter else "") + option
            assert re.search(r"^\.TP\n\.B " + re.escape(label.replace("-", r"\-")) + r"( |$)", page, re.M), (name, option)


def every_manual_page_is_sound_roff(_folder):
    pages = sorted((BUILD / "documents" / "man").glob("*.1"))
    assert len(pages) == len(COMMANDS) + 2
    for path in pages:
        depth = {"nf": 0, "RS": 0}
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith((".", "'")):
                macro = line[1:].split(" ")[0]
                assert macro in ["\\\"", "TH", "SH", "PP", "TP", "B", "BR", "RS", "RE", "nf", "fi", "br", "sp", "ad",
                                 "nh"], (path.name, line)
                depth["nf"] += {"nf": 1, "fi": -1}.get(macro, 0)
                depth["RS"] += {"RS": 1, "RE": -1}.get(macro, 0)
                assert set(depth.values()) <= {0, 1}, (path.name, line)
            assert not re.search(r"\\(?![-e&\"]|\((aq|ga|ha|ti))", line), (path.name, line)
        assert set(depth.values()) == {0}, path.name
        if shutil.which("groff"):
            out, err = execute("groff", "-man", "-Tutf8", "-ww", path)
            assert err == "" and len(out.splitlines()) > 10, (path.name, err)


def a_help_that_looks_like_roff_is_told_as_it_is(folder):
    fake = folder / "lossmill"
    fake.write_text("""#!/bin/sh
if [ "$1" = --help ]; then
    printf 'Usage: lossmill COMMAND ...\\n\\nDoes.\\n\\n  odd        does\\n\\nStart with\\n'
else
    printf '%s\\n' 'Usage: lossmill odd X' '' 'Does.' '' '  -x, --ex                .SH \\fBx' '' \\
        '.so /etc/passwd' "'tis \\\\n(.x and a-b ~^\\`"
fi
""")
    fake.chmod(0o755)
    execute(ROOT / "scripts" / "manuals", fake, "1", folder / "man")
    page = (folder / "man" / "lossmill-odd.1").read_text()
    assert "\n\\&.so /etc/passwd\n" in page and "\n\\&.SH \\efBx\n" in page, page
    assert "\\(aqtis \\en(.x and a\\-b \\(ti\\(ha\\(ga" in page, page


def completed(word, *before):
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lossmill; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    out, _ = execute("bash", "-c", script, "bash", BUILD / "documents" / "completions" / "lossmill", "lossmill",
                     *before, word)
    return out.split()


def completion_lists_every_option_that_help_lists(_folder):
    assert completed("") == [*COMMANDS, "help", "--help", "--version"]
    assert completed("re") == ["report"] and completed("c") == ["check", "compare"]
    zsh = (BUILD / "documents" / "completions" / "_lossmill").read_text(encoding="utf-8")
    for command in COMMANDS:
        listed = listed_options(execute(LOSSMILL, command, "--help")[0])
        words = sorted(word for pair in listed for word in pair if word)
        assert sorted(completed("-", command)) == words, command
        block = re.search(rf"^    {command}\) _arguments(.*?);;$", zsh, re.M | re.S).group(1)
        assert sorted(set(re.findall(r"(?<=['{,])--?[a-z-]+", block))) == words, (command, block)
    assert completed("", "run", "--years") == []
    if shutil.which("zsh"):
        execute("zsh", "-n", BUILD / "documents" / "completions" / "_lossmill")


claims_try(globals())
