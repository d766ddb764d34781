# Installing: headers, library, CMake package, pkg-config file. Everything is relative to the prefix, which may be moved
# afterwards. A static and a shared build may be installed into the same prefix.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

if(BUILD_SHARED_LIBS)
  set(smolgrad_kind shared)
else()
  set(smolgrad_kind static)
endif()
set(smolgrad_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/smolgrad)

install(DIRECTORY include/smolgrad DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY src/ops DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/smolgrad FILES_MATCHING PATTERN "*.hpp")
install(FILES capi/smolgrad.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS smolgrad EXPORT smolgrad-${smolgrad_kind} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(
  EXPORT smolgrad-${smolgrad_kind}
  NAMESPACE smolgrad::
  DESTINATION ${smolgrad_package_dir})

configure_package_config_file(cmake/smolgrad-config.cmake.in smolgrad-config.cmake
                              INSTALL_DESTINATION ${smolgrad_package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(smolgrad-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/smolgrad-config.cmake ${PROJECT_BINARY_DIR}/smolgrad-config-version.cmake
        DESTINATION ${smolgrad_package_dir})

list(TRANSFORM smolgrad_runtime PREPEND "-l" OUTPUT_VARIABLE smolgrad_private_libraries)
list(APPEND smolgrad_private_libraries ${CMAKE_THREAD_LIBS_INIT})
list(JOIN smolgrad_private_libraries " " smolgrad_private_libraries)
file(RELATIVE_PATH smolgrad_pkgconfig_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/smolgrad.pc.in smolgrad.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/smolgrad.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
