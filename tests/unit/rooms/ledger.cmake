conformd_unit_test(merkle USES base store ledger LINKS kit_proofs)
conformd_unit_test(ledger USES base store ledger LINKS kit_proofs kit_store)
conformd_unit_test(leaf USES base store ledger)
conformd_unit_test(ledger_follow USES base store ledger LINKS kit_store)
