// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/columns.h"

#include <algorithm>
#include <array>
#include <bit>

#include "console/core/store/interner.h"

namespace tapio::console {

namespace {

constexpr std::array<std::uint8_t, 4> magic{'T', 'p', 'C', '1'};
constexpr std::size_t headerBytes = 8;

enum IntCoding : std::uint8_t { FromMinimum = 0, FromPredecessor = 1 };
enum TextCoding : std::uint8_t { Plain = 0, Dictionary = 1 };

std::uint64_t bits(std::int64_t value) noexcept { return static_cast<std::uint64_t>(value); }
std::int64_t wrapping(std::uint64_t value) noexcept { return static_cast<std::int64_t>(value); }

void writePlanes(std::span<const std::uint64_t> values, std::size_t width, Blob &out)
{
    const std::size_t begin = out.size();
    out.resize(begin + values.size() * width);
    for (std::size_t plane = 0; plane < width; ++plane) {
        std::uint8_t *to = out.data() + begin + plane * values.size();
        for (std::size_t i = 0; i < values.size(); ++i)
            to[i] = static_cast<std::uint8_t>(values[i] >> (8 * plane));
    }
}

std::size_t bytesFor(std::uint64_t largest) noexcept { return (static_cast<std::size_t>(std::bit_width(largest)) + 7) / 8; }

} // namespace

bool TextColumn::assign(BlobView bytes, std::span<const std::int64_t> lengths)
{
    std::vector<std::uint32_t> ends;
    ends.reserve(lengths.size());
    std::uint64_t end = 0;
    for (const std::int64_t length : lengths) {
        end += static_cast<std::uint64_t>(length);
        if (bits(length) > bytes.size() || end > bytes.size())
            return false;
        ends.push_back(static_cast<std::uint32_t>(end));
    }
    if (end != bytes.size())
        return false;
    m_bytes.assign(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    m_ends = std::move(ends);
    return true;
}

void encodeInts(std::span<const std::int64_t> values, Blob &out)
{
    ByteWriter writer(out);
    if (values.empty())
        return;
    const std::int64_t minimum = *std::min_element(values.begin(), values.end());
    std::vector<std::uint64_t> plain(values.size());
    std::vector<std::uint64_t> steps(values.size());
    std::uint64_t largestPlain = 0;
    std::uint64_t largestStep = 0;
    std::size_t plainBits = 0;
    std::size_t stepBits = 0;
    std::int64_t previous = values.front();
    for (std::size_t i = 0; i < values.size(); ++i) {
        plain[i] = bits(values[i]) - bits(minimum);
        steps[i] = zigzag(wrapping(bits(values[i]) - bits(previous)));
        previous = values[i];
        largestPlain = std::max(largestPlain, plain[i]);
        largestStep = std::max(largestStep, steps[i]);
        plainBits += static_cast<std::size_t>(std::bit_width(plain[i]));
        stepBits += static_cast<std::size_t>(std::bit_width(steps[i]));
    }
    const bool delta = stepBits < plainBits;
    const std::size_t width = bytesFor(delta ? largestStep : largestPlain);
    writer.byte(static_cast<std::uint8_t>((delta ? FromPredecessor : FromMinimum) | width << 4));
    writer.signedVarint(delta ? values.front() : minimum);
    writePlanes(delta ? steps : plain, width, out);
}

bool decodeInts(ByteReader &in, std::size_t count, std::vector<std::int64_t> &out)
{
    out.clear();
    if (count == 0)
        return !in.failed();
    const std::uint8_t head = in.byte();
    const std::size_t width = head >> 4;
    const auto base = bits(in.signedVarint());
    if (in.failed() || width > 8 || (head & 0x0f) > FromPredecessor || count > columnRowLimit)
        return false;
    const BlobView planes = in.bytes(count * width);
    if (in.failed())
        return false;
    out.assign(count, 0);
    for (std::size_t plane = 0; plane < width; ++plane) {
        const std::uint8_t *from = planes.data() + plane * count;
        for (std::size_t i = 0; i < count; ++i)
            out[i] = wrapping(bits(out[i]) | static_cast<std::uint64_t>(from[i]) << (8 * plane));
    }
    if ((head & 0x0f) == FromMinimum) {
        for (std::int64_t &value : out)
            value = wrapping(base + bits(value));
        return true;
    }
    std::uint64_t current = base;
    for (std::int64_t &value : out) {
        current += bits(unzigzag(bits(value)));
        value = wrapping(current);
    }
    return true;
}

void ColumnWriter::add(std::uint32_t id, std::size_t rows)
{
    Entry entry{id, rows, m_raw.size(), 0, 0};
    const std::size_t before = m_frames.size();
    if (m_compressor.compress(m_raw, m_frames))
        entry.packedSize = m_frames.size() - before;
    else
        m_frames.insert(m_frames.end(), m_raw.begin(), m_raw.end());
    entry.storedSize = m_frames.size() - before;
    m_entries.push_back(entry);
}

void ColumnWriter::ints(std::uint32_t id, std::span<const std::int64_t> values)
{
    m_raw.clear();
    encodeInts(values, m_raw);
    add(id, values.size());
}

void ColumnWriter::texts(std::uint32_t id, const TextColumn &values)
{
    m_raw.clear();
    std::vector<std::int64_t> lengths;
    std::vector<std::int64_t> index;
    TextColumn distinct;
    Interner interner(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::string_view text = values[i];
        const auto found = interner.intern(std::hash<std::string_view>{}(text), [&](std::uint32_t at) { return distinct[at] == text; });
        if (found.added)
            distinct.push(text);
        index.push_back(found.index);
    }
    const bool dictionary = distinct.size() < values.size() - values.size() / 8;
    const TextColumn &kept = dictionary ? distinct : values;
    ByteWriter writer(m_raw);
    writer.byte(dictionary ? Dictionary : Plain);
    if (dictionary) {
        writer.varint(distinct.size());
        encodeInts(index, m_raw);
    }
    for (std::size_t i = 0; i < kept.size(); ++i)
        lengths.push_back(static_cast<std::int64_t>(kept[i].size()));
    encodeInts(lengths, m_raw);
    for (std::size_t i = 0; i < kept.size(); ++i)
        m_raw.insert(m_raw.end(), kept[i].begin(), kept[i].end());
    add(id, values.size());
}

Blob ColumnWriter::finish()
{
    Blob directory;
    ByteWriter writer(directory);
    writer.varint(m_entries.size());
    std::size_t front = 0;
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        const Entry &entry = m_entries[i];
        writer.varint(entry.id);
        writer.varint(entry.rows);
        writer.varint(entry.rawSize);
        writer.varint(entry.packedSize);
        if (i < m_frontColumns)
            front += entry.storedSize;
    }
    Blob blob(magic.begin(), magic.end());
    for (int shift = 0; shift < 32; shift += 8)
        blob.push_back(static_cast<std::uint8_t>(directory.size() >> shift));
    blob.insert(blob.end(), directory.begin(), directory.end());
    m_frontBytes = blob.size() + front;
    blob.insert(blob.end(), m_frames.begin(), m_frames.end());
    return blob;
}

Result<ColumnReader> ColumnReader::open(Blob blob, Decompressor &decompressor)
{
    ColumnReader reader(std::move(blob), decompressor);
    const BlobView all = reader.m_blob;
    if (all.size() < headerBytes || !std::equal(magic.begin(), magic.end(), all.begin()))
        return fail(Errc::Corrupt, "a chunk does not begin with its mark");
    std::size_t directoryBytes = 0;
    for (std::size_t i = 0; i < 4; ++i)
        directoryBytes |= static_cast<std::size_t>(all[4 + i]) << (8 * i);
    if (directoryBytes > all.size() - headerBytes)
        return fail(Errc::Corrupt, "a chunk's directory is cut off");
    ByteReader in(all.subspan(headerBytes, directoryBytes));
    const std::uint64_t count = in.varint();
    std::size_t at = headerBytes + directoryBytes;
    for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
        Entry entry;
        entry.id = static_cast<std::uint32_t>(in.varint());
        entry.rows = in.varint();
        entry.rawSize = in.varint();
        entry.packedSize = in.varint();
        entry.at = at;
        if (entry.rows > columnRowLimit || entry.rawSize > columnBytesLimit || entry.packedSize > columnBytesLimit)
            return fail(Errc::Corrupt, "a chunk's column exceeds the size limit");
        at += entry.packedSize != 0 ? entry.packedSize : entry.rawSize;
        reader.m_entries.push_back(entry);
    }
    if (in.failed())
        return fail(Errc::Corrupt, "a chunk's directory is damaged");
    return reader;
}

