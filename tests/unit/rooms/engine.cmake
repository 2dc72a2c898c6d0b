foreach(name intake engine engine_acts engine_clock engine_failed engine_known engine_monitoring
  engine_names engine_privacy engine_pushed engine_rights engine_scope engine_selftest
  engine_stated engine_streams
  engine_volume)
  conformd_unit_test(${name} LINKS kit_engine)
endforeach()
