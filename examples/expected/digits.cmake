# At least 96 % of the test digits are read, by the same seed the same ones.
include(${CMAKE_CURRENT_LIST_DIR}/twice.cmake)
if(NOT output MATCHES "test accuracy ([0-9]+)[0-9.]* %" OR CMAKE_MATCH_1 LESS 96)
  message(FATAL_ERROR "the test accuracy is below 96 %")
endif()
