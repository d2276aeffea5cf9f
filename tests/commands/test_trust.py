"""What the README's threat model says of files from elsewhere, held against the program.
test_trust.py LOSSMILL"""
import contextlib
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile

import h5py
import numpy as np

LOSSMILL = os.path.abspath(sys.argv[1])
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


def lossmill(*arguments):
    return subprocess.run([LOSSMILL, *map(str, arguments)], capture_output=True, text=True, timeout=300)


def study_made(folder, **changed):
    folder.mkdir()
    for name, text in STUDY.items():
        (folder / name).write_text(text)
    return folder


def a_link_out_of_the_study_is_not_followed(folder):
    (folder / "secret.csv").write_text(SECRET)
    (folder / "outside").mkdir()
    (folder / "outside/losses.csv").write_text(STUDY["losses.csv"])
    for name, target in (("assets.csv", folder / "secret.csv"), ("assets.csv", "../secret.csv"),
                         ("losses.csv", "../outside/losses.csv"), ("losses.csv", "/etc/hostname"),
                         ("study.ini", "../secret.csv")):
        study = study_made(folder / "study")
        (study / name).unlink()
        (study / name).symlink_to(target)
        done = lossmill("run", study, "-o", folder / "x.h5", "-q")
        assert done.returncode == 3, (name, target, done)
        assert f"'{name}' cannot be read: it is a symbolic link out of the study folder" in done.stderr, done.stderr
        assert "4711" not in done.stdout + done.stderr
        assert not (folder / "x.h5").exists()
        shutil.rmtree(study)


def a_linked_folder_out_of_the_study_is_not_followed(folder):
    (folder / "study-elsewhere").mkdir()  # begins as the study's folder does
    (folder / "study-elsewhere/losses.csv").write_text(STUDY["losses.csv"])
    study = study_made(folder / "study")
    (study / "data").symlink_to("../study-elsewhere")
    (study / "scenarios.csv").write_text(STUDY["scenarios.csv"].replace("losses.csv", "data/losses.csv"))
    done = lossmill("check", study)
    assert done.returncode == 3 and "symbolic link out of" in done.stderr, done


def links_within_and_to_a_study_are_followed(folder):
    study = study_made(folder / "study")
    (study / "2026").mkdir()
    (study / "losses.csv").rename(study / "2026/losses.csv")
    (study / "losses.csv").symlink_to("2026/losses.csv")
    (folder / "tonight").symlink_to("study")
    done = lossmill("run", folder / "tonight", "-o", folder / "x.h5", "-q")
    assert done.returncode == 0, done
    shutil.copy(study / "2026/losses.csv", study / "plain.csv")
    (study / "losses.csv").unlink()
    (study / "plain.csv").rename(study / "losses.csv")
    assert lossmill("run", study, "-o", folder / "y.h5", "-q").returncode == 0
    assert (folder / "x.h5").read_bytes() == (folder / "y.h5").read_bytes()


@contextlib.contextmanager
def run_changed(folder, name):
    """(path, h5py file) of a copy of a run that may be changed."""
    if not (folder / "run.h5").exists():
        done = lossmill("run", study_made(folder / "study"), "-o", folder / "run.h5", "-q")
        assert done.returncode == 0, done
    path = folder / name
    shutil.copy(folder / "run.h5", path)
    with h5py.File(path, "r+") as file:
        yield path, file


def refused(path, words):
    for command in (("show", path), ("verify", path), ("report", path, "-o", path.with_suffix(".html")),
                    ("export", path, "--register"), ("rank", path),
                    ("compare", path, path.with_name("run.h5"))):
        done = lossmill(*command)
        assert done.returncode not in (0, 1) or command[0] == "verify", (command, done)
        assert "4711" not in done.stdout + done.stderr
        if command[0] == "show":
            assert done.returncode == 3 and words in done.stderr, (command, done)


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
        assert lossmill("report", folder / "run.h5", "-o", folder / "run.html").returncode == 0
        assert lossmill("export", folder / "run.h5", "--study", folder / "again").returncode == 0
    finally:
        os.umask(before)
    for path in (folder / "run.h5", folder / "run.html", folder / "again", *(folder / "again").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def an_output_that_is_a_link_is_replaced_and_not_written_through(folder):
    study = study_made(folder / "study")
    victim = folder / "victim.h5"
    assert lossmill("run", study, "-o", victim, "-q").returncode == 0
    before = victim.read_bytes()
    (folder / "x.h5").symlink_to("victim.h5")
    assert lossmill("run", study, "-o", folder / "x.h5", "-q", "--seed", "6").returncode == 0
    assert victim.read_bytes() == before and not (folder / "x.h5").is_symlink()


def the_program_calls_no_network_no_program_and_loads_no_code(_):
    done = subprocess.run(["nm", "-D", "--undefined-only", LOSSMILL], capture_output=True, text=True, check=True)
    called = {line.split()[-1].split("@")[0] for line in done.stdout.splitlines()}
    assert "fopen" in called and not called & NEVER_CALLED, called & NEVER_CALLED


CLAIMS = (a_link_out_of_the_study_is_not_followed, a_linked_folder_out_of_the_study_is_not_followed,
          links_within_and_to_a_study_are_followed, a_run_that_is_stored_in_another_file_is_refused,
          a_run_that_links_to_another_file_is_refused, a_run_that_needs_a_filter_of_others_is_refused,
          what_is_written_is_for_its_owner_whatever_the_umask,
          an_output_that_is_a_link_is_replaced_and_not_written_through,
          the_program_calls_no_network_no_program_and_loads_no_code)


def main():
    failed = 0
    for claim in CLAIMS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                claim(pathlib.Path(folder).resolve())
            except AssertionError as wrong:
                failed += 1
                print(f"FAILED {claim.__name__}: {wrong}")
    print(f"{len(CLAIMS) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
