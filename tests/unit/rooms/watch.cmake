conformd_unit_test(watch USES base channel store ledger series promql measure intake own watch)
