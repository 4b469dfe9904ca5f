// SPDX-License-Identifier: GPL-3.0-or-later
#include <QAbstractItemModelTester>
#include <QtTest>

#include "console/ui/models/eventssorter.h"
#include "console/ui/models/eventtext.h"
#include "tests/support/fakeclock.h"
#include "tests/support/fakesession.h"

using namespace tapio;
using namespace tapio::console;
using namespace tapio::test;

namespace {
constexpr std::int64_t now = FakeClock::startNs;
} // namespace

class TestEventsSorter : public QObject {
    Q_OBJECT
private slots:
    void rowsAreInOrderAndEqualOnesStay_data()
    {
        QTest::addColumn<int>("column");
        QTest::addColumn<Qt::SortOrder>("order");
        for (int column = 0; column < EventsModel::ColumnCount; ++column)
            for (const Qt::SortOrder order : {Qt::AscendingOrder, Qt::DescendingOrder})
                QTest::addRow("column %d %s", column, order == Qt::AscendingOrder ? "up" : "down") << column << order;
    }
    void rowsAreInOrderAndEqualOnesStay()
    {
        QFETCH(int, column);
        QFETCH(Qt::SortOrder, order);
        EventsModel model(m_time);
        EventsSorter rows(model);
        QAbstractItemModelTester tester(&rows);
        model.append(sampleEvents(200, now, nsPerMs));
        rows.sort(column, order);
        model.append(sampleLater(60));
        model.prepend(sampleLater(20, 9));
        QCOMPARE(rows.rowCount(), 280);
        bool unknown = false;
        for (int row = 1; row < rows.rowCount(); ++row) {
            const int a = rows.sourceRow(rows.index(row - 1, 0)), b = rows.sourceRow(rows.index(row, 0));
            const QVariant left = key(model.eventAt(a), column), right = key(model.eventAt(b), column);
            if (left == right)
                QVERIFY2(a < b, "equal rows changed places");
            else if (isUnknown(right, column))
                unknown = true;
            else
                QVERIFY2(!unknown
                             && QVariant::compare(left, right)
                                    == (order == Qt::AscendingOrder ? QPartialOrdering::Less : QPartialOrdering::Greater),
                         "out of order");
        }
    }
    void rowsThatAreRenewedMoveToTheirPlaces()
    {
        EventsModel model(m_time);
        EventsSorter rows(model);
        QAbstractItemModelTester tester(&rows);
        auto events = sampleEvents(200, now, nsPerMs);
        model.append(events);
        rows.sort(EventsModel::Namespace, Qt::AscendingOrder);
        for (std::size_t i = 3; i < events.size(); i += 9) { // scattered, each to another place
            events[i].origin.namespaceName = "ns-" + std::to_string(i * 7919 % 101);
            events[i].isAmended = true;
        }
        model.renew(events);
        QByteArray last;
        for (int row = 0; row < rows.rowCount(); ++row) {
            const QByteArray name = key(model.eventAt(rows.sourceRow(rows.index(row, 0))), EventsModel::Namespace).toByteArray();
            if (name.isEmpty())
                break; // what is not known comes last
            QVERIFY2(row == 0 || last <= name, name.constData());
            last = name;
        }
        QVERIFY(!last.isEmpty());
    }
    void withoutAColumnRowsAreAsTheyCome()
    {
        EventsModel model(m_time);
        EventsSorter rows(model);
        QAbstractItemModelTester tester(&rows);
        model.append(sampleEvents(50, now, nsPerMs));
        rows.sort(EventsModel::Command, Qt::AscendingOrder);
        QPersistentModelIndex kept = rows.mapFromSource(model.index(17, EventsModel::Node));
        rows.sort(EventsModel::Node, Qt::DescendingOrder);
        QCOMPARE(rows.sourceRow(kept), 17);
        rows.sort(-1, Qt::AscendingOrder);
        for (int row = 0; row < rows.rowCount(); ++row)
            QCOMPARE(rows.sourceRow(rows.index(row, 0)), row);
        model.clear();
        QCOMPARE(rows.rowCount(), 0);
        QVERIFY(!kept.isValid());
    }
    void moreIsAskedOfTheModel()
    {
        EventsModel model(m_time);
        EventsSorter rows(model);
        model.append(sampleEvents(5, now, nsPerMs));
        model.setMoreBelow(true);
        QVERIFY(rows.canFetchMore({}));
        QSignalSpy wanted(&model, &EventsModel::moreBelowWanted);
        rows.fetchMore({});
        QCOMPARE(wanted.count(), 1);
    }

private:
    static std::vector<StoredEvent> sampleLater(std::size_t count, std::int64_t chunk = 8)
    {
        auto events = sampleEvents(count, now + chunk * nsPerSecond, nsPerMs);
        for (StoredEvent &event : events)
            event.id.chunk = 100 + chunk;
        return events;
    }
    static QVariant key(const StoredEvent &e, int column)
    {
        switch (column) {
        case EventsModel::Time: return static_cast<qlonglong>(e.event.timeNs);
        case EventsModel::Severity: return static_cast<int>(e.event.severity);
        case EventsModel::Type: return QByteArray::fromStdString(wire::eventTypeName(e.event.type));
        case EventsModel::Summary: return QByteArray::fromStdString(wire::summary(e.event));
        case EventsModel::Node: return QByteArray::fromStdString(e.node);
        case EventsModel::Namespace: return QByteArray::fromStdString(e.origin.namespaceName);
        case EventsModel::Entity: return entityText(e.origin).toUtf8();
        case EventsModel::Identity: return static_cast<int>(e.origin.attribution);
        case EventsModel::Command: return QByteArray::fromStdString(e.event.process.comm);
        default: return e.event.process.pid;
        }
    }
    static bool isUnknown(const QVariant &value, int column)
    {
        return column == EventsModel::Pid ? value.toUInt() == 0
                                          : value.userType() == QMetaType::QByteArray && value.toByteArray().isEmpty();
    }
    TimeDisplay m_time{QTimeZone::utc()};
};

QTEST_MAIN(TestEventsSorter)
#include "tst_eventssorter.moc"
