// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include <QByteArray>
#include <QJsonArray>
#include <QJsonObject>
#include <QProcess>
#include <QStringList>

namespace tapio::console {

/// What a run of a program left; code -1: it did not end in time.
struct Outcome {
    int code = -1;
    QByteArray out;
    QByteArray err;

    QJsonObject object() const;
    QJsonArray array() const;
    /// One object per line.
    std::vector<QJsonObject> lines() const;
};

/// `program` as somebody runs it whose home is this folder, and whose settings and data are in it.
void prepareAtHome(QProcess &process, const QString &home, const QString &program, const QStringList &arguments);
/// Starts what was prepared, and waits until it ends, for a minute at most.
Outcome runToEnd(QProcess &process);
Outcome runAtHome(const QString &home, const QString &program, const QStringList &arguments);

} // namespace tapio::console
