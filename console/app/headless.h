// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QTimer>

#include <iosfwd>

#include "console/app/launchoptions.h"
#include "console/ui/window/mainwindow.h"

namespace tapio::console {

/// Without a person before it: prints one line of status every few seconds, and keeps a picture of the Overview up to date.
/// GUI thread; the arguments outlive it.
class Headless : public QObject {
    Q_OBJECT
public:
    struct Streams {
        std::ostream &out, &errors;
    };
    Headless(const LaunchOptions &options, const Session &session, MainWindow &window, const Clock &clock, Streams streams);

    /// Writes the last picture. False: it could not be written. The reason is said once, not at each try.
    bool finish();
    /// "2026-03-01 14:35:02 UTC  agents 1 of 1  events/s 412  ..."; English, for logs.
    QString statusLine() const;

signals:
    void timeUp();

private:
    void tick();
    bool writeSnapshot();

    const LaunchOptions &m_options;
    const Session &m_session;
    MainWindow &m_window;
    const Clock &m_clock;
    std::ostream &m_out;
    std::ostream &m_errors;
    QTimer m_second;
    int m_seconds = 0;
    bool m_pictured = false;
    QString m_pictureError; ///< of the last try; empty = it was written
};

} // namespace tapio::console
