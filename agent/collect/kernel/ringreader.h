// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "protocol/base/result.h"

struct ring_buffer;

namespace tapio::agent {

/// User space's end of one ring. One thread, that of the calls.
class RingReader {
public:
    using Handler = std::function<void(std::span<const std::byte>)>;

    /// `mapFd` is borrowed and must outlive the reader. Errors: Io.
    static Result<std::unique_ptr<RingReader>> open(int mapFd, std::uint32_t ringBytes, Handler handler);
    ~RingReader();
    RingReader(const RingReader &) = delete;
    RingReader &operator=(const RingReader &) = delete;

    /// Hands over what is there, at most `most` records, so that a flood cannot hold the thread. The number of records.
    Result<std::size_t> drain(std::size_t most);
    /// Bytes not yet read, record headers included.
    std::uint64_t waitingBytes() const noexcept;
    std::uint64_t ringBytes() const noexcept { return m_ringBytes; }

private:
    RingReader(std::uint32_t ringBytes, Handler handler);
    static int onSample(void *self, void *data, std::size_t size);

    std::uint64_t m_ringBytes;
    Handler m_handler;
    ring_buffer *m_ring = nullptr;
    void *m_consumerPage = nullptr; ///< positions, as the kernel shares them (kernel/bpf/ringbuf.c)
    void *m_producerPage = nullptr;
    std::size_t m_read = 0;
    std::size_t m_most = 0;
};

} // namespace tapio::agent
