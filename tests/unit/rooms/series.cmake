conformd_unit_test(series USES base store series)
conformd_unit_test(series_packed USES base store series)
