conformd_unit_test(store USES base store)
conformd_unit_test(store_reader USES base store)
