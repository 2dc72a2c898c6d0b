conformd_unit_test(measure USES base store ledger series promql criterion measure LINKS kit_store kit_presets)
