conformd_unit_test(config USES base config)
conformd_unit_test(config_broken USES base config)
conformd_unit_test(config_files USES base config)
conformd_unit_test(config_syntax USES base config)
