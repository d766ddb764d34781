# What smolgrad is built with: found on the system first, fetched otherwise. Users of the built library need none of it.
include(FetchContent)

# Text formatting, header-only.
macro(smolgrad_require_fmt)
  if(NOT TARGET fmt::fmt-header-only)
    FetchContent_Declare(
      fmt
      GIT_REPOSITORY https://github.com/fmtlib/fmt.git
      GIT_TAG 9.1.0
      FIND_PACKAGE_ARGS 9)
    FetchContent_MakeAvailable(fmt)
  endif()
endmacro()

# Portable SIMD, header-only: Debian's package and a fetched copy are used for their headers alone, nothing is linked.
macro(smolgrad_require_highway)
  if(NOT TARGET smolgrad_highway)
    find_path(SMOLGRAD_HIGHWAY_INCLUDE_DIR hwy/highway.h)
    if(NOT SMOLGRAD_HIGHWAY_INCLUDE_DIR)
      # A directory without a CMakeLists.txt of its own: there is nothing to build.
      FetchContent_Declare(
        highway
        GIT_REPOSITORY https://github.com/google/highway.git
        GIT_TAG 1.0.3
        SOURCE_SUBDIR hwy)
      FetchContent_MakeAvailable(highway)
      set(SMOLGRAD_HIGHWAY_INCLUDE_DIR ${highway_SOURCE_DIR})
    endif()
    add_library(smolgrad_highway INTERFACE IMPORTED)
    target_include_directories(smolgrad_highway SYSTEM INTERFACE ${SMOLGRAD_HIGHWAY_INCLUDE_DIR})
  endif()
endmacro()

# JSON, header-only, for the description in safetensors files. Its headers alone are used too.
macro(smolgrad_require_json)
  if(NOT TARGET smolgrad_json)
    find_path(SMOLGRAD_JSON_INCLUDE_DIR nlohmann/json.hpp)
    if(NOT SMOLGRAD_JSON_INCLUDE_DIR)
      FetchContent_Declare(
        json
        GIT_REPOSITORY https://github.com/nlohmann/json.git
        GIT_TAG v3.11.2
        GIT_SHALLOW ON
        SOURCE_SUBDIR include)
      FetchContent_MakeAvailable(json)
      set(SMOLGRAD_JSON_INCLUDE_DIR ${json_SOURCE_DIR}/include)
    endif()
    add_library(smolgrad_json INTERFACE IMPORTED)
    target_include_directories(smolgrad_json SYSTEM INTERFACE ${SMOLGRAD_JSON_INCLUDE_DIR})
  endif()
endmacro()

# The tests' framework.
macro(smolgrad_require_gtest)
  if(NOT TARGET GTest::gtest_main)
    set(INSTALL_GTEST OFF)
    FetchContent_Declare(
      GTest
      GIT_REPOSITORY https://github.com/google/googletest.git
      GIT_TAG release-1.12.1
      FIND_PACKAGE_ARGS NAMES GTest)
    FetchContent_MakeAvailable(GTest)
  endif()
endmacro()
