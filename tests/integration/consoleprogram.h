// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QStringList>

#include <functional>
#include <optional>
#include <vector>

#include "console/core/store/store.h"
#include "protocol/transport/endpoint.h"

namespace tapio::test {

/// tapio-console as its user starts it without a display: a process of its own with a home, a configuration and a store in
/// `folder`. Whatever still runs is killed with this object.
class ConsoleProgram {
public:
    /// `tls` goes into the configuration file.
    ConsoleProgram(const QString &folder, const transport::TlsFiles &tls);
    ~ConsoleProgram();

    QStringList arguments;          ///< besides --headless, --config, --data and --listen
    std::optional<QString> display; ///< set: with a window on this X display, not headless
    std::uint16_t port = 0;         ///< 0 = the system chooses; the one in use after start()
    QString data;                   ///< folder of the store
    /// In the new process, before the program.
    void beforeStart(std::function<void()> what) { m_process.setChildProcessModifier(std::move(what)); }

    /// Starts it and waits until it listens.
    bool start();
    /// Starts it and waits until it leaves; the exit code, -1 when it does not.
    int run();
    /// Sends a signal and waits until it has left; the exit code, -1 when it does not leave or a signal ended it.
    int end(int signal);
    /// Waits until it leaves by itself; as run().
    int wait();
    bool kill();
    int exitCode() const { return m_process.exitCode(); }
    /// Standard output and error so far.
    QString output();
    /// Lines of the program itself on standard error, as one sentence each; without those of Qt.
    QStringList complaints();
    QString storeFile() const { return data + QStringLiteral("/console.tapio"); }

private:
    void launch();
    void collect();

    QProcess m_process;
    QString m_folder;
    QByteArray m_out, m_err;
};

/// All events of a stored file, oldest first; empty, with a warning, when it cannot be read.
std::vector<console::StoredEvent> storedEvents(const QString &file, std::uint64_t *lost = nullptr);

} // namespace tapio::test
