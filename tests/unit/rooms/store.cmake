conformd_unit_test(store USES base store LINKS unit_store)
conformd_unit_test(store_reader USES base store LINKS unit_store)
