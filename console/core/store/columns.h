// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "console/core/store/bytes.h"
#include "console/core/store/compression.h"
#include "protocol/base/result.h"

/// A blob of columns: a directory, then one frame per column that can be read without the others.
///
///   "TpC1", directory size (u32), directory: column count, then per column: id, rows, raw size, packed size (0 = stored raw);
///   then the frames in the order of the directory. Whatever is written first can be read from the front of the blob alone.
///
/// Integers are reduced to differences from their minimum, or from their predecessor where that is shorter, cut into
/// byte planes (all first bytes, all second bytes ...), and compressed. Texts keep each distinct value once where values repeat.
namespace tapio::console {

/// Texts one behind the other. A value type.
class TextColumn {
public:
    void push(std::string_view text)
    {
        m_bytes.append(text);
        m_ends.push_back(static_cast<std::uint32_t>(m_bytes.size()));
    }
    std::size_t size() const noexcept { return m_ends.size(); }
    std::size_t bytes() const noexcept { return m_bytes.size(); }
    /// All at once: false, and nothing kept, when the lengths are not those of `bytes`.
    bool assign(BlobView bytes, std::span<const std::int64_t> lengths);
    std::string_view operator[](std::size_t i) const noexcept
    {
        const std::size_t begin = i == 0 ? 0 : m_ends[i - 1];
        return std::string_view(m_bytes).substr(begin, m_ends[i] - begin);
    }

private:
    std::string m_bytes;
    std::vector<std::uint32_t> m_ends;
};

/// Limits on what a damaged or hostile directory can make us allocate.
inline constexpr std::size_t columnRowLimit = 1u << 22;
inline constexpr std::size_t columnBytesLimit = 64u << 20;

/// Collects columns and puts the blob together. One thread; `compressor` outlives it.
class ColumnWriter {
public:
    explicit ColumnWriter(Compressor &compressor) : m_compressor(compressor) {}

    void ints(std::uint32_t id, std::span<const std::int64_t> values);
    void texts(std::uint32_t id, const TextColumn &values);
    /// How long the blob's front part is that has the directory and all columns written so far; only right after the
    /// last column is known, so finish() returns it for the column count marked by this call.
    void markFront() { m_frontColumns = m_entries.size(); }
    Blob finish();
    /// After finish(): bytes from the start of the blob to the end of the columns before markFront().
    std::size_t frontBytes() const noexcept { return m_frontBytes; }

private:
    struct Entry {
        std::uint32_t id = 0;
        std::size_t rows = 0;
        std::size_t rawSize = 0;
        std::size_t packedSize = 0;
        std::size_t storedSize = 0;
    };
    void add(std::uint32_t id, std::size_t rows);

    Compressor &m_compressor;
    std::vector<Entry> m_entries;
    Blob m_raw;
    Blob m_frames;
    std::size_t m_frontColumns = 0;
    std::size_t m_frontBytes = 0;
};

/// Decoded texts: views are valid as long as it lives.
class Texts {
public:
    std::size_t size() const noexcept { return m_index.empty() ? m_values.size() : m_index.size(); }
    std::string_view operator[](std::size_t row) const noexcept { return m_values[distinct(row)]; }
    /// Texts that repeat are kept once: their number and place, so that a search looks at each once.
    std::size_t distinctCount() const noexcept { return m_values.size(); }
    std::size_t distinct(std::size_t row) const noexcept { return m_index.empty() ? row : m_index[row]; }
    std::string_view value(std::size_t distinct) const noexcept { return m_values[distinct]; }

private:
    friend class ColumnReader;
    TextColumn m_values;
    std::vector<std::uint32_t> m_index;
};

/// Reads columns from a blob, or from its front part. One thread; `decompressor` outlives it, the blob is copied in.
/// Every size is checked: damaged bytes give Errc::Corrupt, never more memory than the limits above.
class ColumnReader {
public:
    static Result<ColumnReader> open(Blob blob, Decompressor &decompressor);

    bool has(std::uint32_t id) const noexcept { return find(id) != nullptr; }
    std::size_t rows(std::uint32_t id) const noexcept;
    /// Errors: Corrupt when the column is missing, cut off, or not `rows` long.
    Result<std::vector<std::int64_t>> ints(std::uint32_t id, std::size_t rows);
    Result<Texts> texts(std::uint32_t id, std::size_t rows);

private:
    struct Entry {
        std::uint32_t id = 0;
        std::size_t rows = 0;
        std::size_t rawSize = 0;
        std::size_t packedSize = 0;
        std::size_t at = 0;
    };
    ColumnReader(Blob blob, Decompressor &decompressor) : m_blob(std::move(blob)), m_decompressor(&decompressor) {}
    const Entry *find(std::uint32_t id) const noexcept;
    Result<BlobView> frame(std::uint32_t id, std::size_t rows);

    Blob m_blob;
    Blob m_raw;
    std::vector<Entry> m_entries;
    Decompressor *m_decompressor;
};

/// The integer coding by itself, for rows of a table. Appends to `out`.
void encodeInts(std::span<const std::int64_t> values, Blob &out);
bool decodeInts(ByteReader &in, std::size_t count, std::vector<std::int64_t> &out);

} // namespace tapio::console
