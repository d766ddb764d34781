# Every header in the moved PREFIX compiles on its own, without a warning, and twice in one file. What it reads is in the
# prefix or of the standard library.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")
set(warnings -Wall -Wextra -Werror -pedantic "-I${PREFIX_DIR}/include")
string(REPLACE " " "?" prefix_read "${PREFIX_DIR}/")

# Compiles `file`, with the arguments, and sets `read_outside` to what it reads from outside the prefix.
function(compile file)
  run("${COMPILER}" ${ARGN} -fsyntax-only -MD -MF read.d ${file})
  file(READ "${SCRATCH_DIR}/read.d" text)
  string(REPLACE "\\ " "?" text "${text}")
  string(REGEX MATCHALL "/[^ \n\\]+" files "${text}")
  set(read_outside "")
  foreach(file IN LISTS files)
    string(FIND "${file}" "${prefix_read}" position)
    if(NOT position EQUAL 0)
      list(APPEND read_outside "${file}")
    endif()
  endforeach()
  set(read_outside "${read_outside}" PARENT_SCOPE)
endfunction()

# compile_alone(header file argument...); `standard` is what such a header may read.
function(compile_alone header file)
  file(WRITE "${SCRATCH_DIR}/${file}" "#include <${header}>\n#include <${header}>\n")
  compile(${file} ${ARGN} ${warnings})
  list(REMOVE_ITEM read_outside ${standard})
  if(read_outside)
    message(SEND_ERROR "${header} reads ${read_outside}")
  endif()
endfunction()

file(WRITE "${SCRATCH_DIR}/standard.cpp" "#include <bits/stdc++.h>\n")
compile(standard.cpp -std=c++17)
set(standard ${read_outside})
file(GLOB_RECURSE headers RELATIVE "${PREFIX_DIR}/include" "${PREFIX_DIR}/include/*")
foreach(header IN LISTS headers)
  compile_alone(${header} alone.cpp -std=c++17)
endforeach()

file(WRITE "${SCRATCH_DIR}/standard.c" "#include <stddef.h>\n#include <stdint.h>\n")
compile(standard.c -x c -std=c99)
set(standard ${read_outside})
compile_alone(smolgrad.h alone.c -x c -std=c99 -Wstrict-prototypes)