const ColumnReader::Entry *ColumnReader::find(std::uint32_t id) const noexcept
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(), [id](const Entry &e) { return e.id == id; });
    return found == m_entries.end() ? nullptr : &*found;
}

std::size_t ColumnReader::rows(std::uint32_t id) const noexcept
{
    const Entry *entry = find(id);
    return entry != nullptr ? entry->rows : 0;
}

Result<BlobView> ColumnReader::frame(std::uint32_t id, std::size_t rows)
{
    const Entry *entry = find(id);
    if (entry == nullptr || entry->rows != rows)
        return fail(Errc::Corrupt, "a chunk's column " + std::to_string(id) + " is missing or has another length");
    const std::size_t stored = entry->packedSize != 0 ? entry->packedSize : entry->rawSize;
    if (entry->at > m_blob.size() || stored > m_blob.size() - entry->at)
        return fail(Errc::Corrupt, "a chunk's column " + std::to_string(id) + " is cut off");
    const BlobView bytes = BlobView(m_blob).subspan(entry->at, stored);
    if (entry->packedSize == 0)
        return bytes;
    if (Status status = m_decompressor->decompress(bytes, entry->rawSize, m_raw); !status)
        return fail(status.error());
    return BlobView(m_raw);
}

Result<std::vector<std::int64_t>> ColumnReader::ints(std::uint32_t id, std::size_t rows)
{
    const Result<BlobView> raw = frame(id, rows);
    if (!raw)
        return fail(raw.error());
    ByteReader in(*raw);
    std::vector<std::int64_t> values;
    if (!decodeInts(in, rows, values))
        return fail(Errc::Corrupt, "a chunk's number column " + std::to_string(id) + " is damaged");
    return values;
}

Result<Texts> ColumnReader::texts(std::uint32_t id, std::size_t rows)
{
    const Result<BlobView> raw = frame(id, rows);
    if (!raw)
        return fail(raw.error());
    ByteReader in(*raw);
    Texts texts;
    const std::uint8_t coding = in.byte();
    std::size_t count = rows;
    std::vector<std::int64_t> numbers;
    bool good = coding <= Dictionary;
    if (good && coding == Dictionary) {
        count = in.varint();
        good = count <= rows && decodeInts(in, rows, numbers);
        for (const std::int64_t number : numbers) {
            good = good && bits(number) < count;
            texts.m_index.push_back(static_cast<std::uint32_t>(number));
        }
    }
    good = good && decodeInts(in, count, numbers) && texts.m_values.assign(in.bytes(in.left()), numbers);
    if (!good)
        return fail(Errc::Corrupt, "a chunk's text column " + std::to_string(id) + " is damaged");
    return texts;
}

} // namespace tapio::console
