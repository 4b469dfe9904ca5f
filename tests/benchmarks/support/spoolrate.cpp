// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/benchmarks/support/spoolrate.h"

#include <chrono>
#include <ctime>
#include <stdexcept>

#include "agent/spool/spool.h"
#include "protocol/wire/codec.h"

namespace tapio::bench {

namespace {

using namespace std::chrono_literals;
using Watch = std::chrono::steady_clock;

constexpr std::uint64_t earlier = 1;

/// What the caller's thread itself used: whatever else the machine does.
std::int64_t threadCpuNs()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<std::int64_t>(time.tv_sec) * nsPerSecond + time.tv_nsec;
}

class Quiet final : public agent::SpoolListener {
public:
    void onSpooled(const std::vector<agent::SourceEvents> &) override {}
    void onSpoolLoss(const agent::SpoolLoss &loss) override { lost += loss.frames; }
    void onSpoolState(agent::SpoolState, const agent::SpoolStatus &now) override { reason = now.reason; }
    void onSpoolFinding(const std::string &) override {}

    std::uint64_t lost = 0;
    std::string reason;
};

/// A spool with its thread, and the longest of the calls that went through timed().
struct Bench {
    Bench(const std::filesystem::path &folder, std::uint64_t streamId)
        : disk(
            agent::spoolDiskThread(agent::SpoolExecutor(agent::SpoolFiles::inFolder(folder), "node-1", agent::SpoolFsync::Interval), {})),
          spool(options(folder, streamId), *disk, clock)
    {
        spool.begin(listener);
        while (spool.opening())
            spool.flush(10ms);
        if (!listener.reason.empty())
            throw std::runtime_error(listener.reason);
    }
    static agent::SpoolOptions options(const std::filesystem::path &folder, std::uint64_t streamId)
    {
        agent::SpoolOptions options;
        options.folder = folder;
        options.bytes = std::uint64_t{4} << 30;
        options.node = "node-1";
        options.streamId = streamId;
        return options;
    }
    template <typename Call> auto timed(Call call)
    {
        const auto begin = Watch::now();
        const std::int64_t cpuBegin = threadCpuNs();
        const auto result = call();
        longest = std::max(longest, Watch::now() - begin);
        longestCpuNs = std::max(longestCpuNs, threadCpuNs() - cpuBegin);
        cpuNs += threadCpuNs() - cpuBegin;
        return result;
    }
    nlohmann::json shown(double megabytes, double seconds) const
    {
        return {{"MBPerSecond", megabytes / seconds},
                {"callersMBPerCpuSecond", megabytes / (static_cast<double>(cpuNs) / 1e9)},
                {"longestCallUs", std::chrono::duration<double, std::micro>(longest).count()},
                {"longestCallCpuUs", static_cast<double>(longestCpuNs) / 1e3}};
    }

    SystemClock clock;
    Quiet listener;
    std::unique_ptr<agent::SpoolDisk> disk;
    agent::Spool spool;
    Watch::duration longest{};
    std::int64_t longestCpuNs = 0;
    std::int64_t cpuNs = 0; ///< of all calls
};

agent::SpoolBytes frame(std::uint64_t seq, std::size_t bytes)
{
    wire::EventBatch batch;
    batch.firstSeq = seq;
    batch.origins.resize(1);
    constexpr std::size_t perEvent = 1000;
    batch.events.resize(std::max<std::size_t>(bytes / perEvent, 1));
    for (wire::Event &event : batch.events) {
        event.type = wire::EventType::ProcessExec;
        event.detail = wire::ProcessExec{1, "sh", std::string(perEvent / 2, 'f'), {std::string(perEvent / 2 - 100, 'x')}, false};
    }
    return wire::encode(wire::Frame{earlier, seq, 1, std::move(batch)}).value();
}

nlohmann::json append(Bench &bench, std::size_t frames, std::size_t frameBytes)
{
    const auto begin = Watch::now();
    std::uint64_t bytes = 0;
    const agent::SpoolBytes first = frame(1, frameBytes);
    for (std::uint64_t seq = 1; seq <= frames; ++seq) {
        const agent::SpoolBytes one = seq == 1 ? first : frame(seq, frameBytes);
        agent::FrameRecord record;
        record.frameSeq = seq;
        record.events = static_cast<std::uint32_t>(frameBytes / 1000);
        record.lastEvent = record.producedEvents = seq * record.events;
        record.sources = {{"process", record.events}};
        record.frame = one;
        while (!bench.timed([&] { return bench.spool.keep(record, false); }))
            bench.spool.flush(1ms);
        bench.timed([&] { return bench.spool.poll(), 0; });
        bytes += one.size();
    }
    bench.spool.closeSegment();
    while (!bench.spool.flush(100ms)) {}
    return bench.shown(static_cast<double>(bytes) / 1e6, std::chrono::duration<double>(Watch::now() - begin).count());
}

nlohmann::json replay(Bench &bench)
{
    constexpr std::size_t credit = 4u << 20;
    const auto begin = Watch::now();
    std::uint64_t bytes = 0;
    bench.spool.replay();
    while (!bench.spool.streamDone()) {
        std::uint64_t last = 0;
        while (bench.spool.next() != nullptr && bench.spool.bytesUnderWay() < credit) {
            bytes += bench.spool.next()->size;
            last = bench.timed([&] { return bench.spool.markSent().frame.frameSeq; });
        }
        if (last != 0)
            bench.timed([&] { return bench.spool.acknowledge(last).size(); });
        else
            bench.disk->idle(1ms);
        bench.timed([&] { return bench.spool.poll(), 0; });
    }
    return bench.shown(static_cast<double>(bytes) / 1e6, std::chrono::duration<double>(Watch::now() - begin).count());
}

} // namespace

nlohmann::json spoolRate(const std::filesystem::path &folder, std::size_t frames, std::size_t frameBytes)
{
    nlohmann::json result{{"frames", frames}, {"frameBytes", frameBytes}};
    {
        Bench writing(folder, earlier);
        result["append"] = append(writing, frames, frameBytes);
    }
    Bench reading(folder, earlier + 1);
    result["replay"] = replay(reading);
    result["lost"] = reading.listener.lost;
    return result;
}

} // namespace tapio::bench
