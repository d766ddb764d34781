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
