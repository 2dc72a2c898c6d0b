conformd_unit_test(channel USES base channel)
conformd_unit_test(channel_tables USES base channel)
conformd_unit_test(channel_wire USES base channel)
