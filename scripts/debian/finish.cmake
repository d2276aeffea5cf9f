# What Debian asks of a package, put beside the files of each: compressed manual pages, completion
# where its zsh looks for it, a copyright and a changelog. CPack runs it when all are staged.
foreach(component ${CPACK_COMPONENTS_ALL})
  set(stage ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr/share)
  file(GLOB pages ${stage}/man/man1/*.1)
  foreach(page ${pages})
    execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()

  if(EXISTS ${stage}/zsh/site-functions)
    file(RENAME ${stage}/zsh/site-functions ${stage}/zsh/vendor-completions)
  endif()

  set(documents ${stage}/doc/${component})
  file(MAKE_DIRECTORY ${documents})
  configure_file(${CMAKE_CURRENT_LIST_DIR}/changelog.in ${documents}/changelog @ONLY)
  execute_process(COMMAND gzip -9n ${documents}/changelog COMMAND_ERROR_IS_FATAL ANY)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/copyright ${documents}/copyright COPYONLY)
  file(REMOVE ${documents}/LICENSE) # it is in copyright
  # whatever the umask of who makes the packages
  execute_process(COMMAND chmod -R u=rwX,go=rX ${CPACK_TEMPORARY_DIRECTORY}/${component}
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
