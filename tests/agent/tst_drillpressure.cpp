// SPDX-License-Identifier: GPL-3.0-or-later
// A drill that really waits for a disk, and what the agent's reader of pressure says of its cgroup.
#include <QtTest>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "agent/collect/readers/pressurereader.h"
#include "agent/drill/runner.h"
#include "tests/agent/recordsink.h"

using namespace tapio;
using namespace tapio::agent;
using namespace tapio::test;
using namespace std::chrono_literals;

namespace {

constexpr const char *cgroupRoot = "/sys/fs/cgroup";

/// Looks at the machine's cgroups four times a second, as the collecting thread does less often, until it is stopped.
void watch(const std::stop_token &stop, RecordSink &sink)
{
    const SystemClock clock;
    CgroupInventory inventory(cgroupRoot, 1000);
    PressureReader reader({}, inventory, clock);
    std::mutex mutex;
    std::condition_variable_any waits;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
        inventory.refresh();
        reader.read(sink);
        waits.wait_for(lock, stop, 250ms, [] { return false; });
    }
}

} // namespace

class tst_DrillPressure : public QObject {
    Q_OBJECT

private slots:
    void aSlowDisk_isToldOfItsCgroup();
};

void tst_DrillPressure::aSlowDisk_isToldOfItsCgroup()
{
    const CgroupLayout layout = CgroupLayout::detect(cgroupRoot);
    if (layout.unified.empty() || !std::filesystem::exists("/proc/pressure/io"))
        QSKIP("no pressure of cgroups here: it needs cgroup v2 and a kernel with PSI");
    const drill::DrillList drills = drill::allDrills();
    const auto slow = std::find_if(drills.begin(), drills.end(), [](const auto &one) { return one->name() == "slow-disk"; });
    QVERIFY(slow != drills.end());
    const QTemporaryDir folder;
    drill::Place place;
    place.prefix += "-test" + std::to_string(::getpid()); // begins as it does by itself, and another run removes nothing of it
    place.stateFolder = folder.filePath("state").toStdString();
    if (const Status possible = drill::probeDrill(**slow, place); !possible)
        QSKIP(possible.error().context().c_str());
    RecordSink sink;
    const SystemClock clock;
    std::jthread watcher([&sink](const std::stop_token &stop) { watch(stop, sink); });
    const auto report = drill::runDrill({**slow, 10s, place, [](const wire::DrillLabel &) { return Status(); }, {}, clock});
    watcher.request_stop();
    watcher.join();
    QVERIFY2(report && report->happened, report ? report->reason.c_str() : report.error().message().c_str());
    const auto isStall = [](const KernelRecord &record) {
        const auto *stall = std::get_if<wire::PressureStall>(&record.event.detail);
        return stall != nullptr && stall->resource == wire::PressureResource::Io && record.cgroupId > 1;
    };
    QVERIFY2(std::any_of(sink.records.begin(), sink.records.end(), isStall),
             qPrintable(QString("%1 records, none of a cgroup that waits for a disk").arg(sink.records.size())));
}

QTEST_GUILESS_MAIN(tst_DrillPressure)
#include "tst_drillpressure.moc"
