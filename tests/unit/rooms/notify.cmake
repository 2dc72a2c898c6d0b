conformd_unit_test(notify USES base store notify LINKS kit_store)
