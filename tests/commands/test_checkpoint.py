#!/usr/bin/env python3
"""Runs that are interrupted, and what they leave: test_checkpoint.py PATH_TO_lossmill

Every function whose name is a claim is one test; it gets a fresh folder. The last line of the output
is 'N passed, N failed'. LOSSMILL_TESTS_KILLS is how often a run is killed.
"""

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import time

from program import DONE, INPUT, LOSSMILL, QUICK, ROOT, STOPPED, SYSTEM, USAGE, call, claims_try, tries

KILLS = int(os.environ.get("LOSSMILL_TESTS_KILLS", tries(8, 20)))
YEARS = 50000 if QUICK else 200000


# ---------------------------------------------------------------------------------- helpers


def study(folder, scenarios=80):
    """A study of many ranges: without groups, whose years would make them larger."""
    path = folder / "study"
    call("generate", path, "--assets", 200, "--scenarios", scenarios, "--years", YEARS)
    ini = (path / "study.ini").read_text(encoding="utf-8")
    (path / "study.ini").write_text(ini[:ini.index("[groups]")] + ini[ini.index("[report]"):], encoding="utf-8")
    return path


def command(path, output, *more):
    return ["run", path, "-o", output, "--checkpoint", "0", "--quiet", *more]


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def checkpoint(output):
    return output.with_name(output.name + ".checkpoint")


def listing(path):
    return sorted(os.listdir(path))


