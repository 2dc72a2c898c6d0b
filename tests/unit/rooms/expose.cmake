conformd_unit_test(expose USES base expose)
