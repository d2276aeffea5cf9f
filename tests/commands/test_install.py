#!/usr/bin/env python3
"""What is installed for programs that embed the engine, and the Debian packages: test_install.py
PATH_TO_lossmill.

Programs are built outside of the tree against an installed prefix, by pkg-config and by CMake.
Packages are installed into a folder of their own, never into this machine. Each function of CASES is
one claim; the last line is 'N passed, N failed'."""
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

LOSSMILL = pathlib.Path(sys.argv[1]).resolve()
BUILD, ROOT = LOSSMILL.parent, pathlib.Path(__file__).resolve().parents[2]
HEADER = ROOT / "engine" / "lossmill.h"
EXAMPLE = ROOT / "engine" / "library" / "example"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def call(*command, environment=None, where=None, expect=0):
    done = subprocess.run([str(x) for x in command], capture_output=True, text=True, check=False, cwd=where,
                          env={**os.environ, **(environment or {})})
    assert done.returncode == expect, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def study_small(folder):
    """The example with fewer years."""
    study = folder / "study"
    if not study.exists():
        shutil.copytree(ROOT / "datasets" / "midsize-manufacturer", study)
        settings = study / "study.ini"
        settings.write_text(re.sub(r"(?m)^years = .*$", "years = 10000", settings.read_text(encoding="utf-8")),
                            encoding="utf-8")
        call(LOSSMILL, "run", study, "-o", folder / "program.h5", "--quiet")
    return study


def prefix_installed(folder):
    """Installed, and then moved: nothing may know where it was."""
    prefix = folder / "a moved prefix"
    if not prefix.exists():
        call("cmake", "--install", BUILD, "--prefix", folder / "first")
        (folder / "first").rename(prefix)
    return prefix


def only(found):
    found = list(found)
    assert len(found) == 1, found
    return found[0]


def with_pkg_config(prefix):
    pc = only(prefix.rglob("lossmill.pc"))
    library = only(prefix.rglob("liblossmill.so")).parent
    return {"PKG_CONFIG_PATH": str(pc.parent), "LD_LIBRARY_PATH": str(library)}


def the_example_says_what_the_program_says(folder, embed, environment=None):
    """And writes the same bytes."""
    study = study_small(folder)
    out = call(embed, study, folder / "embedded.h5", environment=environment)
    assert (folder / "embedded.h5").read_bytes() == (folder / "program.h5").read_bytes()
    (folder / "embedded.h5").unlink()

    shown = json.loads(call(LOSSMILL, "show", folder / "program.h5", "--json"))
    summary, lines = shown["summary"], out.splitlines()
    assert lines[0] == f"{shown['title']}, {shown['years']} years, in {shown['currency']}", lines[0]
    assert lines[1] == f"Average annual loss {summary['aal']:.2f}, standard error {summary['aal_standard_error']:.2f}"
    for line, level in zip(lines[2:4], [0.95, 0.99]):
        x = next(x for x in summary["levels"] if x["level"] == level)
        assert line == (f"VaR {100 * level:.0f} % {x['var']['value']:.2f} ({x['var']['lower']:.2f} to "
                        f"{x['var']['upper']:.2f}), TVaR {x['tvar']:.2f}"), line
    largest = sorted(shown["scenarios"], key=lambda x: -x["aal"])[:5]
    assert [line.split()[:2] for line in lines[4:]] == [[x["scenario_id"], f"{x['aal']:.2f}"] for x in largest], lines[4:]
    call(embed, folder / "no study", environment=environment, expect=3)


# ---------------------------------------------------------------------------------- the library


def a_program_is_built_by_pkg_config(folder):
    environment = with_pkg_config(prefix_installed(folder))
    assert call("pkg-config", "--modversion", "lossmill", environment=environment).strip() == version()
    shutil.copy(only(prefix_installed(folder).rglob("embed.c")), folder / "embed.c")
    build = f'cc -std=c99 {" ".join(STRICT)} embed.c $(pkg-config --cflags --libs lossmill) -o embed'
    # pkg-config escapes the blank of the prefix for a shell that reads it again
    call("sh", "-c", f'eval "{build}"', environment=environment, where=folder)
    the_example_says_what_the_program_says(folder, folder / "embed", environment)


