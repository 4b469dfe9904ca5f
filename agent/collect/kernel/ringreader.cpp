// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/ringreader.h"

#include <atomic>
#include <cerrno>

#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

namespace tapio::agent {

namespace {

constexpr int stopDraining = -ECANCELED;

std::size_t pageSize() noexcept { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

std::uint64_t position(void *page) noexcept
{
    return std::atomic_ref<std::uint64_t>(*static_cast<std::uint64_t *>(page)).load(std::memory_order_acquire);
}

} // namespace

RingReader::RingReader(std::uint32_t ringBytes, Handler handler) : m_ringBytes(ringBytes), m_handler(std::move(handler)) {}

RingReader::~RingReader()
{
    ring_buffer__free(m_ring);
    for (void *page : {m_consumerPage, m_producerPage}) {
        if (page)
            ::munmap(page, pageSize());
    }
}

Result<std::unique_ptr<RingReader>> RingReader::open(int mapFd, std::uint32_t ringBytes, Handler handler)
{
    std::unique_ptr<RingReader> reader(new RingReader(ringBytes, std::move(handler)));
    reader->m_ring = ring_buffer__new(mapFd, onSample, reader.get(), nullptr);
    if (!reader->m_ring)
        return fail(Errc::Io, "mapping a kernel ring", errno);
    const auto map = [&](std::size_t offset) {
        void *page = ::mmap(nullptr, pageSize(), PROT_READ, MAP_SHARED, mapFd, static_cast<off_t>(offset));
        return page == MAP_FAILED ? nullptr : page;
    };
    reader->m_consumerPage = map(0);
    reader->m_producerPage = map(pageSize());
    if (!reader->m_consumerPage || !reader->m_producerPage)
        return fail(Errc::Io, "mapping the positions of a kernel ring", errno);
    return reader;
}

int RingReader::onSample(void *self, void *data, std::size_t size)
{
    auto *reader = static_cast<RingReader *>(self);
    reader->m_handler({static_cast<const std::byte *>(data), size});
    return ++reader->m_read >= reader->m_most ? stopDraining : 0;
}

Result<std::size_t> RingReader::drain(std::size_t most)
{
    m_read = 0;
    m_most = most;
    const int result = ring_buffer__consume(m_ring);
    if (result < 0 && result != stopDraining)
        return fail(Errc::Io, "reading a kernel ring", -result);
    return m_read;
}

std::uint64_t RingReader::waitingBytes() const noexcept
{
    const std::uint64_t consumed = position(m_consumerPage); // first: the producer only gets further ahead
    return position(m_producerPage) - consumed;
}

} // namespace tapio::agent
