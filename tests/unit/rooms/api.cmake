conformd_unit_test(api USES base store ledger series promql api LINKS kit_store)
conformd_unit_test(api_write USES base api)
conformd_unit_test(api_ask USES base store ledger series api LINKS kit_store)
