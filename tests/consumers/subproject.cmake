# A project in LANGUAGES has smolgrad's sources as a subproject by MEANS (add_subdirectory or fetch_content), as a library
# of kind EXPECT. Its BUILD_SHARED_LIBS is SHARED, if given. Besides the library it must get nothing from it: no test,
# nothing to install unless INSTALL is ON, no setting changed.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")
if(DEFINED SHARED)
  set(shared -DSHARED=${SHARED})
endif()
set(configure
    ${CONFIGURE} -S "${CMAKE_CURRENT_LIST_DIR}/subproject" -B "${SCRATCH_DIR}/build" ${FMT_ARGUMENTS}
    "-DSMOLGRAD=${SOURCE_DIR}" "-DOBJECTS=${OBJECTS_DIR}" -DMEANS=${MEANS} -DEXPECT=${EXPECT} "-DLANGUAGES=${LANGUAGES}"
    ${shared})
if(INSTALL)
  list(APPEND configure -DSMOLGRAD_INSTALL=ON)
endif()
# Without a build type, for which smolgrad alone would choose one; then with that of the objects that were kept.
run(${configure})
run(${configure} -DCMAKE_BUILD_TYPE=Release)
string(REGEX MATCHALL "[^,]+" languages "${LANGUAGES}")
list(LENGTH languages count)
build_and_run("${SCRATCH_DIR}/build" ${count})

run("${CMAKE_COMMAND}" --install "${SCRATCH_DIR}/build" --config Release --prefix "${SCRATCH_DIR}/prefix")
file(GLOB_RECURSE installed RELATIVE "${SCRATCH_DIR}/prefix" "${SCRATCH_DIR}/prefix/*")
if(NOT INSTALL AND installed)
  message(FATAL_ERROR "installed: ${installed}")
endif()
foreach(expected smolgrad\\.h smolgrad/value\\.hpp smolgrad-config\\.cmake smolgrad\\.pc libsmolgrad\\.)
  if(INSTALL AND NOT ";${installed};" MATCHES "/${expected}")
    message(SEND_ERROR "not installed: ${expected}")
  endif()
endforeach()
