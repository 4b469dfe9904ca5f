// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/wire/codec.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <optional>

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>
#include <zstd.h>

#include "protocol/wire/layout.h"
#include "protocol/wire/sessionlayout.h"

namespace tapio::wire {

namespace {

/// Byte 0 of every message names the layout of the rest; bytes 1 to 7 are zero and keep the rest aligned to words.
enum class Format : std::uint8_t { Plain = 1, Zstd = 2 };
constexpr std::size_t headerBytes = 8;
constexpr std::size_t wordBytes = sizeof(capnp::word);
/// Cap'n Proto's stream framing of a message of one segment: count - 1, then the segment's words, as two 32-bit numbers.
constexpr std::size_t segmentTableBytes = 8;
constexpr int zstdLevel = 1;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the segment table is written in the machine's order");

/// Builds in the output itself: what fits the estimate is never copied.
class OutputBuilder final : public capnp::MessageBuilder {
public:
    explicit OutputBuilder(std::size_t words) : m_output(headerBytes + segmentTableBytes + words * wordBytes), m_words(words) {}

    kj::ArrayPtr<capnp::word> allocateSegment(capnp::uint minimumWords) override
    {
        if (!std::exchange(m_firstGiven, true) && minimumWords <= m_words)
            return {reinterpret_cast<capnp::word *>(m_output.data() + headerBytes + segmentTableBytes), m_words};
        const std::size_t words = std::max<std::size_t>(minimumWords, m_words);
        m_further.push_back(std::make_unique<std::uint64_t[]>(words));
        return {reinterpret_cast<capnp::word *>(m_further.back().get()), words};
    }

