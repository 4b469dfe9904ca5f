// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "console/core/store/bytes.h"
#include "protocol/base/result.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace tapio::console {

/// zstd level 1 with a context that is kept between calls. One thread at a time.
class Compressor {
public:
    Compressor();
    ~Compressor();
    Compressor(const Compressor &) = delete;
    Compressor &operator=(const Compressor &) = delete;

    /// Appends the compressed form of `raw` to `out`; false, and `out` as it was, when that would not be smaller.
    bool compress(BlobView raw, Blob &out);

private:
    struct Free {
        void operator()(ZSTD_CCtx_s *context) const;
    };
    std::unique_ptr<ZSTD_CCtx_s, Free> m_context;
};

/// The other way. One thread at a time.
class Decompressor {
public:
    Decompressor();
    ~Decompressor();
    Decompressor(const Decompressor &) = delete;
    Decompressor &operator=(const Decompressor &) = delete;

    /// `rawSize` is what the directory promises and what is allocated, so the caller limits it. Errors: Corrupt.
    Status decompress(BlobView packed, std::size_t rawSize, Blob &out);

private:
    struct Free {
        void operator()(ZSTD_DCtx_s *context) const;
    };
    std::unique_ptr<ZSTD_DCtx_s, Free> m_context;
};

} // namespace tapio::console
