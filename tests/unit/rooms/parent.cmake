if(TARGET room_parent)
  conformd_unit_test(parent USES base config channel parent)
  conformd_unit_test(parent_config USES base config channel parent)
endif()
