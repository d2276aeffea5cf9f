# shellcheck shell=bash disable=SC2034
# Sourced by scripts/quickstart, scripts/test and .ci/run: installing Debian packages, only what is
# missing, and saying so.

packages_build=(gcc libc6-dev cmake ninja-build pkg-config libhdf5-dev libcsv-dev libinih-dev
    libxxhash-dev nettle-dev libdeflate-dev libzstd-dev coinor-libcbc-dev node-d3)
packages_test=(libcmocka-dev libgsl-dev zlib1g-dev python3 python3-h5py python3-xarray python3-pandas
    python3-netcdf4 python3-h5netcdf hdf5-tools netcdf-bin
    chromium chromium-driver python3-selenium poppler-utils
    python3-matplotlib python3-nbclient python3-ipykernel r-cran-hdf5r
    g++ dpkg-dev file fakeroot)
# reads a run in Octave, of 250 MB: without it scripts/test skips that one test, .ci/run does not
packages_octave=(octave octave-netcdf gnuplot-nox fonts-freefont-otf)
# looks for inputs that do harm: scripts/fuzz
packages_fuzz=(clang libomp-dev libclang-rt-dev python3)
# one more machine to compute on: tests/bits/run
packages_aarch64=(binutils gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
# what scripts/analyse, scripts/races, scripts/memory and scripts/coverage look with
packages_analyse=(clang clang-tidy libomp-dev cppcheck gcc git)
packages_race=(clang libomp-dev)
packages_memory=(valgrind)
packages_coverage=(gcovr)
# what bench/run compares with
packages_bench=(libgsl-dev python3 python3-numpy)

# packages_need WHY PACKAGE...: returns at once, without network, if all are installed.
packages_need() {
    local why=$1 package missing=() sudo=()
    shift
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    ((${#missing[@]} > 0)) || return 0
    echo "Installing ${missing[*]} ($why)"
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            echo "Not root, and there is no sudo. Install these packages, then start again." >&2
            return 1
        fi
        sudo=(sudo)
    fi
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}"
}
