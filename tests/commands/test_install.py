#!/usr/bin/env python3
"""What is installed for programs that embed the engine, and the Debian packages: test_install.py
PATH_TO_lossmill.

Programs are built outside of the tree against an installed prefix, by pkg-config and by CMake.
Packages are installed into a folder of their own, never into this machine. Each function of CASES is
one claim; the last line is 'N passed, N failed'."""
import gzip
import json
import os
import re
import shutil

from program import DATASETS, LOSSMILL, ROOT, SHARED, claims_try, execute

BUILD = LOSSMILL.parent
HEADER = ROOT / "engine" / "lossmill.h"
EXAMPLE = ROOT / "engine" / "library" / "example"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def study_small(place):
    """The example with fewer years."""
    study = place / "study"
    if not study.exists():
        shutil.copytree(DATASETS / "midsize-manufacturer", study)
        settings = study / "study.ini"
        settings.write_text(re.sub(r"(?m)^years = .*$", "years = 10000", settings.read_text(encoding="utf-8")),
                            encoding="utf-8")
        execute(LOSSMILL, "run", study, "-o", place / "program.h5", "--quiet")
    return study


def prefix_installed(place):
    """Installed, and then moved: nothing may know where it was."""
    prefix = place / "a moved prefix"
    if not prefix.exists():
        execute("cmake", "--install", BUILD, "--prefix", place / "first")
        (place / "first").rename(prefix)
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
    out = execute(embed, study, folder / "embedded.h5", environment=environment)[0]
    assert (folder / "embedded.h5").read_bytes() == (folder / "program.h5").read_bytes()
    (folder / "embedded.h5").unlink()

    shown = json.loads(execute(LOSSMILL, "show", folder / "program.h5", "--json")[0])
    summary, lines = shown["summary"], out.splitlines()
    assert lines[0] == f"{shown['title']}, {shown['years']} years, in {shown['currency']}", lines[0]
    assert lines[1] == f"Average annual loss {summary['aal']:.2f}, standard error {summary['aal_standard_error']:.2f}"
    for line, level in zip(lines[2:4], [0.95, 0.99]):
        x = next(x for x in summary["levels"] if x["level"] == level)
        assert line == (f"VaR {100 * level:.0f} % {x['var']['value']:.2f} ({x['var']['lower']:.2f} to "
                        f"{x['var']['upper']:.2f}), TVaR {x['tvar']:.2f}"), line
    largest = sorted(shown["scenarios"], key=lambda x: -x["aal"])[:5]
    assert [line.split()[:2] for line in lines[4:]] == [[x["scenario_id"], f"{x['aal']:.2f}"] for x in largest], lines[4:]
    execute(embed, folder / "no study", environment=environment, status=3)


# ---------------------------------------------------------------------------------- the library


def a_program_is_built_by_pkg_config(folder):
    environment = with_pkg_config(prefix_installed(folder))
    assert execute("pkg-config", "--modversion", "lossmill", environment=environment)[0].strip() == version()
    shutil.copy(only(prefix_installed(folder).rglob("embed.c")), folder / "embed.c")
    build = f'cc -std=c99 {" ".join(STRICT)} embed.c $(pkg-config --cflags --libs lossmill) -o embed'
    # pkg-config escapes the blank of the prefix for a shell that reads it again
    execute("sh", "-c", f'eval "{build}"', environment=environment, cwd=folder)
    the_example_says_what_the_program_says(folder, folder / "embed", environment)


def a_program_is_built_by_cmake(folder):
    shutil.copytree(only(prefix_installed(folder).rglob("examples")), folder / "cmake-example")
    execute("cmake", "-S", "cmake-example", "-B", "cmake-build", f"-DCMAKE_PREFIX_PATH={prefix_installed(folder)}",
            "-DCMAKE_BUILD_TYPE=Release", cwd=folder)
    execute("cmake", "--build", "cmake-build", cwd=folder)
    the_example_says_what_the_program_says(folder, folder / "cmake-build" / "embed")


