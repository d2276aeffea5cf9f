#!/usr/bin/env python3
"""Damaged runs, given to every command that reads one: test_hostile.py PATH_TO_lossmill

The checksums of the metadata are not compared (unchecked.c, in LOSSMILL_PRELOAD), so that the damage is met where
it is. Each is refused with status 3 and a reason, or read: no signal, no sanitizer's report that is ours, no long wait.
The last line of the output is 'N passed, N failed'.
"""

import collections
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "malformed"))
import test_malformed as malformed  # pylint: disable=wrong-import-position
from program import DONE, INPUT, LOSSMILL, NO, SHARED, SYSTEM, call, check, checks_tell, tries

SECONDS_MOST = 60  # 10 for each time that a file is read, on a machine that has other things to do

# with so few years that replaying them takes no time
STUDY = malformed.GOVERNANCE | {"study.ini": malformed.GOVERNANCE["study.ini"]
                                .replace(b"2, 10, 100", b"2, 10").replace(b"0.99", b"0.9")}


def damages(whole, chance):
    """Name and bytes of damaged files: cut, with some bytes changed, with a field changed that may be a size, a
    count or an address, with a piece of the file elsewhere."""
    size = len(whole)
    for i in range(tries(200, 600)):
        damaged = bytearray(whole)
        kind = i % 8
        if kind == 0:
            yield f"cut {i}", whole[:chance.randrange(size)]
            continue
        for _ in range(chance.choice([1, 1, 2, 5, 30])):
            # the first few kilobytes are the groups, without which nothing else is found
            at = chance.randrange(size if kind < 5 else min(size, 4096))
            if kind in (1, 5):
                damaged[at] ^= 1 << chance.randrange(8)
            elif kind in (2, 6):
                damaged[at] = chance.choice([0, 1, 0x7f, 0x80, 0xff, chance.randrange(256)])
            elif kind in (3, 7):
                width = chance.choice([2, 4, 8])
                value = chance.choice([0, 1, 2 ** (8 * width) - 1, 2 ** (8 * width - 1), at, size, size - 8])
                damaged[at:at + width] = (value % 2 ** (8 * width)).to_bytes(width, "little")
            else:
                length = chance.randrange(1, 200)
                source = chance.randrange(size)
                damaged[at:at + length] = whole[source:source + length]
        yield f"damage {i}", bytes(damaged[:size])


told = collections.Counter()  # ends of the process that reads


def commands(folder, good, damaged):
    out = os.path.join(folder, "out")
    return [["show", damaged], ["show", "--json", damaged], ["rank", damaged], ["plan", damaged, "--budget", "5000"],
            ["report", damaged, "-o", out + ".html"], ["compare", good, damaged], ["compare", damaged, good],
            ["export", damaged, "--register"], ["export", damaged, "--study", out],
            ["verify", damaged, "--no-simulation"], ["verify", damaged], ["verify", damaged, "--blocks", "0"]]


def ours(err):
    """A sanitizer's report in which the innermost frames are not the library's."""
    lines = err.split("\n")
    for i, line in enumerate(lines):
        if "runtime error" in line:
            return True
        if "ERROR: AddressSanitizer" in line:
            return not any("libhdf5" in frame for frame in lines[i + 1:i + 8])
    return False


ENVIRONMENT = os.environ | {"LD_PRELOAD": os.environ.get("LOSSMILL_PRELOAD", ""),
                            "ASAN_OPTIONS": "verify_asan_link_order=0"}


def failure(command):
    if command[0] == "export":
        shutil.rmtree(command[-1], ignore_errors=True)
    try:
        done = subprocess.run([LOSSMILL, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=SECONDS_MOST, check=False, env=ENVIRONMENT)
    except subprocess.TimeoutExpired:
        return "takes too long"
    err = done.stderr.decode("utf-8", "replace")
    told.update(re.findall("HDF5 library (?:crashes|finds no end)", err))
    # where a damaged length asks for more memory than there is, nobody can tell whose fault it is
    if done.returncode == SYSTEM and re.search("memory allocation failed|can't create .* table", err):
        return None
    if done.returncode not in (DONE, NO, INPUT):
        return f"status {done.returncode}\n{err}"
    if done.returncode == INPUT and "error: " not in err and "lossmill " not in err:
        return f"refused without a reason\n{err}"
    return f"a sanitizer's report\n{err}" if ours(err) else None


def main():
    chance = random.Random(20261125)
    study, good, damaged = (str(SHARED / name) for name in ("study", "good.h5", "damaged.h5"))
    os.mkdir(study)
    malformed.write(study, STUDY)
    call("run", study, "-o", good, "--years", 100, "--quiet")
    all_commands = commands(SHARED, good, damaged)
    for command in commands(SHARED, good, good):
        wrong = failure(command)
        assert wrong is None, (command, wrong)
    for i, (name, content) in enumerate(damages(pathlib.Path(good).read_bytes(), chance)):
        pathlib.Path(damaged).write_bytes(content)
        # each kind of damage meets each command in time
        command = all_commands[(i // 8 + i) % len(all_commands)]
        wrong = failure(command)
        check(f"{name}: {' '.join(command[:2])}", wrong is None, wrong)
        keep = os.environ.get("LOSSMILL_TESTS_KEEP")
        if wrong is not None and keep:
            pathlib.Path(keep, f"{name.replace(' ', '-')}.h5").write_bytes(content)
    print(", ".join(f"{what} {count} times" for what, count in sorted(told.items())))
    checks_tell()


main()
