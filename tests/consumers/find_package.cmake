# A project in LANGUAGE finds smolgrad in the moved PREFIX and must get the library of kind EXPECT, or the message
# ERROR. Its BUILD_SHARED_LIBS is SHARED, if given; it asks for COMPONENT, if given, after having found FIRST, if given.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")
if(NOT DEFINED VERSION)
  set(VERSION ${VERSION_EXPECTED})
endif()
if(DEFINED SHARED)
  set(shared -DBUILD_SHARED_LIBS=${SHARED})
endif()
set(configure
    ${CONFIGURE} -S "${CMAKE_CURRENT_LIST_DIR}/project" -B "${SCRATCH_DIR}/build" -DCMAKE_BUILD_TYPE=Release
    "-DCMAKE_PREFIX_PATH=${PREFIX_DIR}" -DLANGUAGE=${LANGUAGE} -DVERSION=${VERSION} -DEXPECT=${EXPECT} -DFIRST=${FIRST}
    -DCOMPONENT=${COMPONENT} "-DRUNTIMES=${RUNTIMES}" ${shared})

if(NOT DEFINED ERROR)
  run(${configure})
  build_and_run("${SCRATCH_DIR}/build" 1)
  return()
endif()
execute_process(COMMAND ${configure} OUTPUT_QUIET ERROR_VARIABLE text RESULT_VARIABLE result)
message("${text}")
string(REGEX REPLACE "[ \n]+" " " text "${text}")
string(FIND "${text}" "${ERROR}" position)
if(result EQUAL 0 OR position EQUAL -1)
  message(FATAL_ERROR "not refused by: ${ERROR}")
endif()
