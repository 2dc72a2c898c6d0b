conformd_unit_test(collector USES base channel collector)
conformd_unit_test(collector_life USES base channel collector)