def a_program_is_built_by_cmake(folder):
    shutil.copytree(only(prefix_installed(folder).rglob("examples")), folder / "cmake-example")
    call("cmake", "-S", "cmake-example", "-B", "cmake-build", f"-DCMAKE_PREFIX_PATH={prefix_installed(folder)}",
         "-DCMAKE_BUILD_TYPE=Release", where=folder)
    call("cmake", "--build", "cmake-build", where=folder)
    the_example_says_what_the_program_says(folder, folder / "cmake-build" / "embed")


def the_header_is_c99_and_cxx11(folder):
    (folder / "header.c").write_text("#include <lossmill.h>\n")
    for compiler, standard in [("cc", "-std=c99"), ("c++", "-std=c++11"), ("c++", "-std=c++20")]:
        language = ["-x", "c++"] if compiler == "c++" else []
        call(compiler, standard, *STRICT, "-fsyntax-only", f"-I{HEADER.parent}", *language, folder / "header.c")
    # linked as C, called from C++
    (folder / "main.cpp").write_text("#include <lossmill.h>\nint main() { lossmill_free(lossmill_new()); }\n")
    prefix = prefix_installed(folder)
    library = only(prefix.rglob("liblossmill.so")).parent
    call("c++", *STRICT, folder / "main.cpp", f"-I{prefix / 'include'}", f"-L{library}", "-llossmill", "-o",
         folder / "main")
    call(folder / "main", environment={"LD_LIBRARY_PATH": str(library)})


def exactly_what_the_header_declares_is_exported(folder):
    declared = set(re.findall(r"^LOSSMILL_API[^;]*?\b(lossmill_\w+)\(", HEADER.read_text(), re.M | re.S))
    out = call("nm", "-D", "--defined-only", only(prefix_installed(folder).rglob("liblossmill.so")))
    exported = {line.split()[-1] for line in out.splitlines()}
    assert exported == declared, exported ^ declared


# ---------------------------------------------------------------------------------- Debian packages


def version():
    return re.search(r'^#define LOSSMILL_VERSION +"(.*)"$', HEADER.read_text(), re.M)[1]


def debs_made(folder):
    made = folder / "debs"
    if not made.exists():
        # whatever the umask of who makes them
        call("sh", "-c", f"umask 077 && cpack -B '{made}' --config '{BUILD}/CPackConfig.cmake'", where=folder)
    names = ["lossmill", "liblossmill0", "liblossmill-dev"]
    found = {path.name.split("_")[0]: path for path in made.glob("*.deb")}
    assert set(found) == set(names), found
    return [found[name] for name in names]


def the_packages_say_what_they_are(folder):
    for deb in debs_made(folder):
        fields = dict(re.findall(r"^(\w[\w-]*): (.*)$", call("dpkg-deb", "-f", deb), re.M))
        assert fields["Version"] == version() and "@" in fields["Maintainer"], fields
        assert fields["Description"].startswith("batch engine for security risk"), fields
        for library in [] if fields["Package"] == "liblossmill-dev" else ["libhdf5", "libcsv", "libgomp", "libc6"]:
            assert library in fields["Depends"], fields
        if fields["Package"] == "liblossmill-dev":
            assert f"liblossmill0 (= {version()})" in fields["Depends"], fields
        entries = call("dpkg-deb", "-c", deb).splitlines()
        assert all(re.match(r"(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x|lrwxrwxrwx) root/root ", x) for x in entries), entries


