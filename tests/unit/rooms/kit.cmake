foreach(test kit kit_files kit_settings)
  conformd_unit_test(${test} LINKS fake_host conformd_kit)
  target_sources(test_${test} PRIVATE kit_scene.c)
endforeach()
