conformd_unit_test(register USES base store ledger register LINKS kit_store)
