# conformd_plugin(NAME [USES room...] [LINKS library...])
# plugins/NAME/NAME.c becomes NAME.so: one exported symbol, nothing undefined of the daemon's. It links
# plugins/kit, which is no plugin.
# test_NAME.c beside it becomes the ctest plugin.NAME.
function(conformd_plugin name)
  cmake_parse_arguments(PLUGIN "" "" "USES;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  list(FILTER sources EXCLUDE REGEX "/test_[^/]*$")
  add_library(plugin_${name} MODULE ${sources})
  set_target_properties(plugin_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  target_include_directories(plugin_${name} PRIVATE ${CMAKE_SOURCE_DIR}/include)
  if(NOT CONFORMD_SANITIZE)
    target_link_options(plugin_${name} PRIVATE -Wl,-z,defs)
  endif()
  target_link_options(plugin_${name} PRIVATE -Wl,--exclude-libs,ALL)
  list(TRANSFORM PLUGIN_USES PREPEND room_)
  target_link_libraries(plugin_${name} PRIVATE ${PLUGIN_USES} conformd_kit ${PLUGIN_LINKS})
  install(TARGETS plugin_${name} LIBRARY DESTINATION lib/conformd)
  # Where the daemon looks for the trees of a selftest: beside the plugin, in the build as installed.
  if(IS_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/selftest)
    file(COPY selftest/ DESTINATION ${CMAKE_BINARY_DIR}/plugins/selftest/${name})
    install(DIRECTORY selftest/ DESTINATION lib/conformd/selftest/${name})
  endif()
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}.conf)
    install(FILES ${name}.conf DESTINATION share/doc/conformd/plugins)
  endif()
  if(BUILD_TESTING AND CMOCKA_FOUND AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/test_${name}.c)
    add_executable(test_plugin_${name} test_${name}.c)
    target_include_directories(test_plugin_${name} PRIVATE ${CMAKE_SOURCE_DIR}/include
      ${CMAKE_SOURCE_DIR}/tests)
    target_compile_definitions(test_plugin_${name} PRIVATE
      PLUGIN_PATH="$<TARGET_FILE:plugin_${name}>" SHARED_DIR="${CMAKE_SOURCE_DIR}/../shared"
      SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    target_link_libraries(test_plugin_${name} PRIVATE fake_host PkgConfig::CMOCKA dl)
    add_dependencies(test_plugin_${name} plugin_${name})
    add_test(NAME plugin.${name} COMMAND test_plugin_${name})
    set_tests_properties(plugin.${name} PROPERTIES LABELS plugin)
  endif()
endfunction()
