conformd_unit_test(http USES base http LINKS PkgConfig::EVENT)
