conformd_unit_test(upkeep USES base store ledger series expose upkeep LINKS unit_store)
