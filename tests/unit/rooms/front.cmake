conformd_unit_test(front USES base expose front web)
conformd_unit_test(front_questions USES base front)
