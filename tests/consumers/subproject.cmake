# A project has smolgrad's sources as a subproject by MEANS (add_subdirectory or fetch_content), as a library of kind
# EXPECT. Besides the library it must get nothing from it: no test, nothing to install, no setting changed.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")
if(DEFINED SHARED)
  set(shared -DBUILD_SHARED_LIBS=${SHARED})
endif()
run(${CONFIGURE} -S "${CMAKE_CURRENT_LIST_DIR}/subproject" -B "${SCRATCH_DIR}/build" ${FMT_ARGUMENTS}
    "-DSMOLGRAD=${SOURCE_DIR}" -DMEANS=${MEANS} -DEXPECT=${EXPECT} ${shared})
build_and_run("${SCRATCH_DIR}/build" 2)

run("${CMAKE_COMMAND}" --install "${SCRATCH_DIR}/build" --config Release --prefix "${SCRATCH_DIR}/prefix")
file(GLOB_RECURSE installed "${SCRATCH_DIR}/prefix/*")
if(installed)
  message(FATAL_ERROR "installed: ${installed}")
endif()