    /// The whole message, header included. Call once, last.
    Bytes take()
    {
        const auto segments = getSegmentsForOutput();
        if (segments.size() == 1 && m_further.empty()) {
            const auto words = static_cast<std::uint32_t>(segments[0].size());
            std::memcpy(m_output.data() + headerBytes + sizeof words, &words, sizeof words);
            m_output.resize(headerBytes + segmentTableBytes + words * wordBytes);
            m_output[0] = static_cast<std::byte>(Format::Plain);
            return std::move(m_output);
        }
        const auto flat = capnp::messageToFlatArray(segments);
        Bytes whole(headerBytes + flat.asBytes().size());
        whole[0] = static_cast<std::byte>(Format::Plain);
        std::memcpy(whole.data() + headerBytes, flat.begin(), flat.asBytes().size());
        return whole;
    }

private:
    Bytes m_output;
    std::size_t m_words;
    bool m_firstGiven = false;
    std::vector<std::unique_ptr<std::uint64_t[]>> m_further;
};

Bytes compressed(const Bytes &plain)
{
    const std::span<const std::byte> payload = std::span(plain).subspan(headerBytes);
    Bytes output(headerBytes + ZSTD_compressBound(payload.size()));
    const std::size_t size =
        ZSTD_compress(output.data() + headerBytes, output.size() - headerBytes, payload.data(), payload.size(), zstdLevel);
    if (ZSTD_isError(size) != 0)
        throw Refusal{Errc::Internal, std::string("zstd: ") + ZSTD_getErrorName(size)};
    output[0] = static_cast<std::byte>(Format::Zstd);
    output.resize(headerBytes + size);
    return output;
}

/// Words of our own, for what arrives compressed or unaligned.
struct AlignedCopy {
    explicit AlignedCopy(std::size_t bytes) : size(bytes / wordBytes), words(new (std::nothrow) std::uint64_t[size == 0 ? 1 : size])
    {
        if (words == nullptr)
            throw Refusal{Errc::Busy, "no memory for a message of " + std::to_string(bytes) + " bytes"};
    }
    std::size_t size;
    std::unique_ptr<std::uint64_t[]> words;
};

void requireWholeWords(std::size_t bytes)
{
    if (bytes % wordBytes != 0)
        throw Refusal{Errc::Malformed, "length is not a multiple of 8 bytes"};
}

AlignedCopy expand(std::span<const std::byte> payload, const DecodeLimits &limits)
{
    const unsigned long long size = ZSTD_getFrameContentSize(payload.data(), payload.size());
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
        throw Refusal{Errc::Malformed, "zstd: no frame that states its size"};
    if (size > limits.expandedBytes)
        throw Refusal{Errc::Malformed, "expands to " + std::to_string(size) + " bytes, exceeds expandedBytes"};
    requireWholeWords(size);
    AlignedCopy copy(size);
    const std::size_t done = ZSTD_decompress(copy.words.get(), size, payload.data(), payload.size());
    if (ZSTD_isError(done) != 0 || done != size)
        throw Refusal{Errc::Malformed, std::string("zstd: ") + ZSTD_getErrorName(done)};
    return copy;
}

Message readWords(kj::ArrayPtr<const capnp::word> words, const DecodeLimits &limits)
{
    capnp::ReaderOptions options;
    options.traversalLimitInWords = limits.expandedBytes / wordBytes;
    options.nestingLimit = limits.nestingLevels;
    capnp::FlatArrayMessageReader message(words, options);
    if (message.getEnd() != words.end())
        throw Refusal{Errc::Malformed, "bytes after the message's end"};
    return read(LayoutReader(limits, limits.expansion * (headerBytes + words.asBytes().size())), message.getRoot<schema::Message>());
}

Message decodePayload(Format format, std::span<const std::byte> payload, const DecodeLimits &limits)
{
    if (format == Format::Zstd) {
        const AlignedCopy copy = expand(payload, limits);
        return readWords({reinterpret_cast<const capnp::word *>(copy.words.get()), copy.size}, limits);
    }
    requireWholeWords(payload.size());
    if (payload.size() > limits.expandedBytes)
        throw Refusal{Errc::Malformed, std::to_string(payload.size()) + " bytes exceed expandedBytes"};
    if (reinterpret_cast<std::uintptr_t>(payload.data()) % alignof(std::uint64_t) == 0)
        return readWords({reinterpret_cast<const capnp::word *>(payload.data()), payload.size() / wordBytes}, limits);
    const AlignedCopy copy(payload.size());
    std::memcpy(copy.words.get(), payload.data(), payload.size());
    return readWords({reinterpret_cast<const capnp::word *>(copy.words.get()), copy.size}, limits);
}

Message decodeChecked(std::span<const std::byte> bytes, const DecodeLimits &limits)
{
    if (bytes.size() > limits.messageBytes)
        throw Refusal{Errc::Malformed, std::to_string(bytes.size()) + " bytes exceed messageBytes"};
    if (bytes.size() < headerBytes)
        throw Refusal{Errc::Malformed, std::to_string(bytes.size()) + " bytes are less than a header"};
    // First: bytes that are no header at all are garbage, not a newer version.
    if (std::any_of(bytes.begin() + 1, bytes.begin() + headerBytes, [](std::byte byte) { return byte != std::byte(); }))
        throw Refusal{Errc::Malformed, "no message of Tapio: reserved header bytes are not zero"};
    const auto format = static_cast<Format>(bytes[0]);
    if (format != Format::Plain && format != Format::Zstd)
        throw Refusal{Errc::VersionMismatch,
                      "format " + std::to_string(std::to_integer<unsigned>(bytes[0])) + "; this version reads 1 (plain) and 2 (zstd)"};
    if (format == Format::Zstd && !limits.zstd)
        throw Refusal{Errc::Malformed, "compressed with zstd, which was not agreed on"};
    return decodePayload(format, bytes.subspan(headerBytes), limits);
}

/// The one place where exceptions of Cap'n Proto and of the layout files become errors.
template <typename Value, typename Work> Result<Value> guarded(const char *what, Errc foreign, Work work)
{
    try {
        return work();
    } catch (const Refusal &refusal) {
        return fail(refusal.code, std::string(what) + ": " + refusal.context);
    } catch (const kj::Exception &exception) {
        return fail(foreign, std::string(what) + ": " + exception.getDescription().cStr());
    }
}

} // namespace

Result<Bytes> encode(const Message &message, EncodeOptions options)
{
    return guarded<Bytes>("encode", Errc::Internal, [&]() {
        OutputBuilder builder(wordsFor(message));
        write(builder.initRoot<schema::Message>(), message);
        Bytes bytes = builder.take();
        if (bytes.size() > DecodeLimits().expandedBytes)
            throw Refusal{Errc::InvalidArgument, std::to_string(bytes.size()) + " bytes exceed expandedBytes"};
        if (options.zstd) {
            Bytes small = compressed(bytes);
            if (small.size() < bytes.size())
                bytes = std::move(small);
        }
        if (bytes.size() > DecodeLimits().messageBytes)
            throw Refusal{Errc::InvalidArgument, std::to_string(bytes.size()) + " bytes exceed messageBytes"};
        return bytes;
    });
}

Result<Message> decode(std::span<const std::byte> bytes, const DecodeLimits &limits)
{
    return guarded<Message>("decode", Errc::Malformed, [&]() { return decodeChecked(bytes, limits); });
}

std::size_t plainBytes(std::span<const std::byte> bytes) noexcept
{
    if (bytes.size() < headerBytes || static_cast<Format>(bytes[0]) != Format::Zstd)
        return bytes.size();
    const unsigned long long size = ZSTD_getFrameContentSize(bytes.data() + headerBytes, bytes.size() - headerBytes);
    return size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ? bytes.size() : headerBytes + size;
}

} // namespace tapio::wire
