# conformd_unit_test(NAME [USES room...] [LINKS library...]): tests/unit/test_NAME.c as unit.NAME
function(conformd_unit_test name)
  cmake_parse_arguments(UNIT "" "" "USES;LINKS;LABELS" ${ARGN})
  add_executable(test_${name} test_${name}.c)
  list(TRANSFORM UNIT_USES PREPEND room_)
  target_link_libraries(test_${name} PRIVATE ${UNIT_USES} ${UNIT_LINKS} PkgConfig::CMOCKA)
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests
    ${CMAKE_SOURCE_DIR}/include)
  target_compile_definitions(test_${name} PRIVATE SHARED_DIR="${CMAKE_SOURCE_DIR}/../shared"
    SOURCE_DIR="${CMAKE_SOURCE_DIR}" BINARY_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME unit.${name} COMMAND test_${name})
  set_tests_properties(unit.${name} PROPERTIES LABELS unit)
endfunction()
