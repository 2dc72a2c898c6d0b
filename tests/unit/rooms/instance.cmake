conformd_unit_test(instance USES base instance)
