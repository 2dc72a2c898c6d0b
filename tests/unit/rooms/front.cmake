conformd_unit_test(front USES base expose front web)
