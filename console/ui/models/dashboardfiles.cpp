// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/models/dashboardfiles.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <utility>

#include "console/core/dashboards/grafana.h"

namespace tapio::console {

namespace {

namespace fs = std::filesystem;

constexpr int settleMs = 300; ///< an editor writes a file in several steps

QStringList listOf(const std::vector<std::string> &texts)
{
    QStringList all;
    for (const std::string &text : texts)
        all << QString::fromStdString(text);
    return all;
}

} // namespace

DashboardFiles::DashboardFiles(fs::path folder, QObject *parent) : QObject(parent), m_folder(std::move(folder))
{
    m_disk.setMaxThreadCount(1);
    m_changed.setSingleShot(true);
    m_changed.setInterval(settleMs);
    connect(&m_changed, &QTimer::timeout, this, &DashboardFiles::read);
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, this, [this] { m_changed.start(); });
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, this, [this] { m_changed.start(); });
}

DashboardFiles::~DashboardFiles() { m_disk.waitForDone(); }

fs::path DashboardFiles::fileOf(const QString &name) const { return m_folder / (name.toStdString() + ".toml"); }

void DashboardFiles::read()
{
    m_disk.start([this] {
        DashboardShelf shelf = readShelf(m_folder);
        // The destructor waits for this function, so `this` lives.
        QMetaObject::invokeMethod(
            this,
            [this, shelf = std::move(shelf)] {
                watch();
                QStringList files;
                for (const ShelvedDashboard &one : shelf.dashboards)
                    if (!one.file.empty())
                        files << QString::fromStdString(one.file.string());
                for (const TextProblem &one : shelf.problems) // it may be mended
                    if (const QString file = QString::fromStdString(one.file); !files.contains(file) && QFileInfo(file).isFile())
                        files << file;
                if (!files.isEmpty())
                    m_watcher.addPaths(files);
                emit shelfRead(shelf);
            },
            Qt::QueuedConnection);
    });
}

/// An editor that saves puts another file in the place of the one that was watched: what is watched is named anew.
void DashboardFiles::watch()
{
    if (const QStringList before = m_watcher.files() + m_watcher.directories(); !before.isEmpty())
        m_watcher.removePaths(before);
    const QString folder = QString::fromStdString(m_folder.string()), above = QFileInfo(folder).absolutePath();
    for (const QString &one : {folder, above}) { // where it is not there, somebody may make it
        if (QFileInfo::exists(one)) {
            m_watcher.addPath(one);
            break;
        }
    }
}

Status DashboardFiles::keepNow(const Dashboard &dashboard, const fs::path &file) const
{
    std::error_code error;
    fs::create_directories(m_folder, error);
    if (error)
        return fail(errcFromErrno(error.value()), m_folder.string() + ": " + error.message());
    if (fs::exists(file, error))
        return fail(Errc::AlreadyExists, file.string() + " is there already");
    return saveDashboard(dashboard, file);
}

void DashboardFiles::keep(const Dashboard &dashboard, const QString &name)
{
    m_disk.start([this, dashboard, name, file = fileOf(name)] {
        const Status saved = keepNow(dashboard, file);
        QMetaObject::invokeMethod(
            this,
            [this, saved, name, file] {
                if (!saved)
                    emit failed(tr("The dashboard is not kept: %1").arg(QString::fromStdString(saved.error().context())));
                else
                    emit kept(name, QString::fromStdString(file.string()), {});
                read();
            },
            Qt::QueuedConnection);
    });
}

void DashboardFiles::importGrafana(const QString &file, const QString &name, const QString &source)
{
    m_disk.start([this, file, name, source, into = fileOf(name)] {
        QFile in(file);
        const bool isRead = in.open(QIODevice::ReadOnly);
        const QByteArray text = isRead ? in.read(static_cast<qint64>(mostGrafanaBytes) + 1) : QByteArray();
        auto carried = isRead ? fromGrafana({text.constData(), static_cast<std::size_t>(text.size())}, source.toStdString())
                              : tapio::fail(Errc::Io, in.errorString().toStdString());
        Status saved;
        if (carried)
            saved = keepNow(carried->dashboard, into);
        else
            saved = tapio::fail(carried.error());
        QMetaObject::invokeMethod(
            this,
            [this, saved, name, into, left = carried ? listOf(carried->left) : QStringList()] {
                if (!saved)
                    emit failed(tr("Nothing is imported: %1").arg(QString::fromStdString(saved.error().context())));
                else
                    emit kept(name, QString::fromStdString(into.string()), left);
                read();
            },
            Qt::QueuedConnection);
    });
}

void DashboardFiles::exportGrafana(const Dashboard &dashboard, const QString &file)
{
    m_disk.start([this, dashboard, file] {
        const GrafanaText made = toGrafana(dashboard);
        QSaveFile out(file);
        const QByteArray text = QByteArray::fromStdString(made.json);
        const bool isWritten = out.open(QIODevice::WriteOnly) && out.write(text) == text.size() && out.commit();
        const QString reason = out.errorString();
        QMetaObject::invokeMethod(
            this,
            [this, isWritten, reason, file, left = listOf(made.left)] {
                if (isWritten)
                    emit exported(file, left);
                else
                    emit failed(tr("Export to %1 failed: %2").arg(file, reason));
            },
            Qt::QueuedConnection);
    });
}

} // namespace tapio::console
