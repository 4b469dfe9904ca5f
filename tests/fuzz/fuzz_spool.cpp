// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a segment of the disk spool. Recovery and reading end, in bounded steps, and give records that are the same when they
// are encoded again; read in pieces or at once, they are the same records.
#include <span>

#include "agent/spool/recovery.h"
#include "tests/fuzz/promise.h"

using namespace tapio;
using namespace tapio::agent;
using tapio::test::promise;

namespace {

constexpr SegmentName name{1, 0x4711, 1};

/// A folder with one file.
class OneFile final : public SpoolFiles {
public:
    explicit OneFile(std::span<const std::byte> bytes) : m_bytes(bytes) {}

    Status open() override { return {}; }
    Result<std::vector<std::string>> list(std::size_t) override { return std::vector<std::string>{name.text()}; }
    Status create(const std::string &) override { return fail(Errc::ReadOnly, ""); }
    Status append(std::span<const std::byte>) override { return fail(Errc::ReadOnly, ""); }
    Status sync() override { return {}; }
    void close() override {}
    Result<std::uint64_t> size(const std::string &) override { return m_bytes.size(); }
    Result<SpoolBytes> read(const std::string &, std::uint64_t offset, std::size_t length) override
    {
        promise(offset <= m_bytes.size() && length <= maxSpoolPayload + spoolRecordHead);
        const auto part = m_bytes.subspan(offset, std::min<std::size_t>(length, m_bytes.size() - offset));
        return SpoolBytes(part.begin(), part.end());
    }
    Status remove(const std::string &) override { return {}; }

private:
    std::span<const std::byte> m_bytes;
};

void check(std::span<const std::byte> payload)
{
    if (const auto record = decodeFrameRecord(payload)) {
        const SpoolBytes again = encodeRecord(*record);
        promise(std::equal(payload.begin(), payload.end(), again.begin() + spoolRecordHead, again.end()));
    }
    if (const auto sums = decodeSums(payload))
        promise(decodeSums(scanRecord(encodeRecord(*sums), true).payload) == *sums);
}

/// Records of the bytes, of which `step` more are known whenever more are needed.
std::size_t count(std::span<const std::byte> bytes, std::size_t step)
{
    std::size_t records = 0;
    std::size_t known = std::min(step, bytes.size());
    for (std::size_t at = 0;;) {
        const ScanStep found = scanRecord(bytes.subspan(at, known - at), known == bytes.size());
        if (found.kind == ScanStep::Kind::More) {
            promise(known < bytes.size());
            known = std::min(bytes.size(), std::max(known + step, at + std::min(found.bytes, bytes.size() - at)));
            continue;
        }
        if (found.kind == ScanStep::Kind::End || found.kind == ScanStep::Kind::Torn)
            return records;
        promise(found.bytes > 0 && found.bytes <= known - at);
        if (found.kind == ScanStep::Kind::Record) {
            ++records;
            check(found.payload);
        }
        at += found.bytes;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto bytes = std::as_bytes(std::span(data, size));
    promise(count(bytes, 7) == count(bytes, size + 1));
    OneFile files(bytes);
    const auto found = recoverSpool(files, "node-1");
    promise(found.has_value() && found->segments.size() + found->notOurs.size() + found->worthless == 1);
    return 0;
}
