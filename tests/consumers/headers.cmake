# Every header in the moved PREFIX compiles on its own, without a warning, and twice in one file.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")
set(warnings -Wall -Wextra -Werror -pedantic -fsyntax-only "-I${PREFIX_DIR}/include")

file(GLOB_RECURSE headers RELATIVE "${PREFIX_DIR}/include" "${PREFIX_DIR}/include/*")
foreach(header IN LISTS headers)
  file(WRITE "${SCRATCH_DIR}/alone.cpp" "#include <${header}>\n#include <${header}>\n")
  run("${COMPILER}" -std=c++17 ${warnings} alone.cpp)
endforeach()

file(WRITE "${SCRATCH_DIR}/alone.c" "#include <smolgrad.h>\n#include <smolgrad.h>\n")
run("${COMPILER}" -x c -std=c99 -Wstrict-prototypes ${warnings} alone.c)