def start(*arguments):
    return subprocess.Popen([LOSSMILL, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def interrupted(path, output, *more):
    """A run that was stopped as soon as there was a checkpoint."""
    process = start(*command(path, output, *more))
    while process.poll() is None and not checkpoint(output).exists():
        time.sleep(0.001)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == STOPPED, process.returncode
    assert checkpoint(output).exists()


# ---------------------------------------------------------------------------------- resuming


def a_run_that_is_killed_again_and_again_gives_the_same_bytes(folder):
    path, output = study(folder), folder / "run.h5"
    started = time.monotonic()
    call(*command(path, folder / "whole.h5"))
    seconds = time.monotonic() - started
    expected, chance, kills, resumed = digest(folder / "whole.h5"), random.Random(1), 0, 0
    while kills < KILLS or (resumed == 0 and kills < 10 * KILLS):
        more = ["--threads", chance.choice((1, 2, 3)), "--isa", chance.choice(("v2", "v3"))]
        process = start(*[option for option in command(path, output, *more) if option != "--quiet"])
        try:
            _, err = process.communicate(timeout=chance.uniform(0, 1.1 * seconds))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            _, err = process.communicate()
            kills += 1
        resumed += b"goes on from" in err
        assert process.returncode in (DONE, -signal.SIGKILL), (process.returncode, err)
        if output.exists():  # complete, though perhaps killed behind its last word
            assert digest(output) == expected
            output.unlink()
        else:
            assert process.returncode != DONE
    call(*command(path, output))
    assert digest(output) == expected
    assert resumed > 0
    assert listing(folder) == ["run.h5", "study", "whole.h5"]
    print(f"    {kills} kills, {resumed} resumed runs")


def shared_events_drivers_treatments_and_insurance_go_on_too(folder):
    for name in ("hospital-group", "midsize-manufacturer")[:1 if QUICK else 2]:
        path, output = ROOT / "datasets" / name, folder / "run.h5"
        # each year of a group is kept, so that ranges are large: enough scenarios for two
        call(*command(path, folder / "whole.h5", "--years", 20000))
        interrupted(path, output, "--years", 20000, "--threads", 1)
        call(*command(path, output, "--years", 20000))
        assert digest(output) == digest(folder / "whole.h5")
        output.unlink()


def stopped_again_and_again(path, output, *more):
    """Where each of the runs went on that it took: (percent, of what)."""
    first = 2 if QUICK else 0.2  # an instrumented program takes most of a second to begin
    places, limit = [], first
    for _ in range(300):
        done = subprocess.run([LOSSMILL, "run", path, "-o", output, "--checkpoint", "0", "--time-limit", f"{limit:.2f}s",
                               *more], capture_output=True, text=True, encoding="utf-8", check=False)
        found = re.findall(r"goes on from .*, at (\d+) % of the ([a-z ]+)", done.stderr)
        place = (int(found[0][0]), found[0][1]) if found else (0, "")
        # where a range was not over in time, the next run gets more of it
        limit = 1.5 * limit if places[-1:] == [place] else first
        places.append(place)
        if done.returncode == DONE:
            return places
        assert done.returncode == STOPPED, done
    raise AssertionError(f"does not come to an end: {places}")


def a_stop_while_treatments_are_priced_goes_on_with_them(folder):
    path, output = folder / "study", folder / "run.h5"
    shutil.copytree(ROOT / "datasets" / "hospital-group", path)
    with open(path / "insurance.csv", "a", encoding="utf-8") as file:
        file.write("current,own,1,threat_id in T01 T02,,,event,200000,1000000,1,,1000000,\n")
    # two blocks of years, each of which is a range for one thread
    call(*command(path, folder / "whole.h5", "--years", 10000))
    places = stopped_again_and_again(path, output, "--years", "10000", "--threads", "1")
    assert digest(output) == digest(folder / "whole.h5")
    # where within them is a matter of the machine's speed; tests/unit/resume.c goes on from every range
    assert any(what in ("treatments", "plans") for _, what in places), places
    assert listing(folder) == ["run.h5", "study", "whole.h5"]


def a_stop_says_how_to_go_on_and_keeps_what_is_done(folder):
    path, output = study(folder), folder / "run.h5"
    output.write_bytes(b"")
    process = start(*command(path, output))
    while process.poll() is None and not checkpoint(output).exists():
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    stopped = time.monotonic()
    out, err = process.communicate()
    assert process.returncode == STOPPED and out == b""
    assert QUICK or time.monotonic() - stopped < 3, "far more than the second that is promised"
    # on a busy machine the second is over before the range: then the reason is not told
    assert b"stopped" in err and b"The same command goes on from there" in err, err
    assert output.read_bytes() == b"" and listing(folder) == ["run.h5", "run.h5.checkpoint", "study"]
    _, err = call("run", path, "-o", output, "--checkpoint", 0)
    assert "goes on from" in err
    assert listing(folder) == ["run.h5", "study"]


def a_time_limit_stops_like_a_signal(folder):
    path, output = study(folder), folder / "run.h5"
    call(*command(path, folder / "whole.h5"))
    for _ in range(1000):
        done = subprocess.run([LOSSMILL, *map(str, command(path, output, "--time-limit", "1s"))],
                              capture_output=True, check=False)
        if done.returncode == DONE:
            break
        assert done.returncode == STOPPED and b"the time limit" in done.stderr, done
    assert digest(output) == digest(folder / "whole.h5")
    for wrong in ("-1", "soon", "1w", ""):
        call(*command(path, output, "--time-limit", wrong), status=USAGE)
        call(*command(path, output, "--checkpoint", wrong), status=USAGE)


# ---------------------------------------------------------------------------------- refusals


def the_checkpoint_of_another_run_is_refused_with_the_reason(folder):
    path, output = study(folder), folder / "run.h5"
    interrupted(path, output)
    before = digest(checkpoint(output))
    for more, reason in ((["--seed", "7"], "seed"), (["--years", "10001"], "years")):
        _, err = call(*command(path, output, *more), status=INPUT)
        assert f"not the same {reason}" in err and "--fresh" in err, err
    with open(path / "assets.csv", "a", encoding="utf-8") as file:
        file.write("\n")
    _, err = call(*command(path, output), status=INPUT)
    assert "not the same assets.csv" in err, err
    assert digest(checkpoint(output)) == before and not output.exists()
    call(*command(path, output, "--fresh"))
    assert listing(folder) == ["run.h5", "study"]


def a_damaged_checkpoint_is_refused(folder):
    path, output = study(folder), folder / "run.h5"
    interrupted(path, output)
    whole, chance = checkpoint(output).read_bytes(), random.Random(2)
    damaged = [b"", whole[:1], whole[:40], whole[:-1], whole + b"\0", b"\211HDF\r\n\032\n" + whole]
    for _ in range(tries(16, 40)):
        at = chance.choice((chance.randrange(200), chance.randrange(len(whole))))
        damaged.append(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1:])
    for data in damaged:
        checkpoint(output).write_bytes(data)
        _, err = call(*command(path, output), status=INPUT)
        assert "checkpoint" in err and "--fresh" in err and not output.exists(), err
        assert checkpoint(output).read_bytes() == data
    checkpoint(output).write_bytes(whole)
    call(*command(path, output))


def what_is_no_checkpoint_is_not_followed(folder):
    path, output = study(folder, 5), folder / "run.h5"
    other = folder / "other"
    other.write_text("not to be touched", encoding="utf-8")
    checkpoint(output).symlink_to(other)
    call(*command(path, output), status=SYSTEM)
    checkpoint(output).unlink()
    checkpoint(output).mkdir()
    call(*command(path, output), status=INPUT)
    checkpoint(output).rmdir()
    os.mkfifo(checkpoint(output))
    call(*command(path, output), status=INPUT)
    call(*command(path, output, "--fresh"))
    assert other.read_text(encoding="utf-8") == "not to be touched"
    assert listing(folder) == ["other", "run.h5", "study"]


def a_checkpoint_that_cannot_be_written_does_not_stop_the_run(folder):
    path, output = study(folder), folder / "run.h5"
    (folder / "run.h5.checkpoint.new").mkdir()
    (folder / "run.h5.checkpoint.new" / "in the way").mkdir()
    _, err = call(*command(path, output))
    assert "warning: the checkpoint cannot be written" in err and err.count("checkpoint") < 5, err
    assert output.exists()


# ---------------------------------------------------------------------------------- the lock


def two_runs_on_one_output_are_refused(folder):
    path, output = study(folder), folder / "run.h5"
    first = start(*command(path, output))
    lock = folder / ".run.h5.lock"
    while first.poll() is None and not (lock.exists() and lock.read_text(encoding="utf-8").strip()):
        time.sleep(0.001)
    _, err = call(*command(path, output), status=SYSTEM)
    assert f"another run, process {first.pid}" in err, err
    call(*command(path, folder / "other.h5", "--years", "10000"))
    assert first.wait() == DONE
    assert listing(folder) == ["other.h5", "run.h5", "study"]


def a_lock_dies_with_its_process(folder):
    path, output = study(folder), folder / "run.h5"
    process = start(*command(path, output))
    while process.poll() is None and not checkpoint(output).exists():
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (folder / ".run.h5.lock").exists()
    (folder / ".run.h5.partial").write_text("what a killed run left", encoding="utf-8")
    call(*command(path, output))
    assert listing(folder) == ["run.h5", "study"]


claims_try(globals())
