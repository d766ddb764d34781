# For the scripts of the consumer tests: settings, an empty scratch folder, and commands that must succeed.
cmake_minimum_required(VERSION 3.25)
include("${SETTINGS}")
set(PREFIX_DIR "${MOVED_DIR}/${PREFIX}")
set(SCRATCH_DIR "${SCRATCH_DIR}/${NAME}")
file(REMOVE_RECURSE "${SCRATCH_DIR}")
file(MAKE_DIRECTORY "${SCRATCH_DIR}")
# The environment of whoever runs the tests must not help.
foreach(variable CMAKE_PREFIX_PATH smolgrad_DIR PKG_CONFIG_PATH CPATH LIBRARY_PATH LD_LIBRARY_PATH CFLAGS CXXFLAGS
                 LDFLAGS CTEST_PARALLEL_LEVEL CMAKE_C_COMPILER_LAUNCHER CMAKE_CXX_COMPILER_LAUNCHER)
  unset(ENV{${variable}})
endforeach()
# All that a program with smolgrad may need of other libraries, as a regular expression.
set(RUNTIMES "stdc\\+\\+|c\\+\\+|c\\+\\+abi|m|gcc_s|c|pthread")
cmake_host_system_information(RESULT processors QUERY NUMBER_OF_LOGICAL_CORES)

# Runs a command; its output goes to ${output}.
function(run)
  list(JOIN ARGN " " shown)
  message(STATUS "${shown}")
  execute_process(
    COMMAND ${ARGN}
    WORKING_DIRECTORY "${SCRATCH_DIR}"
    OUTPUT_VARIABLE text
    ERROR_VARIABLE text
    RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message("${text}")
    message(FATAL_ERROR "failed: ${result}")
  endif()
  set(output "${text}" PARENT_SCOPE)
endfunction()

# Builds a configured project and runs its tests, the consumers. There must be `count`, no more.
function(build_and_run directory count)
  run("${CMAKE_COMMAND}" --build "${directory}" --config Release --parallel ${processors})
  run("${CMAKE_CTEST_COMMAND}" --test-dir "${directory}" --build-config Release --verbose --no-tests=error)
  message("${output}")
  if(NOT output MATCHES "100% tests passed, 0 tests failed out of ${count}\n")
    message(FATAL_ERROR "expected tests: ${count}")
  endif()
endfunction()

# The program or library (ELF) must need nothing at run time but what RUNTIMES and the arguments match.
function(expect_needed file)
  run("${READELF}" -dW "${file}")
  string(REGEX MATCHALL "\\(NEEDED\\)[^\n]*" needed "${output}")
  list(JOIN ARGN "|" more)
  list(FILTER needed EXCLUDE REGEX "\\[(lib(${RUNTIMES}|${more})|ld-linux[a-z0-9_-]*)\\.so[.0-9]*\\]$")
  if(needed)
    message(SEND_ERROR "${file} needs ${needed}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()
