conformd_unit_test(made_store USES api LINKS kit_made kit_rebuild)
