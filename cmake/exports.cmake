# A shared library exports what the headers declare and nothing else. Hidden visibility alone leaks weak symbols of the
# C++ library's templates, so ELF linkers are also given the list.
include(CheckLinkerFlag)
set(exports ${PROJECT_SOURCE_DIR}/cmake/exports.map)
check_linker_flag(CXX "-Wl,--version-script=${exports}" SMOLGRAD_HAS_VERSION_SCRIPT)
if(SMOLGRAD_HAS_VERSION_SCRIPT)
  target_link_options(smolgrad PRIVATE "-Wl,--version-script=${exports}")
  set_property(TARGET smolgrad APPEND PROPERTY LINK_DEPENDS ${exports})
endif()

# Calls among its own functions need no detour through a table which another library could change.
check_linker_flag(CXX "-Wl,-Bsymbolic-functions" SMOLGRAD_HAS_SYMBOLIC_FUNCTIONS)
if(SMOLGRAD_HAS_SYMBOLIC_FUNCTIONS)
  target_link_options(smolgrad PRIVATE "-Wl,-Bsymbolic-functions")
endif()

# Inline functions that were inlined everywhere, and what nothing exported calls.
check_linker_flag(CXX "-Wl,--gc-sections" SMOLGRAD_HAS_GC_SECTIONS)
if(SMOLGRAD_HAS_GC_SECTIONS)
  target_link_options(smolgrad PRIVATE "-Wl,--gc-sections")
endif()
