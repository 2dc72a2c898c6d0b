conformd_unit_test(exposition USES base exposition)
