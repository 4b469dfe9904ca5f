// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSettings>
#include <QTemporaryDir>

#include <memory>

#include "console/ui/theme/themeapplier.h"
#include "console/ui/window/mainwindow.h"
#include "console/ui/window/uisettings.h"
#include "tests/support/fakeclock.h"
#include "tests/support/fakesession.h"

namespace tapio::test {

/// 2025-06-15 15:06:40 UTC
inline constexpr std::int64_t testNowNs = FakeClock::startNs;

/// A whole window on a FakeSession, with settings in a folder of its own.
struct WindowFixture {
    enum class Data { None, Some };
    WindowFixture(Data data, QSize size, console::ThemeChoice theme);
    /// The window as it looks now, after pending events.
    QImage picture();
    /// Saves picture() when TAPIO_PICTURES names a folder.
    void keep(const QString &name);
    /// What the drawer says of one thing, as it is copied; empty where nothing can be.
    QString copiedDetails() const;

    FakeClock clock;
    FakeSession session;
    QTemporaryDir folder;
    QSettings settings;
    console::ThemeStore themes;
    console::IconCache icons;
    console::TimeDisplay time;
    console::ActionRegistry actions;
    console::ThemeApplier applier;
    console::UiSettings uiSettings;
    std::unique_ptr<console::MainWindow> window;
};

} // namespace tapio::test
