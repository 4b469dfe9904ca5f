// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a recording. Reading ends, in bounded steps and memory; an error names its place; and what was read whole comes out the same when it is
// written again. Through the engine with all rules it goes as well. The first byte: 1 = the rest are the deliveries of a block whose checksums are right, so that what is behind them is
// reached; 2 = of one that may have samples, 3 = of one that may have links.
#include <memory>
#include <span>

#include "agent/correlation/ruleloader.h"
#include "agent/replay/replayer.h"
#include "protocol/recording/reader.h"
#include "protocol/recording/writer.h"
#include "tests/fuzz/promise.h"

using namespace tapio;
using namespace tapio::recording;
using tapio::test::promise;

namespace {

class MemorySink final : public ByteSink {
public:
    explicit MemorySink(Bytes &into) : m_into(into) {}
    Status write(std::span<const std::byte> bytes) override
    {
        m_into.insert(m_into.end(), bytes.begin(), bytes.end());
        return {};
    }

private:
    Bytes &m_into;
};

/// All of it; empty: there was an error, which must then be the same again.
std::optional<std::vector<Received>> readAll(std::span<const std::byte> bytes)
{
    auto reader = Reader::open(overBytes(bytes));
    if (!reader)
        return std::nullopt;
    std::vector<Received> all;
    for (;;) {
        auto next = reader->next();
        if (!next) {
            promise(next.error().context().starts_with("at byte "));
            promise(reader->next().error() == next.error());
            return std::nullopt;
        }
        if (!*next)
            break;
        all.push_back(std::move(**next));
    }
    promise(!reader->next()->has_value());
    promise(!(reader->end() && reader->tornAt()));
    promise(reader->deliveries() == all.size());
    return all;
}

void replayAll(const std::vector<Received> &all)
{
    static const replay::Replayable rules = replay::replayable(correlation::shippedRules().rules);
    const auto check = [](const std::string &, correlation::Finding &&finding) { promise(finding.insight.evidenceCount > 0); };
    replay::Replayer replayer(rules.withSamples, check, {}, rules.withLinks);
    for (const Received &received : all)
        promise(replayer.onReceived(received).has_value());
    replayer.finish(latestNs);
}

Bytes fileOf(std::span<const std::byte> plain, RecordKind kind)
{
    std::uint32_t messages = 0;
    for (std::size_t at = 0; at < plain.size() && takeMessage(plain, at); ++messages) {}
    Bytes file = encodeHeader({Origin::Live, 1});
    const auto block = encodeBlock(plain, messages, kind);
    promise(block.has_value());
    file.insert(file.end(), block->begin(), block->end());
    return file;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0 || size > mostBlockBytes)
        return 0;
    const auto rest = std::as_bytes(std::span(data, size)).subspan(1);
    const auto read = data[0] == 1   ? readAll(fileOf(rest, RecordKind::Block))
                      : data[0] == 2 ? readAll(fileOf(rest, RecordKind::MixedBlock))
                      : data[0] == 3 ? readAll(fileOf(rest, RecordKind::LinkBlock))
                                     : readAll(rest);
    if (!read)
        return 0;
    replayAll(*read);
    Bytes again;
    auto writer = Writer::begin(std::make_unique<MemorySink>(again), {});
    for (const Received &received : *read) {
        if (!writer->add(received)) // unusual but lawful values may come to more bytes than a message has
            return 0;
    }
    promise(writer->close(1, 0, 0).has_value());
    promise(readAll(again) == read);
    return 0;
}
