// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTest>

#include <utility>
#include <vector>

#include "agent/collect/readers/eventreader.h"

/// What tests of readers read into, and from.
namespace tapio::test {

class RecordSink final : public agent::KernelRecordSink {
public:
    void onRecord(agent::KernelRecord &&record) override { records.push_back(std::move(record)); }
    template <typename T> T last() const { return records.empty() ? T() : std::get<T>(records.back().event.detail); }
    std::vector<agent::KernelRecord> records;
};

/// Written in place: a file that is replaced would be another one to whoever watches it.
inline void put(const QString &path, const QByteArray &text)
{
    QFile file(path);
    QVERIFY(QDir().mkpath(QFileInfo(path).path()) && file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(text), text.size());
}

} // namespace tapio::test
