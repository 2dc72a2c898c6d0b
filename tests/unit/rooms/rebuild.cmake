foreach(name rebuild rebuild_watching)
  conformd_unit_test(${name} LINKS kit_rebuild)
endforeach()
# What a disposal leaves, with a clock that the test moves.
add_test(NAME show.02.9.disposal COMMAND test_rebuild)
set_tests_properties(show.02.9.disposal PROPERTIES LABELS system TIMEOUT 240)
