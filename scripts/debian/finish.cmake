# What Debian asks of a package, put beside the files of each: compressed manual pages, a copyright
# and a changelog. CPack runs it when all are staged.
foreach(component ${CPACK_COMPONENTS_ALL})
  set(stage ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr/share)
  file(GLOB pages ${stage}/man/man1/*.1)
  foreach(page ${pages})
    execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()

  set(documents ${stage}/doc/${component})
  file(MAKE_DIRECTORY ${documents})
  configure_file(${CMAKE_CURRENT_LIST_DIR}/changelog.in ${documents}/changelog.Debian @ONLY)
  execute_process(COMMAND gzip -9n ${documents}/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/copyright ${documents}/copyright COPYONLY)
  file(REMOVE ${documents}/LICENSE) # it is in copyright
  file(CHMOD_RECURSE ${CPACK_TEMPORARY_DIRECTORY}/${component} DIRECTORY_PERMISSIONS
    ${CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
endforeach()
