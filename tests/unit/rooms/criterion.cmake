conformd_unit_test(criterion USES base criterion)
