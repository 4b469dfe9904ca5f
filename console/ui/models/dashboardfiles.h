// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFileSystemWatcher>
#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include <filesystem>
#include <string>

#include "console/core/dashboards/dashboardshelf.h"

namespace tapio::console {

/// The dashboards there are, read again when their folder changes; and what is done with their files. All of it on a thread of its own. GUI thread.
class DashboardFiles : public QObject {
    Q_OBJECT
public:
    explicit DashboardFiles(std::filesystem::path folder, QObject *parent = nullptr);
    ~DashboardFiles() override; ///< waits for what is read or written

    const std::filesystem::path &folder() const { return m_folder; }
    void read();
    /// Into the folder, which is made where it is not there; the file must not be there. Then it is read.
    void keep(const Dashboard &dashboard, const QString &name);
    /// Reads a dashboard of Grafana, and keeps what comes of it, with its queries to that source.
    void importGrafana(const QString &file, const QString &name, const QString &source);
    void exportGrafana(const Dashboard &dashboard, const QString &file);

signals:
    void shelfRead(const tapio::console::DashboardShelf &shelf);
    void kept(const QString &name, const QString &file, const QStringList &left); ///< left: what was not carried over
    void exported(const QString &file, const QStringList &left);
    void failed(const QString &what); ///< one sentence

private:
    void watch();
    Status keepNow(const Dashboard &dashboard, const std::filesystem::path &file) const;
    std::filesystem::path fileOf(const QString &name) const;

    const std::filesystem::path m_folder;
    QFileSystemWatcher m_watcher;
    QTimer m_changed;
    QThreadPool m_disk;
};

} // namespace tapio::console