def the_header_is_c99_and_cxx11(folder):
    (folder / "header.c").write_text("#include <lossmill.h>\n")
    for compiler, standard in [("cc", "-std=c99"), ("c++", "-std=c++11"), ("c++", "-std=c++20")]:
        language = ["-x", "c++"] if compiler == "c++" else []
        execute(compiler, standard, *STRICT, "-fsyntax-only", f"-I{HEADER.parent}", *language, folder / "header.c")
    # linked as C, called from C++
    (folder / "main.cpp").write_text("#include <lossmill.h>\nint main() { lossmill_free(lossmill_new()); }\n")
    prefix = prefix_installed(folder)
    library = only(prefix.rglob("liblossmill.so")).parent
    execute("c++", *STRICT, folder / "main.cpp", f"-I{prefix / 'include'}", f"-L{library}", "-llossmill", "-o",
            folder / "main")
    execute(folder / "main", environment={"LD_LIBRARY_PATH": str(library)})


def exactly_what_the_header_declares_is_exported(folder):
    declared = set(re.findall(r"^LOSSMILL_API[^;]*?\b(lossmill_\w+)\(", HEADER.read_text(), re.M | re.S))
    out = execute("nm", "-D", "--defined-only", only(prefix_installed(folder).rglob("liblossmill.so")))[0]
    exported = {line.split()[-1] for line in out.splitlines()}
    assert exported == declared, exported ^ declared


# ---------------------------------------------------------------------------------- Debian packages


def version():
    return re.search(r'^#define LOSSMILL_VERSION +"(.*)"$', HEADER.read_text(), re.M)[1]


def debs_made(place):
    made = place / "debs"
    if not made.exists():
        # whatever the umask of who makes them
        execute("sh", "-c", f"umask 077 && cpack -B '{made}' --config '{BUILD}/CPackConfig.cmake'", cwd=place)
    names = ["lossmill", "liblossmill0", "liblossmill-dev"]
    found = {path.name.split("_")[0]: path for path in made.glob("*.deb")}
    assert set(found) == set(names), found
    return [found[name] for name in names]


def the_packages_say_what_they_are(folder):
    for deb in debs_made(folder):
        fields = dict(re.findall(r"^(\w[\w-]*): (.*)$", execute("dpkg-deb", "-f", deb)[0], re.M))
        assert fields["Version"] == version() and "@" in fields["Maintainer"], fields
        assert fields["Description"].startswith("batch engine for security risk"), fields
        for library in [] if fields["Package"] == "liblossmill-dev" else ["libhdf5", "libcsv", "libgomp", "libc6"]:
            assert library in fields["Depends"], fields
        if fields["Package"] == "liblossmill-dev":
            assert f"liblossmill0 (= {version()})" in fields["Depends"], fields
        entries = execute("dpkg-deb", "-c", deb)[0].splitlines()
        assert all(re.match(r"(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x|lrwxrwxrwx) root/root ", x) for x in entries), entries


def nothing_in_them_knows_where_they_were_made(folder):
    for deb in debs_made(folder):
        tree = folder / "tree"
        execute("dpkg-deb", "-x", deb, tree)
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
    execute(*dpkg, "-i", *debs_made(folder), environment=path)
    assert f"systemd-sysusers --root={root} lossmill.conf" in (folder / "called").read_text()
    execute(root / "usr/bin/lossmill", "--version")
    execute(root / "usr/bin/lossmill", "check", root / "usr/share/lossmill/datasets/midsize-manufacturer", "--json")
    assert (root / "usr/include/lossmill.h").read_bytes() == HEADER.read_bytes()
    # a timer that was enabled is configuration
    wants = root / "etc/systemd/system/timers.target.wants"
    wants.mkdir(parents=True)
    (wants / "lossmill-nightly@plant.timer").symlink_to("/usr/lib/systemd/system/lossmill-nightly@.timer")
    names = ["lossmill", "liblossmill-dev", "liblossmill0"]
    execute(*dpkg, "--remove", *names, environment=path)
    assert os.path.lexists(wants / "lossmill-nightly@plant.timer")
    execute(*dpkg, "--purge", *names, environment=path)
    left = listing(root) - before - {"etc/systemd", "etc/systemd/system", "etc/systemd/system/timers.target.wants"}
    assert left == set(), left
    assert execute(*dpkg, "--get-selections")[0] == ""


def lintian_finds_no_error(folder):
    if shutil.which("lintian"):
        execute("lintian", "--allow-root", "--fail-on", "error", *debs_made(folder))


# one folder for all: what is installed, and the packages, are made once
claims_try(globals(), given=lambda _: SHARED)
