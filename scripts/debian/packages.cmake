# Three Debian packages, made by `cpack` in the build folder: the program; the library for programs
# that embed the engine; what those are built with. finish.cmake adds what Debian asks of a package.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT ${LOSSMILL_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_COMPONENTS_ALL lossmill liblossmill0 liblossmill-dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
# The unit names the program by its whole path: staged by DESTDIR, the prefix is the final one.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/scripts/debian/finish.cmake)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)

set(CPACK_DEBIAN_LOSSMILL_PACKAGE_NAME lossmill)
set(CPACK_COMPONENT_LOSSMILL_DESCRIPTION "batch engine for security risk
Reads a study of assets, threats and scenarios, simulates many thousand years
of incidents, prices every treatment on them, and writes one HDF5 file with
the losses of every year, rankings and plans for every budget. Nightly runs by
systemd timers, reports, comparisons and ISO/IEC 27001 registers come with it.")
set(CPACK_DEBIAN_LOSSMILL_PACKAGE_SUGGESTS "systemd, python3-h5py")
set(CPACK_DEBIAN_LOSSMILL_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/scripts/debian/postinst ${PROJECT_SOURCE_DIR}/scripts/debian/prerm
  ${PROJECT_SOURCE_DIR}/scripts/debian/postrm)

set(CPACK_DEBIAN_LIBLOSSMILL0_PACKAGE_NAME liblossmill0)
set(CPACK_DEBIAN_LIBLOSSMILL0_PACKAGE_SECTION libs)
configure_file(scripts/debian/shlibs.in debian/shlibs @ONLY)
set(CPACK_DEBIAN_LIBLOSSMILL0_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_BINARY_DIR}/debian/shlibs
  ${PROJECT_SOURCE_DIR}/scripts/debian/triggers)
set(CPACK_COMPONENT_LIBLOSSMILL0_DESCRIPTION "batch engine for security risk (library)
Reads a study of assets, threats and scenarios, simulates many thousand years
of incidents and writes one HDF5 file. This is the library that programs use
which embed the engine.")

set(CPACK_DEBIAN_LIBLOSSMILL-DEV_PACKAGE_NAME liblossmill-dev)
set(CPACK_DEBIAN_LIBLOSSMILL-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBLOSSMILL-DEV_PACKAGE_DEPENDS "libc6-dev")
set(CPACK_COMPONENT_LIBLOSSMILL-DEV_DEPENDS liblossmill0)
set(CPACK_COMPONENT_LIBLOSSMILL-DEV_DESCRIPTION "batch engine for security risk (development files)
Reads a study of assets, threats and scenarios, simulates many thousand years
of incidents and writes one HDF5 file. These are the header, the files for
pkg-config and CMake, and an example, to build programs that embed the engine.")

# Without it the dependencies on libraries are not known, and a package would install and not run.
find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
if(DPKG_SHLIBDEPS)
  set(CPACK_DEBIAN_LOSSMILL_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_LIBLOSSMILL0_PACKAGE_SHLIBDEPS ON)
  include(CPack)
else()
  message(STATUS "No Debian packages by cpack: they need dpkg-shlibdeps, of the package dpkg-dev")
endif()
