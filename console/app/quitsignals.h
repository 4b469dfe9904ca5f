// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <memory>

#include "protocol/base/result.h"

class QSocketNotifier;

namespace tapio::console {

/// SIGINT, SIGTERM and SIGHUP as a Qt signal. blockQuitSignals() first, before any thread exists; then one object on the GUI thread.
Status blockQuitSignals();

class QuitSignals : public QObject {
    Q_OBJECT
public:
    static Result<std::unique_ptr<QuitSignals>> open();
    ~QuitSignals() override;

signals:
    void quitRequested();

private:
    explicit QuitSignals(int fd);
    int m_fd;
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace tapio::console
