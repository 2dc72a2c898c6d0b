conformd_unit_test(api USES base store ledger series promql api)
