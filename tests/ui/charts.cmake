# SPDX-License-Identifier: GPL-3.0-or-later
# Charts, panels and the Overview.
tapio_add_library(tapio_ui_madeup SOURCES support/madeup.cpp LINK tapio_console_metrics)
tapio_add_program(preview_overview SOURCES preview_overview.cpp LINK tapio_ui_madeup tapio_console_charts)

tapio_add_test(tst_decimate SOURCES tst_decimate.cpp LINK tapio_console_charts)
tapio_add_test(tst_ticks SOURCES tst_ticks.cpp LINK tapio_console_charts tapio_ui_madeup)
tapio_add_test(tst_plotlayout SOURCES tst_plotlayout.cpp LINK tapio_console_charts tapio_ui_madeup)
tapio_add_test(tst_plotmarks SOURCES tst_plotmarks.cpp LINK tapio_console_charts)
tapio_add_test(tst_plotpainter SOURCES tst_plotpainter.cpp LINK tapio_console_charts)
tapio_add_test(tst_plotview SOURCES tst_plotview.cpp LINK tapio_console_charts tapio_ui_madeup)
tapio_add_test(tst_paneltext SOURCES tst_paneltext.cpp LINK tapio_console_charts tapio_ui_madeup)
tapio_add_test(tst_panelwidget SOURCES tst_panelwidget.cpp LINK tapio_console_charts tapio_ui_madeup)
tapio_add_test(tst_overviewview SOURCES tst_overviewview.cpp LINK tapio_console_charts tapio_ui_madeup)
tapio_add_test(tst_overviewpage SOURCES tst_overviewpage.cpp windowfixture.cpp LINK tapio_console_ui tapio_ui_madeup tapio_test_session)