def nothing_in_them_knows_where_they_were_made(folder):
    for deb in debs_made(folder):
        tree = folder / "tree"
        call("dpkg-deb", "-x", deb, tree)
        for path in tree.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                data = gzip.decompress(data) if path.suffix == ".gz" else data
                for place in [ROOT, BUILD, folder]:
                    assert str(place).encode() not in data, (path, place)
    unit = (tree / "usr/lib/systemd/system/lossmill-nightly@.service").read_text()
    assert "ExecStart=/usr/bin/lossmill-nightly " in unit
    for page in ["lossmill", "lossmill-run", "lossmill-nightly"]:
        assert (tree / f"usr/share/man/man1/{page}.1.gz").is_file(), page


def listing(root):
    """All but dpkg's own books."""
    return {str(path.relative_to(root)) for path in root.rglob("*")
            if not path.is_relative_to(root / "var/lib/dpkg") and path != root / "var/log/dpkg.log"}


def the_packages_install_and_a_purge_leaves_nothing(folder):
    root, tools = folder / "root", folder / "tools"
    for name in ["info", "updates", "triggers"]:
        (root / "var/lib/dpkg" / name).mkdir(parents=True)
    for name in ["status", "available"]:
        (root / "var/lib/dpkg" / name).touch()
    (root / "var/log").mkdir()
    (root / "etc").mkdir()
    tools.mkdir()
    # the scripts run here, on the folder: its accounts and this machine's library cache are not their business
    for name in ["ldconfig", "systemd-sysusers"]:
        (tools / name).write_text(f'#!/bin/sh\necho "$0 $*" >>"{folder}/called"\n')
        (tools / name).chmod(0o755)
    before = listing(root)
    dpkg = [] if os.geteuid() == 0 else ["fakeroot"]
    dpkg += ["dpkg", f"--root={root}", "--force-depends", "--force-script-chrootless", "--force-not-root",
             f"--log={folder}/dpkg.log"]
    path = {"PATH": f"{tools}:/usr/sbin:/usr/bin:/sbin:/bin"}
    call(*dpkg, "-i", *debs_made(folder), environment=path)
    assert f"systemd-sysusers --root={root} lossmill.conf" in (folder / "called").read_text()
    call(root / "usr/bin/lossmill", "--version")
    call(root / "usr/bin/lossmill", "check", root / "usr/share/lossmill/datasets/midsize-manufacturer", "--json")
    assert (root / "usr/include/lossmill.h").read_bytes() == HEADER.read_bytes()
    # a timer that was enabled is configuration
    wants = root / "etc/systemd/system/timers.target.wants"
    wants.mkdir(parents=True)
    (wants / "lossmill-nightly@plant.timer").symlink_to("/usr/lib/systemd/system/lossmill-nightly@.timer")
    names = ["lossmill", "liblossmill-dev", "liblossmill0"]
    call(*dpkg, "--remove", *names, environment=path)
    assert os.path.lexists(wants / "lossmill-nightly@plant.timer")
    call(*dpkg, "--purge", *names, environment=path)
    left = listing(root) - before - {"etc/systemd", "etc/systemd/system", "etc/systemd/system/timers.target.wants"}
    assert left == set(), left
    assert call(*dpkg, "--get-selections") == ""


def lintian_finds_no_error(folder):
    if shutil.which("lintian"):
        call("lintian", "--allow-root", "--fail-on", "error", *debs_made(folder))


CASES = [
    a_program_is_built_by_pkg_config,
    a_program_is_built_by_cmake,
    the_header_is_c99_and_cxx11,
    exactly_what_the_header_declares_is_exported,
    the_packages_say_what_they_are,
    nothing_in_them_knows_where_they_were_made,
    the_packages_install_and_a_purge_leaves_nothing,
    lintian_finds_no_error,
]


def main():
    passed = failed = 0
    if "LOSSMILL_TESTS_QUICK" in os.environ:
        print("skipped: a library of the sanitizers needs a program of theirs")
        return 0
    with tempfile.TemporaryDirectory() as name:
        for case in CASES:
            try:
                case(pathlib.Path(name))
                passed += 1
            except Exception:  # every claim is to be tried
                failed += 1
                print(f"FAILED {case.__name__}")
                traceback.print_exc(file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
