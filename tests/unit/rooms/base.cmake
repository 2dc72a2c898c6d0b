conformd_unit_test(base USES base)
conformd_unit_test(minutes USES base)
