conformd_unit_test(series USES base store series)
