conformd_unit_test(base USES base)
