if(TARGET room_sandbox)
  conformd_unit_test(sandbox USES base sandbox)
  target_sources(test_sandbox PRIVATE sandbox_attempts.c)
endif()
