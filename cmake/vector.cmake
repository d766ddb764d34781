# Units compiled once for each set of vector instructions; which one runs is chosen from the processor at run time.

# What Highway needs to choose the target of that name. AES is not among its needs when it is told so. Targets above are
# disabled in case the whole build is for a processor that has them: each unit must define its own namespace.
if(MSVC OR NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(SMOLGRAD_VECTOR_TARGETS baseline)
  # With this, Highway on ARM asks for NEON alone, and not for functions with cryptography that ours could not inline.
  set(SMOLGRAD_VECTOR_DEFINITIONS_baseline TOOLCHAIN_MISS_SYS_AUXV_H)
else()
  set(SMOLGRAD_VECTOR_TARGETS baseline avx2 avx512)
  set(SMOLGRAD_VECTOR_DEFINITIONS_baseline HWY_COMPILE_ONLY_SCALAR)
  set(SMOLGRAD_VECTOR_DEFINITIONS_avx2 HWY_DISABLE_PCLMUL_AES "HWY_DISABLED_TARGETS=HWY_AVX3|HWY_AVX3_DL")
  set(SMOLGRAD_VECTOR_DEFINITIONS_avx512 HWY_DISABLE_PCLMUL_AES HWY_DISABLED_TARGETS=HWY_AVX3_DL)
  set(SMOLGRAD_VECTOR_OPTIONS_avx2 -mavx2 -mfma -mbmi -mbmi2 -mf16c)
  set(SMOLGRAD_VECTOR_OPTIONS_avx512 ${SMOLGRAD_VECTOR_OPTIONS_avx2} -mavx512f -mavx512vl -mavx512dq -mavx512bw
                                     -mavx512cd -mprefer-vector-width=512)
endif()
# Optimised in every configuration: without inlining, the inline functions of Highway that are in no target's namespace
# would be emitted, and the linker could keep the copy made for another processor. Sanitizers, which instrument every
# reference before it is inlined, take minutes a unit. Nothing throws in these units or through them: without tables for
# unwinding the library is 20 KB smaller.
if(NOT MSVC)
  set(SMOLGRAD_VECTOR_OPTIMISATION -O3 -fno-math-errno -fno-trapping-math -fno-exceptions -fno-asynchronous-unwind-tables
                                   -fno-sanitize=all)
  # Loops are vectors as they are written: what GCC would make of them beside is 16 KB that nothing gains from.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    list(APPEND SMOLGRAD_VECTOR_OPTIMISATION -fno-tree-vectorize -fno-version-loops-for-strides -fno-split-paths)
  endif()
endif()

# Sets `out` to one generated unit a target, each including `source`. To be called where the library or executable is
# added, since properties of sources are seen there alone.
function(smolgrad_vector_units out source)
  get_filename_component(name ${source} NAME_WE)
  get_filename_component(path ${source} ABSOLUTE)
  set(units)
  foreach(target IN LISTS SMOLGRAD_VECTOR_TARGETS)
    set(unit ${CMAKE_CURRENT_BINARY_DIR}/${name}_${target}.cpp)
    file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"${path}\"\n")
    set_source_files_properties(
      ${unit} PROPERTIES COMPILE_OPTIONS "${SMOLGRAD_VECTOR_OPTIMISATION};${SMOLGRAD_VECTOR_OPTIONS_${target}}"
                         COMPILE_DEFINITIONS "${SMOLGRAD_VECTOR_DEFINITIONS_${target}};SMOLGRAD_VECTOR_TARGET=${target}")
    list(APPEND units ${unit})
  endforeach()
  set(${out} ${units} PARENT_SCOPE)
endfunction()
