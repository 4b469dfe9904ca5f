// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/recording/bytes.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tapio::recording {

namespace {

class Descriptor {
public:
    explicit Descriptor(int fd) noexcept : m_fd(fd) {}
    Descriptor(Descriptor &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
    Descriptor &operator=(Descriptor &&) = delete;
    ~Descriptor()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    int get() const noexcept { return m_fd; }

private:
    int m_fd;
};

class FileSource final : public ByteSource {
public:
    FileSource(Descriptor descriptor, std::string name) : m_descriptor(std::move(descriptor)), m_name(std::move(name)) {}

    Result<std::size_t> read(std::span<std::byte> into) override
    {
        std::size_t done = 0;
        while (done < into.size()) {
            const ssize_t got = ::read(m_descriptor.get(), into.data() + done, into.size() - done);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return failErrno(m_name, errno);
            if (got == 0)
                break;
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

private:
    Descriptor m_descriptor;
    std::string m_name;
};

class SpanSource final : public ByteSource {
public:
    explicit SpanSource(std::span<const std::byte> bytes) noexcept : m_left(bytes) {}

    Result<std::size_t> read(std::span<std::byte> into) override
    {
        const std::size_t count = std::min(into.size(), m_left.size());
        std::copy_n(m_left.begin(), count, into.begin());
        m_left = m_left.subspan(count);
        return count;
    }

private:
    std::span<const std::byte> m_left;
};

class FileSink final : public ByteSink {
public:
    FileSink(Descriptor descriptor, std::string name) : m_descriptor(std::move(descriptor)), m_name(std::move(name)) {}

    Status write(std::span<const std::byte> bytes) override
    {
        while (!bytes.empty()) {
            const ssize_t done = ::write(m_descriptor.get(), bytes.data(), bytes.size());
            if (done < 0 && errno == EINTR)
                continue;
            if (done < 0)
                return failErrno(m_name, errno);
            bytes = bytes.subspan(static_cast<std::size_t>(done));
        }
        return {};
    }

private:
    Descriptor m_descriptor;
    std::string m_name;
};

} // namespace

Result<std::unique_ptr<ByteSource>> openFile(const std::filesystem::path &file)
{
    Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (descriptor.get() < 0)
        return failErrno(file.native(), errno);
    struct stat about {};
    if (::fstat(descriptor.get(), &about) != 0)
        return failErrno(file.native(), errno);
    if (S_ISDIR(about.st_mode))
        return fail(Errc::InvalidArgument, file.native() + " is a folder, and no recording");
    return std::make_unique<FileSource>(std::move(descriptor), file.native());
}

std::unique_ptr<ByteSource> overBytes(std::span<const std::byte> bytes) { return std::make_unique<SpanSource>(bytes); }

Result<std::unique_ptr<ByteSink>> createFile(const std::filesystem::path &file)
{
    constexpr mode_t ownersOnly = 0600;
    Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, ownersOnly));
    if (descriptor.get() < 0 && errno == EEXIST)
        return fail(Errc::AlreadyExists, file.native() + " is there already, and is not written over");
    if (descriptor.get() < 0)
        return failErrno(file.native(), errno);
    return std::make_unique<FileSink>(std::move(descriptor), file.native());
}

} // namespace tapio::recording
