# The shipped log rules and the log collector over logs that no one here wrote.
add_executable(conformance_logs logs.c logs_rules.c)
target_link_libraries(conformance_logs PRIVATE room_scan room_base fake_host PkgConfig::CONFIG)
target_include_directories(conformance_logs PRIVATE ${CMAKE_SOURCE_DIR}/tests
  ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(conformance_logs PRIVATE SHARED_DIR="${CMAKE_SOURCE_DIR}/../shared"
  SOURCE_DIR="${CMAKE_SOURCE_DIR}" PLUGIN_PATH="$<TARGET_FILE:plugin_log>")
add_dependencies(conformance_logs plugin_log)
add_test(NAME show.01.3 COMMAND conformance_logs openssh)
add_test(NAME conformance.logs.fail2ban COMMAND conformance_logs fail2ban)
add_test(NAME conformance.logs.wazuh COMMAND conformance_logs wazuh)
set_tests_properties(show.01.3 conformance.logs.fail2ban conformance.logs.wazuh PROPERTIES
  LABELS conformance SKIP_RETURN_CODE 77)
