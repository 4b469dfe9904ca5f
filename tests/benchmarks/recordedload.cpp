// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/benchmarks/recordedload.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "protocol/base/clock.h"
#include "protocol/recording/reader.h"

namespace tapio::bench {

namespace {

void add(RecordedLoad &load, wire::EventBatch &&batch, std::int64_t beganNs)
{
    load.origins.push_back(std::make_unique<std::vector<wire::Origin>>(std::move(batch.origins)));
    const std::vector<wire::Origin> &origins = *load.origins.back();
    for (wire::Event &event : batch.events) {
        const std::int64_t sinceBeginNs = event.timeNs - beganNs;
        if (event.type == wire::EventType::Insight || sinceBeginNs < 0)
            continue;
        const wire::Origin *origin = &origins[event.origin];
        load.lastsNs = std::max(load.lastsNs, sinceBeginNs);
        load.events.push_back({sinceBeginNs, std::move(event), origin});
    }
}

Status read(RecordedLoad &load, const std::filesystem::path &file)
{
    auto reader = recording::Reader::open(file);
    if (!reader)
        return fail(reader.error());
    for (;;) {
        auto next = reader->next();
        if (!next)
            return fail(next.error().within(file.native()));
        if (!*next)
            break;
        auto *delivery = std::get_if<wire::Delivery>(&**next);
        if (auto *batch = delivery == nullptr ? nullptr : std::get_if<wire::EventBatch>(&delivery->frame.body))
            add(load, std::move(*batch), reader->header().startedNs);
    }
    ++load.recordings;
    return {};
}

} // namespace

Result<RecordedLoad> readRecordedLoad(const std::filesystem::path &folder)
{
    std::vector<std::filesystem::path> files;
    std::error_code failed;
    for (const auto &entry : std::filesystem::directory_iterator(folder, failed)) {
        if (entry.path().extension() == recording::fileSuffix)
            files.push_back(entry.path());
    }
    if (failed)
        return fail(Errc::Io, folder.native() + ": " + failed.message());
    if (files.empty())
        return fail(Errc::Io, folder.native() + " has no recordings");
    std::sort(files.begin(), files.end());
    RecordedLoad load;
    for (const auto &file : files) {
        if (const Status done = read(load, file); !done)
            return fail(done.error());
    }
    if (load.events.empty())
        return fail(Errc::Io, folder.native() + ": there are no events in its recordings");
    std::stable_sort(load.events.begin(), load.events.end(),
                     [](const RecordedEvent &a, const RecordedEvent &b) { return a.sinceBeginNs < b.sinceBeginNs; });
    return load;
}

} // namespace tapio::bench
