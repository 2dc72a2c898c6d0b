conformd_unit_test(front USES base exposition front web)
conformd_unit_test(front_questions USES base front)
