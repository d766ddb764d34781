# Runs COMMAND: at least 80 % of the test articles are told apart.
execute_process(COMMAND ${COMMAND} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")
if(NOT status EQUAL 0)
  message(FATAL_ERROR "exit status ${status}")
endif()
if(NOT output MATCHES "test accuracy ([0-9]+)[0-9.]* %" OR CMAKE_MATCH_1 LESS 80)
  message(FATAL_ERROR "the test accuracy is below 80 %")
endif()
