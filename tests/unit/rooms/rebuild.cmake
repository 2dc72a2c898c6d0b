conformd_unit_test(rebuild USES base channel store ledger series promql criterion objective
  measure intake register notify engine acts rebuild)
target_sources(test_rebuild PRIVATE engine_scene.c)
