conformd_unit_test(channel USES base channel)
