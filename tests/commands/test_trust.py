"""What the README's threat model says of files from elsewhere, held against the program.
test_trust.py LOSSMILL"""
import contextlib
import os
import shutil
import stat
import subprocess

import h5py
import numpy as np

from program import DONE, INPUT, LOSSMILL, NO, call, claims_try, folder_write

SECRET = "asset_id,value\ntop-secret-4711,1\n"
STUDY = {
    "study.ini": "[study]\ntitle = Trust\ncurrency = EUR\nas_of = 2026-01-15\nyears = 2000\nseed = 5\n"
                 "[report]\nreturn_periods = 10, 100\nquantiles = 0.95\n",
    "assets.csv": "asset_id,value\nserver,1000\n",
    "scenarios.csv": "scenario_id,assets,frequency,primary_response\n"
                     "fire,*,0.5,empirical losses.csv:loss\n",
    "losses.csv": "loss\n100\n250\n",
}
# what the program would need to talk to another machine, to start another program or to load code
NEVER_CALLED = {"socket", "connect", "bind", "listen", "accept", "getaddrinfo", "gethostbyname", "system", "popen",
                "execve", "execv", "execvp", "execl", "execlp", "execle", "vfork", "posix_spawn", "posix_spawnp",
                "dlopen"}


def a_link_out_of_the_study_is_not_followed(folder):
    (folder / "secret.csv").write_text(SECRET)
    (folder / "outside").mkdir()
    (folder / "outside/losses.csv").write_text(STUDY["losses.csv"])
    for name, target in (("assets.csv", folder / "secret.csv"), ("assets.csv", "../secret.csv"),
                         ("losses.csv", "../outside/losses.csv"), ("losses.csv", "/etc/hostname"),
                         ("study.ini", "../secret.csv")):
        study = folder_write(folder / "study", STUDY)
        (study / name).unlink()
        (study / name).symlink_to(target)
        out, err = call("run", study, "-o", folder / "x.h5", "-q", status=INPUT)
        assert f"'{name}' cannot be read: it is a symbolic link out of the study folder" in err, err
        assert "4711" not in out + err
        assert not (folder / "x.h5").exists()
        shutil.rmtree(study)


def a_linked_folder_out_of_the_study_is_not_followed(folder):
    (folder / "study-elsewhere").mkdir()  # begins as the study's folder does
    (folder / "study-elsewhere/losses.csv").write_text(STUDY["losses.csv"])
    study = folder_write(folder / "study", STUDY)
    (study / "data").symlink_to("../study-elsewhere")
    (study / "scenarios.csv").write_text(STUDY["scenarios.csv"].replace("losses.csv", "data/losses.csv"))
    _, err = call("check", study, status=INPUT)
    assert "symbolic link out of" in err, err


def links_within_and_to_a_study_are_followed(folder):
    study = folder_write(folder / "study", STUDY)
    (study / "2026").mkdir()
    (study / "losses.csv").rename(study / "2026/losses.csv")
    (study / "losses.csv").symlink_to("2026/losses.csv")
    (folder / "tonight").symlink_to("study")
    call("run", folder / "tonight", "-o", folder / "x.h5", "-q")
    shutil.copy(study / "2026/losses.csv", study / "plain.csv")
    (study / "losses.csv").unlink()
    (study / "plain.csv").rename(study / "losses.csv")
    call("run", study, "-o", folder / "y.h5", "-q")
    assert (folder / "x.h5").read_bytes() == (folder / "y.h5").read_bytes()


@contextlib.contextmanager
def run_changed(folder, name):
    """(path, h5py file) of a copy of a run that may be changed."""
    if not (folder / "run.h5").exists():
        call("run", folder_write(folder / "study", STUDY), "-o", folder / "run.h5", "-q")
    path = folder / name
    shutil.copy(folder / "run.h5", path)
    with h5py.File(path, "r+") as file:
        yield path, file


def refused(path, words):
    for command in (("show", path), ("verify", path), ("report", path, "-o", path.with_suffix(".html")),
                    ("export", path, "--register"), ("rank", path),
                    ("compare", path, path.with_name("run.h5"))):
        done = subprocess.run([LOSSMILL, *command], capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode not in (DONE, NO) or command[0] == "verify", (command, done)
        assert "4711" not in done.stdout + done.stderr
        if command[0] == "show":
            assert done.returncode == INPUT and words in done.stderr, (command, done)


def a_run_that_is_stored_in_another_file_is_refused(folder):
    target = folder / "secret"
    target.write_bytes(b"4711" * 4096)
    with run_changed(folder, "external.h5") as (path, file):
        years = file["/portfolio/annual_loss"].shape
        del file["/portfolio/annual_loss"]
        file.create_dataset("/portfolio/annual_loss", years, "f8", external=[(str(target), 0, h5py.h5f.UNLIMITED)])
    refused(path, "not stored in the file")
    with run_changed(folder, "virtual.h5") as (path, file):
        del file["/portfolio/annual_loss"]
        layout = h5py.VirtualLayout(years, "f8")
        layout[:] = h5py.VirtualSource(str(folder / "run.h5"), "/portfolio/annual_loss", years)
        file.create_virtual_dataset("/portfolio/annual_loss", layout)
    refused(path, "not stored in the file")


def a_run_that_links_to_another_file_is_refused(folder):
    for name, link in (("outer.h5", h5py.ExternalLink(str(folder / "run.h5"), "/portfolio/annual_loss")),
                       ("soft.h5", h5py.SoftLink("/portfolio/largest_event"))):
        with run_changed(folder, name) as (path, file):
            del file["/portfolio/annual_loss"]
            file["/portfolio/annual_loss"] = link
        refused(path, "/portfolio/annual_loss is missing")


def a_run_that_needs_a_filter_of_others_is_refused(folder):
    with run_changed(folder, "filter.h5") as (path, file):
        years = file["/portfolio/annual_loss"][:]
        del file["/portfolio/annual_loss"]
        file.create_dataset("/portfolio/annual_loss", data=years, chunks=True, compression="lzf")
    refused(path, "in a way that lossmill does not write")


def what_is_written_is_for_its_owner_whatever_the_umask(folder):
    before = os.umask(0)
    try:
        with run_changed(folder, "copy.h5"):
            pass
        call("report", folder / "run.h5", "-o", folder / "run.html")
        call("export", folder / "run.h5", "--study", folder / "again")
    finally:
        os.umask(before)
    for path in (folder / "run.h5", folder / "run.html", folder / "again", *(folder / "again").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def an_output_that_is_a_link_is_replaced_and_not_written_through(folder):
    study = folder_write(folder / "study", STUDY)
    victim = folder / "victim.h5"
    call("run", study, "-o", victim, "-q")
    before = victim.read_bytes()
    (folder / "x.h5").symlink_to("victim.h5")
    call("run", study, "-o", folder / "x.h5", "-q", "--seed", "6")
    assert victim.read_bytes() == before and not (folder / "x.h5").is_symlink()


def the_program_calls_no_network_no_program_and_loads_no_code(_folder):
    done = subprocess.run(["nm", "-D", "--undefined-only", LOSSMILL], capture_output=True, text=True, check=True)
    called = {line.split()[-1].split("@")[0] for line in done.stdout.splitlines()}
    assert "fopen" in called and not called & NEVER_CALLED, called & NEVER_CALLED


claims_try(globals())
