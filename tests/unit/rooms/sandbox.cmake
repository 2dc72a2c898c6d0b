if(TARGET room_sandbox)
  conformd_unit_test(sandbox USES base sandbox)
endif()
