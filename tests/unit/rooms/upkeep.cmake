conformd_unit_test(upkeep USES base store ledger series exposition upkeep LINKS kit_store)
