# Builds smolgrad as a static and as a shared library, installs them and moves the prefixes. For `both` the folders
# inside the prefix are named as a distribution might, and the prefix is given only when installing. The objects are kept
# for subprojects.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")
file(REMOVE_RECURSE "${ORIGINAL_DIR}" "${MOVED_DIR}")

foreach(kind static shared)
  string(COMPARE EQUAL ${kind} shared shared)
  set(build "${LIBRARY_DIR}/${kind}")
  set(ENV{CMAKE_CXX_COMPILER_LAUNCHER} "sh;${CMAKE_CURRENT_LIST_DIR}/objects.sh;keep;${OBJECTS_DIR};${build}")
  set(configure
      ${CONFIGURE} -S "${SOURCE_DIR}" -B "${build}" ${FMT_ARGUMENTS} -DCMAKE_BUILD_TYPE=Release
      -DBUILD_SHARED_LIBS=${shared} -DSMOLGRAD_TESTS=OFF -DSMOLGRAD_EXAMPLES=OFF -DSMOLGRAD_BENCHMARK=OFF)

  run(${configure} "-DCMAKE_INSTALL_PREFIX=${ORIGINAL_DIR}/${kind}" -DCMAKE_INSTALL_LIBDIR=lib
      -DCMAKE_INSTALL_INCLUDEDIR=include)
  run("${CMAKE_COMMAND}" --build "${build}" --config Release --parallel ${processors})
  run("${CMAKE_COMMAND}" --install "${build}" --config Release)

  run(${configure} "-DCMAKE_INSTALL_PREFIX=${ORIGINAL_DIR}/unused" "-DCMAKE_INSTALL_LIBDIR=${DISTRIBUTION_LIBDIR}"
      -DCMAKE_INSTALL_INCLUDEDIR=include/smolgrad-0)
  run("${CMAKE_COMMAND}" --install "${build}" --config Release --prefix "${ORIGINAL_DIR}/both")
endforeach()

if(EXISTS "${ORIGINAL_DIR}/unused")
  message(FATAL_ERROR "installed where it was not told to")
endif()
file(RENAME "${ORIGINAL_DIR}" "${MOVED_DIR}")
