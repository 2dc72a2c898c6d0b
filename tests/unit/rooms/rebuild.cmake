conformd_unit_test(rebuild USES base channel store ledger series promql criterion objective
  measure intake register notify engine acts rebuild)
target_sources(test_rebuild PRIVATE engine_scene.c looking.c)
conformd_unit_test(rebuild_watching USES base channel store ledger series promql criterion objective
  measure intake register notify engine acts rebuild)
target_sources(test_rebuild_watching PRIVATE engine_scene.c looking.c)
# What a disposal leaves, with a clock that the test moves.
add_test(NAME show.02.9.disposal COMMAND test_rebuild)
set_tests_properties(show.02.9.disposal PROPERTIES LABELS system TIMEOUT 240)
