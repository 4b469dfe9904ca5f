// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

namespace tapio::test {

/// A cgroup laid out as the kubelet's cgroupfs driver does, in the memory hierarchy and in version 2, whichever are mounted:
/// /kubepods/burstable/pod<UID>/<CONTAINER>. Removed when it goes, together with its parents if they were made here.
class PodCgroup {
public:
    PodCgroup(QString podUid, QString containerId);
    ~PodCgroup();
    PodCgroup(const PodCgroup &) = delete;
    PodCgroup &operator=(const PodCgroup &) = delete;

    /// Empty when a hierarchy was found and the cgroup made in it, else why not.
    QString error() const { return m_error; }
    /// Makes process `pid` (0 = the caller) a member. Async-signal-safe: only open, write and close.
    bool add(int pid) const;

private:
    void make(const QString &mount, const QString &path);

    QStringList m_made;        ///< folders made here, parents first
    QList<QByteArray> m_procs; ///< cgroup.procs of each leaf
    QString m_error;
};

} // namespace tapio::test
