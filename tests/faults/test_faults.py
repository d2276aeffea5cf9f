#!/usr/bin/env python3
"""Commands whose memory, disk, threads or life end at the n-th call: test_faults.py PATH_TO_lossmill PATH_TO_faults.so

Each loop is a command and a kind of fault (faults.c). For every n it runs the command with the n-th call failing,
until there are fewer than n. Whatever fails, the command

- does what it should, byte for byte, where it can do without; or ends with status 4 and says why;
- never ends by a signal, but by that of a simulated power loss;
- leaves an output that is the old one or the new one, whole, and no other file, unless it was not let remove it;
- does what it should when it is called again, and leaves nothing then.

Where HDF5 gets no memory it may crash: the command ends with status 4 all the same. It may take it for a damaged file
(status 3, of verify 1), which is allowed. Both are counted.

Of a program with AddressSanitizer only memory that it asks for itself fails: nothing may be lost at its end.

By default n is a sample. LOSSMILL_TESTS_FAULTS=all has every n; a number takes so many of each loop. Words behind the
paths choose loops by their names. The last line of the output is 'N passed, N failed'.
"""

import concurrent.futures
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

LOSSMILL, FAULTS = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
CHOSEN = sys.argv[3:]
DONE, NO, USAGE, INPUT, SYSTEM, STOPPED = range(6)
SANITIZED = b"__asan_init" in LOSSMILL.read_bytes()
HOW_MANY = os.environ.get("LOSSMILL_TESTS_FAULTS", "1" if SANITIZED else "4")
ALL = HOW_MANY == "all"
SKIPPED = 77
ROOT = pathlib.Path(__file__).resolve().parents[2]

# Every kind of table, and no more rows than it takes.
STUDY = {
    "study.ini": """[study]
title = Small
currency = EUR
as_of = 2026-01-01
years = 2000
seed = 5
[groups]
by = class
[treatment]
discount_rate = 0.05
[report]
return_periods = 10, 100
quantiles = 0.9, 0.99
""",
    "assets.csv": "asset_id,class,quantity,zone\nlaptops,laptop,50,office\nservers,server,10,office\n"
                  "shop,application,1,office\n",
    "scenarios.csv": "scenario_id,assets,event,hit_probability,frequency,frequency_per,primary_response,"
                     "secondary_probability,secondary_fines\n"
                     "theft,class=laptop,,,0.02,unit,lognormal90 500 4000,,\n"
                     "fraud,class=application,,,2,,lognormal90 1000 60000,0.1,5000\n"
                     "outbreak,class=server,worm,0.5,,,lognormal90 5000 50000,,\n",
    "events.csv": "event_id,frequency,driver,primary_response\nworm,0.1,bad-years,lognormal90 20000 200000\n",
    "drivers.csv": "driver,frequency\nbad-years,lognormal -0.125 0.5\n",
    "controls.csv": "control_id,name,status\nC1,Locks,implemented\n",
    "zones.csv": "zone,sl_t_fr1,sl_a_fr1\noffice,2,1\n",
    "treatments.csv": "treatment_id,name,option,state,cost_upfront,cost_annual\n"
                      "lock,Locks,modify,candidate,5000,300\n"
                      "check,Checks,modify,approved,pert 500 1000 2000,2000\n"
                      "cover,Cover,share,candidate,,6000\n",
    "effects.csv": "treatment_id,scenarios,factor,operation,amount\n"
                   "lock,scenario_id=theft,frequency,multiply,0.5\ncheck,scenario_id=fraud,frequency,multiply,0.5\n",
    "insurance.csv": "treatment_id,policy,layer,retention,limit,share\ncover,cyber,1,50000,500000,0.9\n",
    "appetite.csv": "scope,loss,probability\nportfolio,100000,0.25\n",
}
RISKS = "Code,Name,Status,Inherent Likelihood,Inherent Impact\nR-1,Ransomware,Assessed,4,5\n"
BANDS = "scale,level,distribution\nlikelihood,4,lognormal90 0.5 2\nimpact,5,lognormal90 100000 2000000\n"


