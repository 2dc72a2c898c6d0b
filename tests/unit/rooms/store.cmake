conformd_unit_test(store USES base store)
