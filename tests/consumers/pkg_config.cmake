# A C program, compiled and linked by the C compiler alone with what PKG_CONFIG, given ARGUMENTS, says about the moved
# PREFIX.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")
file(GLOB_RECURSE pc "${PREFIX_DIR}/*/smolgrad.pc")
cmake_path(GET pc PARENT_PATH pkgconfig_dir)
cmake_path(GET pkgconfig_dir PARENT_PATH library_dir)
set(ENV{PKG_CONFIG_PATH} "${pkgconfig_dir}")

run("${PKG_CONFIG}" --modversion smolgrad)
if(NOT output STREQUAL "${VERSION_EXPECTED}\n")
  message(FATAL_ERROR "version ${output}")
endif()
run("${PKG_CONFIG}" --cflags --libs ${ARGUMENTS} smolgrad)
separate_arguments(flags UNIX_COMMAND "${output}")
run(${C_COMPILER} -std=c99 -Wall -Wextra -Werror -pedantic "${CMAKE_CURRENT_LIST_DIR}/consumer.c" -o consumer ${flags})

if(NOT PREFIX STREQUAL "static")
  set(ENV{LD_LIBRARY_PATH} "${library_dir}")
endif()
run("${SCRATCH_DIR}/consumer")
message("${output}")
