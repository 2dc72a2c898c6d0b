conformd_unit_test(act_row USES act_rows base config)
