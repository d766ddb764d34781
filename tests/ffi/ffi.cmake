# Runs the program of one LANGUAGE against the installed shared library. What it prints must be what the C program
# prints, whose lines are those of expected.txt: closed forms, and the range where training must end.
include("${CMAKE_CURRENT_LIST_DIR}/../consumers/run.cmake")

# Sets ${out} to what a language's program prints.
function(run_program language out)
  set(scratch "${SCRATCH_DIR}/${language}")
  file(MAKE_DIRECTORY "${scratch}")
  execute_process(
    COMMAND sh "${CMAKE_CURRENT_LIST_DIR}/${language}/run" "${PREFIX_DIR}" "${scratch}"
    WORKING_DIRECTORY "${scratch}"
    OUTPUT_VARIABLE printed
    RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${language} failed: ${result}\n${printed}")
  endif()
  set(${out} "${printed}" PARENT_SCOPE)
endfunction()

run_program(c reference)
message("${reference}")
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/expected.txt" expected)
list(JOIN expected "\n" expected)
if(NOT reference MATCHES "^${expected}\n$")
  message(FATAL_ERROR "expected\n${expected}")
endif()
if(NOT LANGUAGE STREQUAL "c")
  run_program(${LANGUAGE} printed)
  if(NOT printed STREQUAL reference)
    message(FATAL_ERROR "${LANGUAGE} printed\n${printed}")
  endif()
endif()
