# A C program that loads the installed shared library, uses it and unloads it, over and over.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")
run(${C_COMPILER} -std=c99 -O2 -Wall -Wextra -Werror -pedantic "-I${PREFIX_DIR}/include"
    "${CMAKE_CURRENT_LIST_DIR}/reload.c" -o reload -pthread -ldl)
# How many arenas malloc makes for threads depends on chance.
set(ENV{MALLOC_ARENA_MAX} 1)
run("${SCRATCH_DIR}/reload" "${PREFIX_DIR}/lib/libsmolgrad.so")
message("${output}")
