conformd_unit_test(store USES base store LINKS kit_store)
conformd_unit_test(store_reader USES base store LINKS kit_store)
