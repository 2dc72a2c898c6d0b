conformd_unit_test(parent USES base config channel children checks)
conformd_unit_test(parent_config USES base config channel children checks)
