// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/programrun.h"

#include <QJsonDocument>
#include <QProcessEnvironment>

namespace tapio::console {

QJsonObject Outcome::object() const { return QJsonDocument::fromJson(out).object(); }

QJsonArray Outcome::array() const { return QJsonDocument::fromJson(out).array(); }

std::vector<QJsonObject> Outcome::lines() const
{
    std::vector<QJsonObject> all;
    for (const QByteArray &line : out.split('\n')) {
        if (!line.isEmpty())
            all.push_back(QJsonDocument::fromJson(line).object());
    }
    return all;
}

void prepareAtHome(QProcess &process, const QString &home, const QString &program, const QStringList &arguments)
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("HOME", home);
    environment.insert("XDG_CONFIG_HOME", home + "/config");
    environment.insert("XDG_DATA_HOME", home + "/data");
    process.setProcessEnvironment(environment);
    process.setProgram(program);
    process.setArguments(arguments);
}

Outcome runToEnd(QProcess &process)
{
    constexpr int mostMs = 60'000;
    process.start();
    if (!process.waitForFinished(mostMs))
        return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

Outcome runAtHome(const QString &home, const QString &program, const QStringList &arguments)
{
    QProcess process;
    prepareAtHome(process, home, program, arguments);
    return runToEnd(process);
}

} // namespace tapio::console
