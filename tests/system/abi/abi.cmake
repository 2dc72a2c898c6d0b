# show.01.5: collectors built against an older and a newer header run; others are refused by name.
file(READ ${CMAKE_SOURCE_DIR}/include/conformd/collector.h header)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/include/conformd/collector.h)

# The last fields of head, option, attribute and need: the older header lacks them (of an attribute
# two, as one alone leaves its size by padding), the newer has one more behind them.
set(older "${header}")
set(newer "${header}")
foreach(field
    "    int [(][*]selftest[)][^\n]*\n"
    "    const char [*]const [*]choices[^\n]*\n"
    "    uint32_t personal[^\n]*\n    uint32_t reserved[^\n]*\n"
    "    const char [*]setting[^\n]*\n")
  if(NOT header MATCHES "(${field})}")
    message(FATAL_ERROR "tests/system/abi: no struct of collector.h ends with ${field}")
  endif()
  string(REGEX REPLACE "(${field})}" "}" older "${older}")
  string(REGEX REPLACE "(${field})}" "\\1    const char *added;\n}" newer "${newer}")
endforeach()
set(same "${header}")

# conformd_abi_plugin(NAME HEADER [definition...])
function(conformd_abi_plugin name variant)
  set(folder ${CMAKE_BINARY_DIR}/tests/abi/${name})
  file(CONFIGURE OUTPUT ${folder}/include/collector_variant.h CONTENT "${${variant}}" @ONLY)
  add_library(abi_${name} MODULE ${CMAKE_CURRENT_LIST_DIR}/plugin.c)
  set_target_properties(abi_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${folder})
  target_include_directories(abi_${name} PRIVATE ${folder}/include)
  target_compile_definitions(abi_${name} PRIVATE ABI_NAME="${name}" ${ARGN})
endfunction()

set(variants older newer same foreign lacking)
conformd_abi_plugin(older older)
conformd_abi_plugin(newer newer ABI_NEWER)
conformd_abi_plugin(same same)
conformd_abi_plugin(foreign same ABI_NUMBER=99)
conformd_abi_plugin(lacking same ABI_NO_COLLECT)

add_executable(test_abi ${CMAKE_CURRENT_LIST_DIR}/test_abi.c)
target_link_libraries(test_abi PRIVATE room_base room_channel room_collector PkgConfig::CMOCKA)
target_compile_definitions(test_abi PRIVATE ABI_FOLDER="${CMAKE_BINARY_DIR}/tests/abi")
list(TRANSFORM variants PREPEND abi_ OUTPUT_VARIABLE targets)
add_dependencies(test_abi ${targets})
add_test(NAME show.01.5 COMMAND test_abi)
set_tests_properties(show.01.5 PROPERTIES LABELS system)
