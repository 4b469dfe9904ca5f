// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/integration/podcgroup.h"

#include <QDir>
#include <QFile>

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

namespace tapio::test {

PodCgroup::PodCgroup(QString podUid, QString containerId)
{
    QFile mounts("/proc/self/mounts");
    if (!mounts.open(QIODevice::ReadOnly)) {
        m_error = "the mount table cannot be read";
        return;
    }
    const QString path = "kubepods/burstable/pod" + podUid + '/' + containerId;
    for (const QByteArray &line : mounts.readAll().split('\n')) {
        const QList<QByteArray> fields = line.split(' ');
        if (fields.size() < 4)
            continue;
        if (fields[2] == "cgroup2" || (fields[2] == "cgroup" && fields[3].split(',').contains("memory")))
            make(QString::fromUtf8(fields[1]), path);
    }
    if (m_procs.isEmpty() && m_error.isEmpty())
        m_error = "no cgroup hierarchy is mounted";
}

PodCgroup::~PodCgroup()
{
    for (auto folder = m_made.crbegin(); folder != m_made.crend(); ++folder)
        rmdir(folder->toUtf8().constData());
}

void PodCgroup::make(const QString &mount, const QString &path)
{
    QString folder = mount;
    for (const QString &part : path.split('/')) {
        folder += '/' + part;
        if (QDir(folder).exists())
            continue;
        if (!QDir().mkdir(folder)) {
            m_error = folder + " cannot be made";
            return;
        }
        m_made << folder;
    }
    m_procs << (folder + "/cgroup.procs").toUtf8();
}

bool PodCgroup::add(int pid) const
{
    std::array<char, 16> text{};
    const int length = std::snprintf(text.data(), text.size(), "%d", pid);
    bool all = true;
    for (const QByteArray &procs : m_procs) {
        const int fd = open(procs.constData(), O_WRONLY | O_CLOEXEC);
        all = fd >= 0 && write(fd, text.data(), static_cast<std::size_t>(length)) == length && all;
        if (fd >= 0)
            close(fd);
    }
    return all;
}

} // namespace tapio::test
