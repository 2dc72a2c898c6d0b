conformd_unit_test(ledger USES base store ledger)
