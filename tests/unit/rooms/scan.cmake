conformd_unit_test(scan USES scan base)