def call(folder, arguments, setting=(), limit=None, **fault):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOSSMILL_")}
    # A locale that cannot be read changes signs; threads that wait actively take processors from each other.
    # The faults stand before what AddressSanitizer puts in the place of the same functions.
    environment.update({"LC_ALL": "C", "COLUMNS": "100", "OMP_WAIT_POLICY": "passive",
                        "ASAN_OPTIONS": "verify_asan_link_order=0", **dict(setting)})
    if fault:
        report = folder.with_name(folder.name + ".fault")
        environment["LD_PRELOAD"] = str(FAULTS)
        environment["LOSSMILL_FAULT_REPORT"] = str(report)
        for name, value in fault.items():
            environment["LOSSMILL_FAULT" + ("_" + name.upper() if name != "what" else "")] = str(value)
    done = subprocess.run([LOSSMILL, *map(str, arguments)], cwd=folder, env=environment, capture_output=True,
                          timeout=300, check=False, preexec_fn=limit)
    told = report.read_text() if fault else ""
    return done.returncode, WANTED.sub(b"", done.stdout), done.stderr.decode("utf-8", "replace"), told.strip()


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
            for path in sorted(folder.rglob("*"))}


class Command:
    """What is called, in a folder that has `before`; and what it does when nothing fails. `loose`: it makes a folder,
    which is found incomplete after a power loss, and has to be removed."""

    def __init__(self, name, arguments, before=(), loose=False):
        self.name, self.arguments, self.before, self.loose = name, arguments, dict(before), loose
        self.status = self.out = self.after = None

    def fresh(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, content in self.before.items():
            (folder / name).write_bytes(content)

    def learn(self, folder):
        self.fresh(folder)
        self.status, self.out, err, _ = call(folder, self.arguments)
        assert self.status in (DONE, NO), (self.name, self.status, err)
        self.after = tree(folder)


# What check says of the machine and the moment.
WANTED = re.compile(rb" (on \d+ threads?, )?[\d.]+ [kM]B\b.*")

# A file that stays where its remover was killed, or was not let remove it.
LEFT = re.compile(r"^(\..*\.(lock|partial)|.*\.checkpoint(\.new)?|\.lossmill-.*)$")
# One that nobody can tell from another's that is being written.
NAMELESS = re.compile(r"^((out/)?\.lossmill-.{6}|lossmill-verify-.{6}(/.*)?)$")


def wrong_with(command, folder, result, what, how):
    """None, or what a command did that it must not do."""
    status, out, err, told = result
    found, killed = tree(folder), how in ("kill", "torn")
    if "pthread_getattr_np" in err:  # without memory, a thread of the sanitizer's does not begin
        return None
    if "Sanitizer" in err:
        return next(line for line in err.splitlines() if "Sanitizer" in line)
    # What cannot be locked may be another's, and is not removed.
    not_removed = killed or re.search(r"^(unlink|unlinkat|fcntl) ", told, re.M) or how == "on"
    for name, content in found.items():
        allowed = [side[name] for side in (command.before, command.after) if name in side]
        kept = status == SYSTEM and name == "out.checkpoint" or \
            not_removed and (LEFT.match(os.path.basename(name)) or NAMELESS.match(name))
        if content not in allowed and not kept and not (killed and command.loose):
            return f"left {name}" + (", not whole" if allowed else "")
    if "out" in command.before and "out" not in found:
        return "the output is gone"
    if killed:
        # a run is read in a process of its own, whose end the command tells
        apart = status == SYSTEM and "the process that read it was killed" in err
        return None if status == -9 or apart else f"status {status} where it was killed"
    if status == command.status:
        if out != command.out:
            return "other output, and no failure told"
        if any(found.get(name, b"") != content for name, content in command.after.items()):
            return "other files, and no failure told"
        return None
    mistaken = what == "libraries" and (status == INPUT or (status == NO and command.name == "verify"))
    if status != SYSTEM and not mistaken:
        return f"status {status}"
    if status == NO:
        return None if b"FAILED" in out else "says nothing"
    return None if re.search(r"\w{3}", err) else "says nothing"


def trial(command, folder, n, what, how, error):
    """What failed ('' if n is beyond the last call), what is wrong (None if nothing), and the message."""
    command.fresh(folder)
    try:
        result = call(folder, command.arguments, what=what, at=n, how=how, error=error)
    except subprocess.TimeoutExpired:
        return "?", "does not end", ""
    told = result[3]
    if " in " not in told:
        return "", None, ""
    wrong = wrong_with(command, folder, result, what, how)
    # Where the folder is as it was, another call does what the first one would have done.
    if wrong is None and tree(folder) not in (command.before, command.after):
        if command.loose and how in ("kill", "torn", "on"):
            shutil.rmtree(folder / "out", ignore_errors=True)
        status, out, err, _ = call(folder, command.arguments)
        found = {name: content for name, content in tree(folder).items() if not NAMELESS.match(name)}
        if (status, out, found) != (command.status, command.out, command.after):
            wrong = f"called again: status {status}, {sorted(set(found) ^ set(command.after))}: {err}"
    return told, wrong, f"status {result[0]}: {result[2].strip()}"


# What fails, how, and with which error. Some 10,000 allocations are those of HDF5.
LOOPS = [
    ("memory", "once", "ENOMEM"), ("memory", "on", "ENOMEM"), ("libraries", "once", "ENOMEM"),
    ("read", "once", "EIO"), ("read", "once", "EINTR"), ("read", "on", "EIO"), ("read", "short", ""),
    ("write", "once", "EIO"), ("write", "once", "EINTR"), ("write", "on", "ENOSPC"), ("write", "short", ""),
    ("write", "kill", ""), ("write", "torn", ""), ("threads", "once", "EAGAIN"), ("threads", "on", "EAGAIN"),
]
# What may be lost. Its system calls are not to be filtered: the sanitizer makes some of its own.
LEAK_LOOPS = [("memory", "once", "ENOMEM"), ("memory", "on", "ENOMEM")]


def loop(command, what, how, error, folders, chance):
    """True if every n was survived; tells what was not."""
    name = f"{command.name}-{what}-{how}{'-' + error if what in ('read', 'write') and error else ''}"
    if CHOSEN and not any(re.search(word, name) for word in CHOSEN):
        return None
    folder = folders[0] / name
    command.fresh(folder)
    told = call(folder, command.arguments, what=what, at=0)[3]
    shutil.rmtree(folder)
    count = int(told)
    every = range(1, count + 1)
    most = count if ALL else int(HOW_MANY)
    places = every if count <= most else sorted(chance.sample(every, most))
    # libraries ask for memory the same way thousands of times
    if ALL and what == "libraries":
        places = every[::max(1, count // 1000)]
    started, wrong, failed, crashed, mistaken = time.monotonic(), [], 0, 0, 0
    with concurrent.futures.ThreadPoolExecutor(len(folders)) as pool:
        free = list(folders)

        def one(n):
            place = free.pop()
            try:
                return n, trial(command, place / "work", n, what, how, error)
            finally:
                free.append(place)

        for n, (told, problem, message) in pool.map(one, places):
            failed += message != "" and not message.startswith(f"status {command.status}:")
            crashed += "HDF5 library crashed" in message
            mistaken += message.startswith((f"status {INPUT}:", f"status {NO}:"))
            if problem is not None:
                wrong.append((problem, told, n, message))
    kinds = {}
    for problem, told, n, message in wrong:
        kinds.setdefault((problem, told), []).append((n, message))
    print(f"{'FAILED ' if wrong else 'ok     '} {name}: {len(places)} of {count}, {failed} ended early, "
          f"{f'{crashed} crashed, ' * (crashed > 0)}{f'{mistaken} mistaken, ' * (mistaken > 0)}"
          f"{len(wrong)} wrong  ({time.monotonic() - started:.1f} s)", flush=True)
    for (problem, told), cases in sorted(kinds.items()):
        print(f"    {problem}; {told}; n = {', '.join(str(n) for n, _ in cases[:8])}{'...' * (len(cases) > 8)}\n"
              f"        {cases[0][1][:300]}", flush=True)
    return not wrong


def the_system_gives_fewer_threads(command, folder):
    """What differs then, or nothing."""
    wrong = []
    arguments = [4 if argument == 2 else argument for argument in command.arguments]
    for setting in ({"OMP_THREAD_LIMIT": "1"}, {"OMP_THREAD_LIMIT": "3"}, {"OMP_DYNAMIC": "true"}, {}):
        command.fresh(folder)
        status, out, err, _ = call(folder, arguments, setting)
        if (status, out, tree(folder)) != (command.status, command.out, command.after):
            wrong.append((setting, status, err))
    return wrong


def no_file_may_grow_beyond_a_limit(command, folder):
    """As on a full disk, for limits up to the size of the whole output. What goes wrong, or nothing."""
    wrong, whole = [], max(len(content or b"") for content in command.after.values())
    for part in range(12):
        size = whole * part // 12
        command.fresh(folder)
        result = call(folder, command.arguments, limit=lambda: resource.setrlimit(  # pylint: disable=cell-var-from-loop
            resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY)))
        problem = wrong_with(command, folder, result, "limit", "once")
        if problem is not None or result[0] != SYSTEM:
            wrong.append((size, problem, result[0], result[2]))
    return wrong


def commands(base):
    study, run, other = base / "study", base / "run.h5", base / "other.h5"
    study.mkdir()
    for name, text in STUDY.items():
        (study / name).write_text(text, encoding="utf-8")
    (base / "risks.csv").write_text(RISKS, encoding="utf-8")
    (base / "bands.csv").write_text(BANDS, encoding="utf-8")
    for output, seed in ((run, 5), (other, 6)):
        status, _, err, _ = call(base, ["run", study, "-o", output, "--seed", seed, "--quiet"])
        assert status == DONE, err
    old = {"out": other.read_bytes()}
    resumed = Command("run-resumed", ["run", study, "-o", "out", "--quiet", "-t", 2, "--checkpoint", 0])
    resumed.fresh(base / "stopped")
    status, _, err, _ = call(base / "stopped", [*resumed.arguments, "--time-limit", "0.001s"])
    assert status == STOPPED, (status, err)
    resumed.before = tree(base / "stopped")  # the checkpoint behind the first range
    assert list(resumed.before) == ["out.checkpoint"], resumed.before
    data = ROOT / "tests" / "data" / "fit_losses.csv"
    return [
        Command("run", ["run", study, "-o", "out", "--quiet", "-t", 1]),
        Command("run-again", ["run", study, "-o", "out", "--quiet", "-t", 2, "--checkpoint", 0], old),
        resumed,
        Command("check", ["check", study, "-t", 2]),
        Command("show", ["show", run]),
        Command("rank", ["rank", run, "-t", 2]),
        Command("plan", ["plan", run, "--budget", "20k", "-t", 2]),
        Command("report", ["report", run, "-o", "out"], {"out": b"<!DOCTYPE html>\n<!-- lossmill report -->\nold"}),
        Command("report-plan", ["report", run, "-o", "out", "--budget", "20k", "--registers", "-t", 2]),
        Command("compare", ["compare", other, run, "-t", 2]),
        Command("verify", ["verify", run, "--scratch", ".", "-t", 2]),
        Command("export", ["export", run, "--register", "-o", "out", "-t", 2], {"out": b"old"}),
        Command("export-study", ["export", run, "--study", "out"], loose=True),
        Command("new", ["new", "out"], loose=True),
        Command("generate", ["generate", "out", "--assets", 5, "--scenarios", 3], loose=True),
        Command("fit", ["fit", data, "--column", "loss", "--threshold", "80%", "--plot", "out"]),
        Command("import", ["import", base / "risks.csv", "--as", "scenarios", "--bands", base / "bands.csv", "-o", "out"]),
    ]


CLAIMS = {
    "run-again": [the_system_gives_fewer_threads, no_file_may_grow_beyond_a_limit],
    "rank": [the_system_gives_fewer_threads],
    "plan": [the_system_gives_fewer_threads],
    "compare": [the_system_gives_fewer_threads],
    "export": [the_system_gives_fewer_threads, no_file_may_grow_beyond_a_limit],
    "report": [no_file_may_grow_beyond_a_limit],
    "new": [no_file_may_grow_beyond_a_limit],
    "import": [no_file_may_grow_beyond_a_limit],
}


def main():
    seed = int(os.environ.get("LOSSMILL_TESTS_SEED", time.time_ns() % 1000000))
    print(f"LOSSMILL_TESTS_SEED={seed}")
    chance, passed, failed = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory(prefix="lossmill-faults-") as name:
        base = pathlib.Path(name)
        folders = [base / f"worker{i}" for i in range(min(4, os.cpu_count() or 1))]
        for folder in folders:
            folder.mkdir()
        probe = call(folders[0], ["--version"], what="write", at=0) if not SANITIZED else [DONE]
        if probe[0] == SKIPPED:
            print("this machine lets no program filter its system calls")
            sys.exit(SKIPPED)
        for command in commands(base):
            command.learn(folders[0] / "work")
            for what, how, error in LEAK_LOOPS if SANITIZED else LOOPS:
                good = loop(command, what, how, error, folders, chance)
                passed += good is True
                failed += good is False
            for claim in CLAIMS.get(command.name, []) if (not CHOSEN and not SANITIZED) or "claims" in CHOSEN else []:
                wrong = claim(command, folders[0] / "work")
                print(f"{'FAILED ' if wrong else 'ok     '} {command.name}: {claim.__name__}  {wrong or ''}", flush=True)
                passed += not wrong
                failed += bool(wrong)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0 or passed == 0)


main()
