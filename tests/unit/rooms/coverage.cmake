conformd_unit_test(coverage USES base channel store ledger series promql measure intake selfmetrics coverage)
